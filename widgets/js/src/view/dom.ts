/** Small helpers to build page elements. */

type Attributes = Record<string, string>;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K, className: string, attributes: Attributes = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function icon(path: string): SVGSVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const shape = document.createElementNS(space, 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}

export function iconButton(label: string, path: string, run: () => void): HTMLButtonElement {
  const button = make('button', 'fs-icon', { type: 'button', title: label, 'aria-label': label });
  button.append(icon(path));
  button.addEventListener('click', run);
  return button;
}

/** A button of words; `key` names it, so that the focus finds it again when it is made anew. */
export function textButton(words: string, act: () => void, key = ''): HTMLButtonElement {
  const made = make('button', 'fs-text-button', { type: 'button', ...(key ? { 'data-key': key } : {}) }, words);
  made.addEventListener('click', act);
  return made;
}
