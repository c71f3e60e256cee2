/**
 * At most eight live WebGL contexts in a page; the views beyond are frozen to a picture.
 *
 * Browsers kill the oldest context beyond about sixteen, without asking. One pool serves
 * the page, also when engines of two versions are loaded.
 */

export const LIMIT = 8;

export interface Member {
  /** Whether the view is in the window now. */
  visible(): boolean;
  /** Give the context back and show a picture instead. */
  freeze(): Promise<void>;
}

export class Pool {
  /** Least recently used first. */
  private live: Member[] = [];
  private queue: Promise<unknown> = Promise.resolve();

  constructor(readonly limit = LIMIT) {}

  get size(): number {
    return this.live.length;
  }

  /** Run `start` holding a place; starts run one after another, so that a page of views stays usable. */
  enter(member: Member, start: () => Promise<void>): Promise<void> {
    const run = this.queue.then(async () => {
      await this.makeRoom(member);
      this.live.push(member);
      try {
        await start();
      } catch (error) {
        this.leave(member);
        throw error;
      }
    });
    this.queue = run.catch(() => undefined);
    return run;
  }

  /** The user touched this view: it is the last to be frozen. */
  touch(member: Member): void {
    if (!this.live.includes(member)) return;
    this.leave(member);
    this.live.push(member);
  }

  leave(member: Member): void {
    this.live = this.live.filter(other => other !== member);
  }

  private async makeRoom(member: Member): Promise<void> {
    this.leave(member);
    while (this.live.length >= this.limit) {
      const victim = this.live.find(m => !m.visible()) ?? this.live[0];
      this.leave(victim);
      await victim.freeze();
    }
  }
}

const KEY = Symbol.for('foldsight.pool');

export function pagePool(): Pool {
  const page = globalThis as unknown as Record<symbol, Pool | undefined>;
  return (page[KEY] ??= new Pool());
}
