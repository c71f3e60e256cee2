/** The reader's jobs, asked for again and again while something runs. */
import type { Bundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { isOver, shownState } from '../../widgets/js/src/job';
import { again, api, type LabJob } from './api';

const BUSY_MS = 2000, QUIET_MS = 20_000;

/** Whether there is a structure to open. */
export function hasResult(job: LabJob): boolean {
  return job.state === 'done' && job.kind === 'fold';
}

export class Jobs {
  readonly changed = new Signal<this, void>(this);
  /** A job that was not over is over now. */
  readonly finished = new Signal<this, LabJob>(this);
  list: LabJob[] = [];
  fault = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;
  /** Somebody asked while an answer was under way, which may be older than what they did. */
  private wanted = false;

  constructor(private readonly words: Bundle) {}

  get running(): LabJob[] {
    return this.list.filter(job => job.state === 'running');
  }

  get queued(): LabJob[] {
    return this.list.filter(job => job.state === 'queued');
  }

  /** Ask now, and again soon while there is something to wait for. */
  async refresh(): Promise<void> {
    clearTimeout(this.timer);
    if (this.asking) {
      this.wanted = true;
      return;
    }
    this.asking = true;
    try {
      this.take(await api.jobs());
      this.fault = '';
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
    }
    this.asking = false;
    this.changed.emit();
    const busy = this.list.some(job => !isOver(job));
    const pause = this.wanted ? 0 : busy ? BUSY_MS : QUIET_MS;
    this.wanted = false;
    this.timer = setTimeout(() => void this.next(), pause);
  }

  /** A page that nobody looks at asks nothing. */
  private async next(): Promise<void> {
    if (!document.hidden) return this.refresh();
    document.addEventListener('visibilitychange', () => void this.refresh(), { once: true });
  }

  private take(list: LabJob[]): void {
    const before = new Map(this.list.map(job => [job.id, job]));
    this.list = list;
    for (const job of list) {
      const old = before.get(job.id);
      if (old && !isOver(old) && isOver(job)) this.finished.emit(job);
    }
  }

  async cancel(id: string): Promise<void> {
    await api.cancel(id);
    await this.refresh();
  }

  async retry(id: string): Promise<void> {
    const job = this.list.find(one => one.id === id);
    if (job) await api.submit(again(job));
    await this.refresh();
  }

  /** One line for the status bar; "idle" is a word other tools wait for there. */
  summary(): string {
    const { words, running, queued } = this;
    if (this.fault) return `FoldSight: ${words.__('not reached')}`;
    const parts = [
      running.length ? words.__('%1 running', String(running.length)) : '',
      queued.length ? words.__('%1 queued', String(queued.length)) : ''
    ].filter(Boolean);
    return `FoldSight: ${parts.join(', ') || words.__('no jobs waiting')}`;
  }

  /** Whether the work of a job may be asked for again. */
  static canRetry(job: LabJob): boolean {
    return (job.state === 'failed' || job.state === 'cancelled') && job.kind === 'fold' && shownState(job) !== 'refused';
  }
}
