/** What is selected, and how a click or a key changes it. Pure: no page, no Mol*. */

export interface Modifiers {
  shift: boolean;
  toggle: boolean;
}

export type Rows = ReadonlySet<number>;

export class Selection {
  private rows: Set<number> = new Set();
  private anchor = -1;

  get current(): Rows {
    return this.rows;
  }

  /** Replace the selection; returns whether anything changed. */
  set(rows: Iterable<number>): boolean {
    const next = new Set(rows);
    if (next.size === this.rows.size && [...next].every(row => this.rows.has(row))) return false;
    this.rows = next;
    if (!next.has(this.anchor)) this.anchor = -1;
    return true;
  }

  /** One residue was picked: alone, toggled, or as the end of a range from the last one. */
  pick(row: number, modifiers: Modifiers): boolean {
    if (modifiers.shift && this.anchor >= 0) return this.extend(row, modifiers.toggle);
    const before = this.rows;
    this.anchor = row;
    if (modifiers.toggle) {
      const next = new Set(before);
      if (!next.delete(row)) next.add(row);
      return this.set(next);
    }
    return this.set(before.size === 1 && before.has(row) ? [] : [row]);
  }

  /** Stretch from the last picked residue to `row`, keeping the rest when `keep` is set. */
  extend(row: number, keep: boolean): boolean {
    const from = this.anchor < 0 ? row : this.anchor;
    this.anchor = from;
    const [first, last] = from <= row ? [from, row] : [row, from];
    const next = new Set(keep ? this.rows : []);
    for (let i = first; i <= last; i++) next.add(i);
    const changed = this.set(next);
    this.anchor = from;
    return changed;
  }

  clear(): boolean {
    this.anchor = -1;
    return this.set([]);
  }
}
