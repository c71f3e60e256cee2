/** What the panels of a view share: the scene, its residues and colours, what is selected and hovered. */
import { coloringOf, colorRows, offeredColorings, type RowColors } from './colors';
import type { Host } from './host';
import { ResidueTable } from './residues';
import { sceneFault, type Coloring, type Mark, type Representation, type Scene } from './scene';
import { Selection, type Modifiers, type Rows } from './selection';

/**
 * What changed. `scene`: other structures; `style`: the same structures look different;
 * `colors`: only their colours; `marks`: labels and distances;
 * `notes`: what is annotated, and where others point.
 */
export type Change = 'scene' | 'style' | 'colors' | 'marks' | 'notes' | 'selection' | 'hover' | 'frame' | 'clip';

/** `origin` is the panel that made the change, or null for the host. */
export type Listener = (change: Change, origin: unknown) => void;

/** A range of residues a panel asks to see, aligned on one and scored at the other. */
export interface Pair {
  first: Rows;
  second: Rows;
}

/** An annotation that is shown: its residues, its colour, and what it is called. */
export interface ShownNote {
  rows: number[];
  colour: string;
  text: string;
}

/** Somebody else who looks at the same structure. */
export interface Other {
  name: string;
  colour: string;
  rows: number[];
  hover: number;
}

const HOVER_MS = 50;
/** More labels of annotations than this would hide the structure. */
const MOST_LABELS = 30;

