/** The annotations of a room, live. */
import * as Y from 'yjs';
import type { Annotation } from '../annotation_types';
import type { RefData } from '../scene';
import { Connection, type Link } from './connection';
import { addAnnotation, addComment, annotationsOf, changeAnnotation, editComment, readAll, removeComment } from './document';
import type { Draft, Heard, Notes, Person, Pointing } from './notes';
import { __ } from '../words';

interface About {
  structure: string | null;
  role: string;
  me: { id: string; name: string };
  may: { comment: boolean; edit: boolean };
}

export class Room implements Notes {
  readonly shared = true;
  words = '';
  private found: Annotation[] | null = null;
  private readonly listeners: ((what: Heard) => void)[] = [];
  private readonly connection: Connection;
  private undoing: Y.UndoManager;
  private link: Link = 'connecting';
  private refusal = '';

  private constructor(address: string, private readonly about: About) {
    this.connection = new Connection(address, {
      state: (link, words) => this.stated(link, words),
      dropped: () => this.watch(),
      people: () => this.tell('people')
    });
    this.undoing = this.watch();
  }

  /** Join a room of the server that the page is from; throws where there is no way to it. */
  static async join(base: string, id: string): Promise<Room> {
    const path = `${base}foldsight/api/v1/rooms/${encodeURIComponent(id)}`;
    const answer = await fetch(`${location.origin}${path}/about`, { credentials: 'same-origin' });
    if (!answer.ok) throw new Error(`The room answers ${answer.status}.`);
    const about = (await answer.json()) as About;
    return new Room(`${location.origin.replace(/^http/, 'ws')}${path}`, about);
  }

  get me() {
    return this.about.me;
  }

  get may() {
    return this.link === 'closed' ? { comment: false, edit: false } : this.about.may;
  }

  get people(): Person[] {
    const { awareness, doc } = this.connection;
    const found: Person[] = [];
    awareness.getStates().forEach((state, client) => {
      if (client === doc.clientID || !state.user) return;
      const { id, name, colour } = state.user as { id: string; name: string; colour: string };
      found.push({
        client, id, name, colour, selection: refsOf(state.selection), hover: refsOf([state.hover])[0] ?? null, camera: cameraOf(state.camera)
      });
    });
    return found.sort((a, b) => a.name.localeCompare(b.name) || a.client - b.client);
  }

  all(): Annotation[] {
    const { structure } = this.about;
    this.found ??= readAll(this.connection.doc).filter(note => !structure || !note.structure || note.structure === structure);
    return this.found;
  }

  add(draft: Draft): void {
    addAnnotation(this.connection.doc, { ...draft, structure: this.about.structure ?? '' }, this.me, this);
  }

  change(id: string, fields: Partial<Draft> & { resolved?: boolean }): void {
    changeAnnotation(this.connection.doc, id, fields, this);
  }

  remove(id: string): void {
    this.connection.doc.transact(() => annotationsOf(this.connection.doc).delete(id), this);
  }

  comment(id: string, text: string): void {
    addComment(this.connection.doc, id, text, this.me, this);
  }

  editComment(id: string, comment: string, text: string): void {
    editComment(this.connection.doc, id, comment, text, this);
  }

  removeComment(id: string, comment: string): void {
    removeComment(this.connection.doc, id, comment, this);
  }

  /** Take back what this person did last; what others did stays. */
  undo(): void {
    this.undoing.undo();
  }

  point(where: Pointing): void {
    this.connection.point({ ...where });
  }

  listen(listener: (what: Heard) => void): void {
    this.listeners.push(listener);
  }

  close(): void {
    this.listeners.length = 0;
    this.connection.close();
  }

  private watch(): Y.UndoManager {
    const held = annotationsOf(this.connection.doc);
    held.observeDeep(() => {
      this.found = null;
      this.tell('notes');
    });
    this.found = null;
    this.undoing = new Y.UndoManager(held, { trackedOrigins: new Set([this]), captureTimeout: 0 });
    return this.undoing;
  }

  private stated(link: Link, words: string): void {
    this.link = link;
    if (words) this.refusal = words;
    // A refusal is told until the next change goes through.
    else if (link === 'open' && this.connection && this.connection.sent > 1 && this.connection.saved >= this.connection.sent) this.refusal = '';
    const state = link === 'waiting' || link === 'connecting' ? __('Connecting… What you write is kept.') : '';
    this.words = [this.refusal, state].filter(Boolean).join(' ');
    this.tell('state');
  }

  private tell(what: Heard): void {
    for (const listener of [...this.listeners]) listener(what);
  }
}

/** A camera that another page sent: three points and a radius, or nothing. */
function cameraOf(value: unknown): object | null {
  const { position, target, up, radius } = (value ?? {}) as Record<string, unknown>;
  const isPoint = (p: unknown) => Array.isArray(p) && p.length === 3 && p.every(x => Number.isFinite(x) && Math.abs(x) < 1e6);
  if (![position, target, up].every(isPoint)) return null;
  return { position, target, up, ...(Number.isFinite(radius) && (radius as number) > 0 ? { radius } : {}) };
}

/** References that another page sent: hostile until they look right. */
function refsOf(value: unknown): RefData[] {
  if (!Array.isArray(value)) return [];
  return value.filter((ref): ref is RefData => !!ref && typeof ref.chain === 'string' && Number.isInteger(ref.auth_seq))
    .slice(0, 5000).map(({ chain, auth_seq, ins_code, structure }) => ({
      chain, auth_seq, ins_code: typeof ins_code === 'string' ? ins_code : '', label_seq: null, uniprot: null,
      ...(typeof structure === 'string' ? { structure } : {})
    }));
}
