/** A page element with its text, in one call. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K, className = '', attributes: Record<string, string> = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
