/** Annotations that the kernel keeps: no room, or none that the page can reach. */
import type { Annotation } from '../annotation_types';
import type { Draft, Heard, Notes } from './notes';

export interface KernelDocument {
  notes: Annotation[];
  me: { id: string; name: string };
  may: { comment: boolean; edit: boolean };
  words: string;
}

export interface KernelDoor {
  document(): KernelDocument | null;
  onDocument(callback: () => void): void;
  /** Ask the kernel for a change; it answers with the document as it is then. */
  ask(deed: string, args: Record<string, unknown>): void;
}

export class KernelNotes implements Notes {
  readonly people = [];
  readonly shared = false;
  private readonly listeners: ((what: Heard) => void)[] = [];

  constructor(private readonly door: KernelDoor) {
    door.onDocument(() => this.listeners.forEach(listener => {
      listener('notes');
      listener('state');
    }));
  }

  private get held(): KernelDocument {
    return this.door.document() ?? { notes: [], me: { id: '', name: '' }, may: { comment: false, edit: false }, words: '' };
  }

  get me() {
    return this.held.me;
  }

  get may() {
    return this.held.may;
  }

  get words() {
    return this.held.words;
  }

  all(): Annotation[] {
    return this.held.notes;
  }

  add(draft: Draft): void {
    this.door.ask('add', { ...draft });
  }

  change(id: string, fields: Partial<Draft> & { resolved?: boolean }): void {
    this.door.ask('change', { id, fields });
  }

  remove(id: string): void {
    this.door.ask('remove', { id });
  }

  comment(id: string, text: string): void {
    this.door.ask('comment', { id, text });
  }

  editComment(id: string, comment: string, text: string): void {
    this.door.ask('edit_comment', { id, comment, text });
  }

  removeComment(id: string, comment: string): void {
    this.door.ask('remove_comment', { id, comment });
  }

  point(): void {
    // Nobody else looks.
  }

  listen(listener: (what: Heard) => void): void {
    this.listeners.push(listener);
  }

  close(): void {
    this.listeners.length = 0;
  }
}
