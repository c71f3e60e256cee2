/** A job as the REST interface gives it, in words. */
import { __ } from './words';

export interface Job {
  id: string;
  name: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  progress: number;
  message: string;
  engine: string | null;
  created: string | null;
  started: string | null;
  finished: string | null;
  position: number | null;
  cached: boolean;
  error: { message: string; hint: string; refused: boolean } | null;
}

export function isOver(job: Job): boolean {
  return job.state === 'done' || job.state === 'failed' || job.state === 'cancelled';
}

/** A refusal is not a failure: it has its own colour and word. */
export function shownState(job: Job): string {
  return job.state === 'failed' && job.error?.refused ? 'refused' : job.state;
}

/** The state in the reader's language. */
export function stateWords(job: Job): string {
  switch (shownState(job)) {
    case 'queued': return __('queued');
    case 'running': return __('running');
    case 'done': return __('done');
    case 'failed': return __('failed');
    case 'refused': return __('refused');
    default: return __('cancelled');
  }
}

export function describe(job: Job): string {
  if (job.state === 'queued' && job.position !== null) {
    return job.position === 0 ? __('queued, next') : __('queued, %1 before it', String(job.position));
  }
  if (job.state === 'done' && job.cached) return __('done, from the cache');
  const by = job.engine && job.engine !== 'auto' && !job.error && job.state !== 'queued' ? ` · ${job.engine}` : '';
  return stateWords(job) + by;
}

/** Time since the job started (or was queued), until it ended. */
export function elapsed(job: Job, now: number): string {
  const from = Date.parse(job.started ?? job.created ?? '');
  if (Number.isNaN(from)) return '';
  const to = job.finished ? Date.parse(job.finished) : now;
  const seconds = Math.max(0, (to - from) / 1000);
  if (seconds < 60) return __('%1 s', seconds < 10 && job.finished ? seconds.toFixed(1) : String(Math.round(seconds)));
  const whole = Math.round(seconds);
  if (whole >= 3600) return __('%1 h %2 min', String(Math.floor(whole / 3600)), String(Math.floor((whole % 3600) / 60)));
  return __('%1 min %2 s', String(Math.floor(whole / 60)), String(whole % 60));
}
