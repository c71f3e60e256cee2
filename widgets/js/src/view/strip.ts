/**
 * The sequence strip: every residue as a letter, chain by chain; the accessible way to the structure.
 *
 * Blocks of ten are laid out by the browser only when in sight (`content-visibility`), so
 * thousands of residues cost little. Each chain is an ARIA listbox with one active residue.
 */
import { hexText, type RowColors } from '../colors';
import { number, type ChainRows, type ResidueTable } from '../residues';
import type { Rows } from '../selection';
import type { Change, Store } from '../store';
import { make } from './dom';
import { __, _n } from '../words';

const BLOCK = 10;

export class Strip {
  readonly element = make('div', 'fs-strip', { role: 'group', 'aria-label': __('Sequence') });
  private cells: HTMLElement[] = [];
  private boxes: HTMLElement[] = [];
  private table?: ResidueTable;
  private cursor = -1;
  private dragFrom = -1;
  private hovered = -1;

  constructor(private readonly store: Store, private readonly focus: (rows: Rows) => void) {
    store.listen((change, origin) => this.changed(change, origin));
    this.element.addEventListener('pointerdown', event => this.press(event));
    this.element.addEventListener('pointermove', event => this.move(event));
    this.element.addEventListener('pointerup', () => (this.dragFrom = -1));
    this.element.addEventListener('pointercancel', () => (this.dragFrom = -1));
    this.element.addEventListener('pointerleave', () => this.hover(-1));
    this.element.addEventListener('keydown', event => this.key(event));
    this.element.addEventListener('dblclick', event => this.doubled(event));
  }

  private changed(change: Change, origin: unknown): void {
    const { table, colors } = this.store;
    if (!table || !colors) return;
    if (change === 'scene') this.setTable(table);
    if (change === 'scene' || change === 'style' || change === 'colors') this.setColors(colors);
    if (change === 'scene' || change === 'style' || change === 'selection') {
      this.setSelection(this.store.selection, change === 'selection' && origin !== this);
    }
    if (change === 'hover' && origin !== this) this.setHover(this.store.hover);
  }

  private setTable(table: ResidueTable): void {
    this.table = table;
    this.cells = [];
    this.boxes = [];
    this.cursor = -1;
    const many = table.structureIds.length > 1;
    this.element.replaceChildren(...table.chains.map(chain => this.chain(table, chain, many)));
  }

  private chain(table: ResidueTable, chain: ChainRows, many: boolean): HTMLElement {
    const owner = many ? `${table.structureIds[chain.structure]} ` : '';
    const words = `${owner}${__('chain %1', chain.chain)}, ${_n('%1 residue', '%1 residues', chain.end - chain.start)}`;
    const box = make('div', 'fs-residues', {
      role: 'listbox', tabindex: '0', 'aria-multiselectable': 'true', 'aria-label': __('Sequence of %1', words),
      'data-start': String(chain.start), 'data-end': String(chain.end)
    });
    for (let row = chain.start; row < chain.end; row += BLOCK) box.append(this.block(table, chain, row));
    box.addEventListener('focus', () => this.setCursor(this.cursorIn(chain)));
    this.boxes.push(box);
    const name = make('button', 'fs-icon fs-chain-name', { type: 'button', title: __('Select %1', words) }, owner + chain.chain);
    name.addEventListener('click', () => this.store.take(table.between(chain.start, chain.end - 1), this));
    return make('div', 'fs-chain', {}, name, box);
  }

  private block(table: ResidueTable, chain: ChainRows, start: number): HTMLElement {
    const row = make('span', 'fs-block-row', { role: 'presentation' });
    for (let i = start; i < Math.min(start + BLOCK, chain.end); i++) {
      const residue = table.rows[i];
      const before = i > chain.start ? table.rows[i - 1] : undefined;
      const cell = make('span', 'fs-residue', { role: 'option', 'aria-selected': 'false', 'data-row': String(i) }, residue.letter);
      if (before && residue.authSeq - before.authSeq > 1) cell.dataset.gap = '';
      this.cells[i] = cell;
      row.append(cell);
    }
    const label = make('span', 'fs-block-number', { 'aria-hidden': 'true' }, number(table.rows[start]));
    return make('span', 'fs-block', { role: 'presentation' }, label, row);
  }

  private setColors(colors: RowColors): void {
    this.cells.forEach((cell, row) => cell.style.setProperty('--fs-color', hexText(colors.rows[row])));
  }

  private setSelection(rows: ReadonlySet<number>, scroll: boolean): void {
    this.cells.forEach((cell, row) => {
      const on = String(rows.has(row));
      if (cell.getAttribute('aria-selected') !== on) cell.setAttribute('aria-selected', on);
    });
    if (scroll && rows.size) this.scrollTo(Math.min(...rows));
  }

