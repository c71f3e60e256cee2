/** Panels of which one is shown at a time. */
import { make } from './dom';

export interface Tab {
  title: string;
  element: HTMLElement;
}

/** Put panels behind tabs; arrows go from one tab to the next. */
export function tabbed(label: string, tabs: Tab[]): HTMLElement {
  const id = `fs-tabs-${Math.random().toString(36).slice(2)}`;
  const buttons = tabs.map(({ title }, i) => make('button', 'fs-tab', { type: 'button', role: 'tab', id: `${id}-${i}`, 'aria-controls': `${id}-${i}-panel` }, title));
  const places = tabs.map(({ element }, i) => make('div', 'fs-tab-panel', { role: 'tabpanel', id: `${id}-${i}-panel`, 'aria-labelledby': `${id}-${i}` }, element));
  const show = (chosen: number) => {
    buttons.forEach((button, i) => {
      button.setAttribute('aria-selected', String(i === chosen));
      button.tabIndex = i === chosen ? 0 : -1;
      places[i].hidden = i !== chosen;
    });
  };
  const list = make('div', 'fs-tabs', { role: 'tablist', 'aria-label': label }, ...buttons);
  buttons.forEach((button, i) => button.addEventListener('click', () => show(i)));
  list.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const from = buttons.indexOf(event.target as HTMLButtonElement);
    if (step === undefined || from < 0) return;
    const to = (from + step + buttons.length) % buttons.length;
    show(to);
    buttons[to].focus();
    event.preventDefault();
  });
  show(0);
  return make('div', 'fs-panel', {}, list, ...places);
}
