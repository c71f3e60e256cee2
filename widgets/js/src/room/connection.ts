/** One room over a websocket: Yjs sync, presence, and what the server says is in its log. */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import { readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync';
import * as Y from 'yjs';
import { __ } from '../words';

const SYNC = 0, AWARENESS = 1, QUERY = 3, SAVED = 100;
/** Milliseconds before the first new try, and at most. */
const FIRST_TRY = 300, LAST_TRY = 10_000;
/** Presence goes out at most so often, in milliseconds. */
const POINT_EVERY = 40;

export type Link = 'connecting' | 'open' | 'waiting' | 'closed';

export interface ConnectionEvents {
  /** The connection came, went, or was refused for good; `words` say why. */
  state(link: Link, words: string): void;
  /** The document was dropped because the server refused what it held: it must be loaded anew. */
  dropped(): void;
  people(): void;
}

export class Connection {
  doc = new Y.Doc();
  private pointing: Record<string, unknown> = {};
  awareness = this.present();
  link: Link = 'connecting';
  /** Updates sent, and those that are in the server's log. */
  sent = 0;
  saved = 0;
  synced = false;
  private socket: WebSocket | null = null;
  private pause = FIRST_TRY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pointTimer: ReturnType<typeof setTimeout> | undefined;
  private over = false;

  constructor(private readonly url: string, private readonly events: ConnectionEvents) {
    this.watch();
    this.connect();
  }

  /** Show the others where this person is; the newest wins, so that a moving pointer costs little. */
  point(where: Record<string, unknown>): void {
    Object.assign(this.pointing, where);
    this.pointTimer ??= setTimeout(() => {
      this.pointTimer = undefined;
      this.awareness.setLocalState({ ...this.pointing });
    }, POINT_EVERY);
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    clearTimeout(this.pointTimer);
    removeAwarenessStates(this.awareness, [this.doc.clientID], 'local');
    this.awareness.destroy();
    this.socket?.close();
    this.doc.destroy();
  }

  private present(): Awareness {
    const made = new Awareness(this.doc);
    made.setLocalState({ ...this.pointing });
    return made;
  }

  private watch(): void {
    const { doc, awareness } = this;
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.sendSync(encoder => writeUpdate(encoder, update));
    });
    awareness.on('update', ({ added, updated, removed }: Record<string, number[]>, origin: unknown) => {
      const mine = [...added, ...updated, ...removed].filter(id => id === doc.clientID);
      if (origin !== this && mine.length) this.send(AWARENESS, encodeAwarenessUpdate(awareness, mine));
      else this.events.people();
    });
  }

  private connect(): void {
    this.tell('connecting', '');
    const socket = (this.socket = new WebSocket(this.url));
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.sent = this.saved = 0;
      // What was written meanwhile goes out with the answer to the server's own first step.
      this.sendSync(encoder => writeSyncStep1(encoder, this.doc), false);
      this.send(AWARENESS, encodeAwarenessUpdate(this.awareness, [this.doc.clientID]));
      socket.send(Uint8Array.of(QUERY));
    };
    socket.onmessage = event => this.take(new Uint8Array(event.data as ArrayBuffer));
    socket.onclose = event => this.lost(event.code, event.reason);
  }

  private lost(code: number, reason: string): void {
    this.socket = null;
    if (this.over) return;
    const others = [...this.awareness.getStates().keys()].filter(id => id !== this.doc.clientID);
    removeAwarenessStates(this.awareness, others, this);
    if (code === 4403 || code === 4422 || code === 4400 || code === 4413) this.drop();
    if (code === 4404 || code === 4401) return this.tell('closed', reason || __('There is no such room.'));
    const refused = code >= 4400 && code < 4500 && code !== 4408 && code !== 4429;
    this.tell('waiting', refused ? reason || __('The room refused the last change.') : '');
    this.timer = setTimeout(() => this.connect(), this.pause * (0.75 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LAST_TRY);
  }

  /** Forget what the server refused: it would be sent again with every connection. */
  private drop(): void {
    this.awareness.destroy();
    this.doc.destroy();
    this.doc = new Y.Doc();
    this.awareness = this.present();
    this.synced = false;
    this.watch();
    this.events.dropped();
  }

  private take(message: Uint8Array): void {
    const decoder = decoding.createDecoder(message);
    const kind = decoding.readVarUint(decoder);
    if (kind === SYNC) this.takeSync(decoder);
    else if (kind === AWARENESS) applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this);
    else if (kind === SAVED) {
      this.saved = decoding.readVarUint(decoder);
      this.tell(this.link, '');
    }
  }

  private takeSync(decoder: decoding.Decoder): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    const step = readSyncMessage(decoder, encoder, this.doc, this);
    if (encoding.length(encoder) > 1) {
      this.sent++;
      this.socket?.send(encoding.toUint8Array(encoder));
    }
    if (step !== 1) return;
    this.synced = true;
    this.pause = FIRST_TRY;
    this.tell('open', '');
  }

  private sendSync(write: (encoder: encoding.Encoder) => void, counted = true): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    write(encoder);
    if (counted) this.sent++;
    this.socket.send(encoding.toUint8Array(encoder));
    this.tell(this.link, '');
  }

  private send(kind: number, body: Uint8Array): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, kind);
    encoding.writeVarUint8Array(encoder, body);
    this.socket.send(encoding.toUint8Array(encoder));
  }

  private tell(link: Link, words: string): void {
    this.link = link;
    this.events.state(link, words);
  }
}