  /** Bring a residue into the strip's own window, never moving the page. */
  private scrollTo(row: number): void {
    const cell = this.cells[row];
    const [outer, inner] = [this.element.getBoundingClientRect(), cell.getBoundingClientRect()];
    if (inner.top < outer.top + 14) this.element.scrollTop -= outer.top + 14 - inner.top;
    else if (inner.bottom > outer.bottom) this.element.scrollTop += inner.bottom - outer.bottom + 4;
  }

  /** Show which residue the pointer is on, in the strip or in 3D. */
  private setHover(row: number): void {
    this.cells[this.hovered]?.classList.remove('fs-hover');
    this.hovered = row;
    this.cells[row]?.classList.add('fs-hover');
  }

  private hover(row: number): void {
    if (row === this.hovered) return;
    const cell = this.cells[row];
    if (cell && !cell.title) cell.title = this.store.describe(row);
    this.setHover(row);
    this.store.setHover(row, this);
  }

  private rowUnder(event: MouseEvent): number {
    const target = document.elementsFromPoint(event.clientX, event.clientY)[0] ?? event.target;
    const inside = this.element.getRootNode() instanceof ShadowRoot ? (event.composedPath()[0] as Element) : (target as Element);
    const cell = inside.closest?.<HTMLElement>('.fs-residue');
    return cell && this.element.contains(cell) ? Number(cell.dataset.row) : -1;
  }

  private press(event: PointerEvent): void {
    const row = this.rowUnder(event);
    if (row < 0 || event.button !== 0) return;
    this.dragFrom = row;
    this.setCursor(row);
    this.store.pick(row, { shift: event.shiftKey, toggle: event.ctrlKey || event.metaKey }, this);
  }

  /** The second click took the first one's choice back. */
  private doubled(event: MouseEvent): void {
    const row = this.rowUnder(event);
    if (row < 0) return;
    this.store.take([row], this);
    this.focus(this.store.selection);
  }

  private move(event: PointerEvent): void {
    const row = this.rowUnder(event);
    this.hover(row);
    if (this.dragFrom < 0 || row < 0 || row === this.cursor || !(event.buttons & 1)) return;
    this.setCursor(row);
    this.store.extend(row, event.ctrlKey || event.metaKey, this);
  }

  private cursorIn(chain: ChainRows): number {
    return this.cursor >= chain.start && this.cursor < chain.end ? this.cursor : chain.start;
  }

  private setCursor(row: number): void {
    const old = this.cells[this.cursor];
    old?.classList.remove('fs-cursor');
    old?.removeAttribute('id');
    this.cursor = row;
    const cell = this.cells[row];
    if (!cell) return;
    cell.classList.add('fs-cursor');
    cell.id = `fs-residue-${row}-${Math.random().toString(36).slice(2, 8)}`;
    cell.setAttribute('aria-label', this.store.describe(row));
    cell.title = this.store.describe(row);
    for (const box of this.boxes) {
      if (box.contains(cell)) box.setAttribute('aria-activedescendant', cell.id);
      else box.removeAttribute('aria-activedescendant');
    }
  }

  /** The keyboard path: arrows move, Shift stretches, Space picks, Enter selects and goes there, Escape clears. */
  private key(event: KeyboardEvent): void {
    const box = (event.target as HTMLElement).closest<HTMLElement>('.fs-residues');
    if (!box || !this.table || this.cursor < 0) return;
    const [start, end] = [Number(box.dataset.start), Number(box.dataset.end)];
    const step = this.step(event.key, start, end);
    if (step !== null) {
      const row = Math.max(start, Math.min(end - 1, step));
      this.setCursor(row);
      this.scrollTo(row);
      this.hover(row);
      if (event.shiftKey) this.store.extend(row, false, this);
    } else if (!this.act(event, start, end)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private step(key: string, start: number, end: number): number | null {
    switch (key) {
      case 'ArrowRight': return this.cursor + 1;
      case 'ArrowLeft': return this.cursor - 1;
      case 'ArrowDown': case 'PageDown': return this.cursor + BLOCK;
      case 'ArrowUp': case 'PageUp': return this.cursor - BLOCK;
      case 'Home': return start;
      case 'End': return end - 1;
      default: return null;
    }
  }

  private act(event: KeyboardEvent, start: number, end: number): boolean {
    const toggle = event.ctrlKey || event.metaKey;
    if (event.key === 'Enter') this.enter(event);
    else if (event.key === ' ') this.store.pick(this.cursor, { shift: event.shiftKey, toggle: true }, this);
    else if (event.key === 'Escape') this.store.clear(this);
    else if (event.key === 'a' && toggle) this.store.take(this.table!.between(start, end - 1), this);
    else if (event.key === 'f' && !toggle) this.focus(this.store.selection);
    else return false;
    return true;
  }

  /** Select the residue at the cursor, unless it is, and go to what is selected. */
  private enter(event: KeyboardEvent): void {
    const toggle = event.ctrlKey || event.metaKey;
    if (toggle || event.shiftKey || !this.store.selection.has(this.cursor)) {
      this.store.pick(this.cursor, { shift: event.shiftKey, toggle }, this);
    }
    this.focus(this.store.selection);
  }
}