export class Store {
  scene: Scene | null = null;
  table: ResidueTable | null = null;
  colors: RowColors | null = null;
  fault = '';
  hover = -1;
  /** The two ranges chosen in the PAE; cleared by any other selection. */
  pair: Pair | null = null;
  representation: Representation = 'cartoon';
  coloring = '';
  palette = '';
  /** Which set of coordinates is shown, from 0. */
  frame = 0;
  clip = 0;
  /** Helix, strand, coil of each row, once a picture has worked it out. */
  secondary: Int8Array | null = null;
  notes: ShownNote[] = [];
  others: Other[] = [];
  /** Marks that the reader made here, beside the scene's own. */
  private own: Mark[] = [];
  private digests = '';
  private readonly chosen = new Selection();
  private readonly listeners: Listener[] = [];
  private hoverTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: Host) {
    host.onScene(() => this.readScene());
    host.onSelection(() => this.readSelection());
    host.frame?.onChange(() => this.showFrame(host.frame!.get(), null));
    host.onHover(ref => this.setHover(ref && this.table ? (this.table.rowsOf([ref])[0] ?? -1) : -1, null));
  }

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Run `build`: the listeners that it adds hear of the scene on `begin`, and of nothing after `stop`. */
  gather<T>(build: () => T): { made: T; begin(): void; stop(): void } {
    const before = this.listeners.length;
    const made = build();
    const mine = this.listeners.slice(before);
    return {
      made,
      begin: () => mine.forEach(listener => listener('scene', null)),
      stop: () => mine.forEach(listener => this.listeners.splice(this.listeners.indexOf(listener), 1))
    };
  }

  tell(change: Change, origin: unknown = null): void {
    for (const listener of [...this.listeners]) listener(change, origin);
  }

  get selection(): Rows {
    return this.chosen.current;
  }

  get marks(): Mark[] {
    const label = (text: string, rows: number[]): Mark => ({ kind: 'label', text, residues: this.table?.refsOf(rows) ?? [] });
    const notes = this.notes.slice(0, MOST_LABELS).filter(note => note.rows.length).map(note => label(note.text, [note.rows[note.rows.length >> 1]]));
    const others = this.others.filter(other => other.hover >= 0).map(other => label(other.name, [other.hover]));
    return [...(this.scene?.marks ?? []), ...this.own, ...notes, ...others];
  }

  /** Read the scene again; structures that are there already are only styled anew. */
  readScene(): void {
    const scene = this.host.scene();
    this.fault = sceneFault(scene) ?? '';
    if (this.fault || !scene) return this.tell('scene');
    const digests = scene.structures.map(s => s.digest).join() + scene.style.layout;
    const same = digests === this.digests;
    this.digests = digests;
    this.scene = scene;
    this.table = new ResidueTable(scene);
    if (!same) {
      this.own = [];
      this.hover = -1;
      this.secondary = null;
    }
    ({ representation: this.representation, coloring: this.coloring, palette: this.palette } = scene.style);
    this.clip = scene.style.clip ?? 0;
    this.frame = Math.min(this.host.frame?.get() ?? this.frame, this.frames - 1);
    this.chosen.set(this.table.rowsOf(this.host.selection()));
    this.repaint();
    this.tell(same ? 'style' : 'scene');
  }

  private readSelection(): void {
    if (this.table && this.chosen.set(this.table.rowsOf(this.host.selection()))) {
      this.pair = null;
      this.tell('selection');
    }
  }

  /** Work the colours out anew. */
  repaint(): void {
    if (!this.scene || !this.table) return;
    const offered = offeredColorings(this.scene);
    if (!offered.some(c => c.id === this.coloring)) this.coloring = offered[0].id;
    this.colors = colorRows(this.scene, this.table, this.coloring, this.palette, row => this.secondary?.[row] ?? -1);
  }

  /** Classes that only a picture could work out are there now. */
  worked(secondary: Int8Array): void {
    this.secondary = secondary;
    this.repaint();
    this.tell('colors');
  }

  /** How many sets of coordinates there are to show in turn. */
  get frames(): number {
    return Math.max(1, ...(this.scene?.structures.map(s => s.frames ?? 1) ?? []));
  }

  /** Show other coordinates; with `keep` the host hears of it. */
  showFrame(frame: number, origin: unknown, keep = true): void {
    const next = Math.max(0, Math.min(frame, this.frames - 1));
    if (next !== this.frame) {
      this.frame = next;
      this.tell('frame', origin);
    }
    if (keep && origin !== null && this.host.frame && this.host.frame.get() !== next) this.host.frame.set(next);
  }

  cut(percent: number): void {
    this.clip = percent;
    this.tell('clip');
  }

  represent(kind: Representation): void {
    if (kind === this.representation) return;
    this.representation = kind;
    this.tell('style');
  }

  color(id: string, palette = this.palette): void {
    this.coloring = id;
    this.palette = palette;
    this.repaint();
    this.tell('colors');
  }

  coloringAt(row: number): Coloring | undefined {
    return this.scene && this.table ? coloringOf(this.scene, this.table.rows[row].structure, this.coloring) : undefined;
  }

  setNotes(notes: ShownNote[]): void {
    if (JSON.stringify(notes) === JSON.stringify(this.notes)) return;
    this.notes = notes;
    this.tell('notes');
  }

  setOthers(others: Other[]): void {
    if (JSON.stringify(others) === JSON.stringify(this.others)) return;
    this.others = others;
    this.tell('notes');
  }

  pick(row: number, modifiers: Modifiers, origin: unknown): void {
    this.changed(this.chosen.pick(row, modifiers), origin);
  }

  extend(row: number, keep: boolean, origin: unknown): void {
    this.changed(this.chosen.extend(row, keep), origin);
  }

  take(rows: Iterable<number>, origin: unknown): void {
    this.changed(this.chosen.set(rows), origin);
  }

  takePair(pair: Pair, origin: unknown): void {
    this.pair = pair;
    this.chosen.set([...pair.first, ...pair.second]);
    this.select(origin);
  }

  clear(origin: unknown): void {
    this.changed(this.chosen.clear(), origin);
  }

  private changed(really: boolean, origin: unknown): void {
    if (!really) return;
    this.pair = null;
    this.select(origin);
  }

  private select(origin: unknown): void {
    if (!this.table) return;
    this.tell('selection', origin);
    this.host.select(this.table.refsOf(this.selection));
  }

  /** The pointer is on a row, or on none (-1). A kernel hears of it at most twenty times a second. */
  setHover(row: number, origin: unknown): void {
    if (row === this.hover) return;
    this.hover = row;
    this.tell('hover', origin);
    if (origin === null || this.hoverTimer !== undefined) return;
    this.hoverTimer = setTimeout(() => {
      this.hoverTimer = undefined;
      this.host.hover(this.hover < 0 || !this.table ? null : this.table.refsOf([this.hover])[0]);
    }, HOVER_MS);
  }

  /** Label or measure what is selected; the same again takes it away. */
  mark(kind: Mark['kind']): void {
    if (!this.table || (kind === 'distance' ? this.selection.size !== 2 : !this.selection.size)) return;
    const residues = this.table.refsOf(this.selection);
    const text = kind === 'label' ? this.labelText() : '';
    const key = JSON.stringify(residues);
    const kept = this.own.filter(m => m.kind !== kind || JSON.stringify(m.residues) !== key);
    this.own = kept.length < this.own.length ? kept : [...this.own, { kind, residues, text }];
    this.tell('marks');
  }

  private labelText(): string {
    const rows = [...this.selection];
    const only = rows.length === 1 ? this.table!.rows[rows[0]] : null;
    return only ? `${only.name} ${this.table!.text(rows)}` : this.table!.text(rows);
  }

  describe(row: number): string {
    return this.table && row >= 0 ? this.table.describe(row, this.coloringAt(row)) : '';
  }

  /** The colourings of a row's structure that hold numbers or words of their own. */
  coloringsOf(structure: number): Coloring[] {
    return this.scene?.structures[structure].colorings ?? [];
  }

  dispose(): void {
    clearTimeout(this.hoverTimer);
    this.listeners.length = 0;
  }
}
