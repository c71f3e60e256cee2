/**
 * The words of our panels: English, or the language of the JupyterLab around them.
 *
 * Modules of widgets come one by one from the kernel, the engine from the server; the page is what
 * they and the JupyterLab extension have in common, so that is where its bundle is left.
 */
export interface Words {
  /** A text with `%1`, `%2`… filled in. */
  __(text: string, ...values: string[]): string;
  /** The text for one or for many; `%1` is the count. */
  _n(one: string, many: string, count: number, ...values: string[]): string;
}

const KEY = 'foldsight:words';
const page = globalThis as unknown as Record<string, Words | undefined>;

function fill(text: string, values: string[]): string {
  return text.replace(/%(\d)/g, (hole, n) => values[Number(n) - 1] ?? hole);
}

export const english: Words = {
  __: (text, ...values) => fill(text, values),
  _n: (one, many, count, ...values) => fill(count === 1 ? one : many, values)
};

/** Let the panels of this page speak another language from now on. */
export function speak(words: Words): void {
  page[KEY] = words;
}

export function __(text: string, ...values: string[]): string {
  return (page[KEY] ?? english).__(text, ...values);
}

export function _n(one: string, many: string, count: number): string {
  return (page[KEY] ?? english)._n(one, many, count, String(count));
}
