/** Children of an element, changed without touching those that stay. */

/** Give an element just these children, in this order. Who stays is not moved: it keeps the focus and what is being typed. */
export function place(parent: Element, wanted: readonly Element[]): void {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((child, i) => {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
  });
}

/** Elements that are made once for a key and anew only when what they show has changed. */
export class Cards<E extends Element> {
  private readonly held = new Map<string, { shows: string; element: E }>();

  /** Return the element of a key; `shows` is all that it depends on. */
  of(key: string, shows: unknown, make: () => E): E {
    const text = JSON.stringify(shows);
    const before = this.held.get(key);
    if (before?.shows === text) return before.element;
    const element = make();
    this.held.set(key, { shows: text, element });
    return element;
  }

  /** Forget all but these. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.held.keys()) if (!keys.has(key)) this.held.delete(key);
  }

  clear(): void {
    this.held.clear();
  }
}
