/** A job as the REST interface gives it, in words. */

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

export function describe(job: Job): string {
  if (job.state === 'queued') {
    return job.position === null ? 'queued' : job.position === 0 ? 'queued, next' : `queued, ${job.position} before it`;
  }
  if (job.state === 'done' && job.cached) return 'done, from the cache';
  const by = job.engine && job.engine !== 'auto' && !job.error ? ` · ${job.engine}` : '';
  return shownState(job) + by;
}

/** Time since the job started (or was queued), until it ended. */
export function elapsed(job: Job, now: number): string {
  const from = Date.parse(job.started ?? job.created ?? '');
  if (Number.isNaN(from)) return '';
  const to = job.finished ? Date.parse(job.finished) : now;
  const seconds = Math.max(0, (to - from) / 1000);
  if (seconds < 60) return `${seconds < 10 && job.finished ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
