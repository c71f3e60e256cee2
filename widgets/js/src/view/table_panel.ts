/** All residues as a table: sorted by any column, selected by pointer or keys. Only what is in sight is in the page. */
import { columnsOf, ordered, turned, type Column, type Direction } from '../columns';
import type { Change, Store } from '../store';
import { __ } from '../words';
import { make } from './dom';

const ROW = 22;
/** A column is as wide as its head, within bounds, and a residue's name. */
const widthOf = ({ id, label }: Column) => id === 'residue' ? 92 : Math.min(Math.max(7 * label.length + 30, 58), 156);
/** Rows above and below what is in sight. */
const SPARE = 6;

export class TablePanel {
  readonly element = make('div', 'fs-table', { role: 'grid', tabindex: '0', 'aria-label': __('Residues'), 'aria-multiselectable': 'true' });
  private readonly head = make('div', 'fs-table-head', { role: 'row' });
  private readonly space = make('div', 'fs-table-space', { role: 'rowgroup' });
  private columns: Column[] = [];
  private rows: Int32Array = new Int32Array();
  private by = '';
  private direction: Direction = 'none';
  /** Place of the row that keys move from. */
  private place = 0;
  /** Place where a range began. */
  private anchor = 0;
  private stale = true;
  private readonly watcher = new ResizeObserver(() => this.redraw());

  constructor(private readonly store: Store) {
    this.element.append(this.head, this.space);
    this.element.addEventListener('scroll', () => this.redraw(), { passive: true });
    this.element.addEventListener('keydown', event => this.keyed(event));
    this.space.addEventListener('click', event => this.clicked(event));
    this.space.addEventListener('pointerover', event => this.store.setHover(this.rows[this.placeOf(event)] ?? -1, this));
    this.space.addEventListener('pointerleave', () => this.store.setHover(-1, this));
    this.watcher.observe(this.element);
    store.listen((change, origin) => this.changed(change, origin));
  }

  private changed(change: Change, origin: unknown): void {
    if (change === 'scene' || change === 'style' || change === 'colors') this.stale = true;
    else if (change === 'selection' && origin !== this) this.reveal();
    else if (change !== 'selection' && change !== 'hover') return;
    this.redraw();
  }

  private get shown(): boolean {
    return this.element.clientHeight > 0;
  }

  private build(): void {
    const { scene, table, secondary } = this.store;
    if (!scene || !table) return;
    this.stale = false;
    this.columns = columnsOf(scene, table, secondary);
    const widths = this.columns.map(widthOf);
    this.element.style.setProperty('--fs-table-width', `${widths.reduce((sum, width) => sum + width, 0)}px`);
    this.element.style.setProperty('--fs-table-columns', widths.map(width => `minmax(${width}px, ${width}fr)`).join(' '));
    this.element.setAttribute('aria-colcount', String(this.columns.length));
    this.element.setAttribute('aria-rowcount', String(table.rows.length + 1));
    this.sort();
  }

  /** Put the rows in order and write the heads. */
  private sort(): void {
    const column = this.columns.find(c => c.id === this.by);
    this.rows = ordered(this.store.table!.rows.length, column, this.direction);
    this.space.style.height = `${this.rows.length * ROW}px`;
    this.head.replaceChildren(...this.columns.map(c => this.headOf(c)));
  }

  private headOf(column: Column): HTMLElement {
    const sorted = column.id === this.by ? this.direction : 'none';
    const button = make('button', 'fs-table-sort', { type: 'button', title: column.title, tabindex: '-1' }, column.label);
    button.addEventListener('click', () => this.sortBy(column.id));
    return make('div', column.numeric ? 'fs-numeric' : '', { role: 'columnheader', 'aria-sort': sorted }, button);
  }

  private sortBy(id: string): void {
    this.direction = turned(this.by === id ? this.direction : 'none');
    this.by = id;
    this.sort();
    this.place = this.anchor = 0;
    this.element.scrollTop = 0;
    this.redraw();
    (this.head.children[this.columns.findIndex(c => c.id === id)].firstElementChild as HTMLElement).focus();
  }

