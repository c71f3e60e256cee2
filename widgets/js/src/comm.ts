/** The part of a widget model that we use (the anywidget front-end module interface). */
import type { RefData } from './scene';

export interface WidgetModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(name: string, callback: (...args: never[]) => void): void;
  off(name: string, callback: (...args: never[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: (ArrayBuffer | ArrayBufferView)[]): void;
}

export interface Message {
  type: string;
  id?: string;
  name?: string;
  args?: Record<string, unknown>;
  residue?: RefData | null;
}

export type MessageHandler = (message: Message, buffers: DataView[]) => void;

/** Subscriptions to a model that end together. */
export class Listening {
  private readonly ends: (() => void)[] = [];

  constructor(private readonly model: WidgetModel) {}

  on(name: string, callback: (...args: never[]) => void): void {
    this.model.on(name, callback);
    this.ends.push(() => this.model.off(name, callback));
  }

  stop(): void {
    this.ends.splice(0).forEach(end => end());
  }
}