  /** Write the rows that are in sight. */
  private redraw(): void {
    if (!this.shown) return;
    if (this.stale) this.build();
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const last = Math.min(this.rows.length, Math.ceil((scrollTop + clientHeight) / ROW) + SPARE);
    const written: HTMLElement[] = [];
    for (let place = first; place < last; place++) written.push(this.written(place));
    this.space.replaceChildren(...written);
    const active = `${this.id}-${this.place}`;
    this.element.setAttribute('aria-activedescendant', this.space.querySelector(`#${active}`) ? active : '');
  }

  private readonly id = `fs-table-${Math.random().toString(36).slice(2)}`;

  private written(place: number): HTMLElement {
    const row = this.rows[place];
    const line = make('div', 'fs-table-row', {
      role: 'row', id: `${this.id}-${place}`, 'aria-rowindex': String(place + 2), 'data-place': String(place),
      'aria-selected': String(this.store.selection.has(row))
    }, ...this.columns.map(c => make('div', c.numeric ? 'fs-numeric' : '', { role: 'gridcell' }, c.text(row))));
    line.style.top = `${place * ROW}px`;
    line.classList.toggle('fs-hovered', row === this.store.hover);
    line.classList.toggle('fs-active', place === this.place);
    return line;
  }

  private placeOf(event: Event): number {
    const line = (event.target as Element).closest<HTMLElement>('.fs-table-row');
    return line ? Number(line.dataset.place) : -1;
  }

  private clicked(event: MouseEvent): void {
    const place = this.placeOf(event);
    if (place < 0) return;
    this.choose(place, event.shiftKey, event.ctrlKey || event.metaKey);
  }

  /** Select a row alone, besides others, or all from the last one, in the order of the table. */
  private choose(place: number, shift: boolean, toggle: boolean): void {
    this.place = place;
    if (shift) {
      const [first, last] = [Math.min(this.anchor, place), Math.max(this.anchor, place)];
      const range = this.rows.slice(first, last + 1);
      this.store.take(toggle ? [...this.store.selection, ...range] : range, this);
    } else {
      this.anchor = place;
      this.store.pick(this.rows[place], { shift: false, toggle }, this);
    }
    this.redraw();
  }

  private keyed(event: KeyboardEvent): void {
    if (event.target !== this.element) return this.headKeyed(event);
    const page = Math.max(1, Math.floor((this.element.clientHeight - ROW) / ROW) - 1);
    const steps: Record<string, number> = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page, Home: -this.rows.length, End: this.rows.length };
    if (event.key === 'Enter' || event.key === ' ') this.choose(this.place, false, event.ctrlKey || event.metaKey);
    else if (event.key === 'Escape') this.store.clear(this);
    else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') this.toHead(event.key === 'ArrowRight' ? 0 : this.columns.length - 1);
    else if (event.key in steps) this.move(this.place + steps[event.key], event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') this.redraw();
  }

  private move(to: number, shift: boolean): void {
    const place = Math.max(0, Math.min(this.rows.length - 1, to));
    if (shift) this.choose(place, true, false);
    else this.place = place;
    this.store.setHover(this.rows[place], this);
    this.scrollTo(place);
    this.redraw();
  }

  private toHead(index: number): void {
    (this.head.children[index]?.firstElementChild as HTMLElement | null)?.focus();
  }

  /** Keys on a column's head go to its neighbours, and back to the rows. */
  private headKeyed(event: KeyboardEvent): void {
    const heads = [...this.head.children].map(cell => cell.firstElementChild);
    const index = heads.indexOf(event.target as Element);
    if (index < 0) return;
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') this.toHead(index + (event.key === 'ArrowRight' ? 1 : -1));
    else if (event.key === 'ArrowDown' || event.key === 'Escape') this.element.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private scrollTo(place: number): void {
    const top = place * ROW, { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + 2 * ROW > scrollTop + clientHeight) this.element.scrollTop = top + 2 * ROW - clientHeight;
  }

  /** Bring what was selected elsewhere into sight. */
  private reveal(): void {
    if (!this.store.selection.size || !this.shown) return;
    if (this.stale) this.build();
    const place = this.rows.findIndex(row => this.store.selection.has(row));
    if (place < 0) return;
    this.place = this.anchor = place;
    this.scrollTo(place);
  }

  dispose(): void {
    this.watcher.disconnect();
  }
}
