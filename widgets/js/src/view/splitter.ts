/** A bar between two panels that a pointer or arrow keys move. */
import { make } from './dom';

export interface SplitOptions {
  /** `x`: the bar stands and moves sideways; `y`: it lies. */
  axis: 'x' | 'y';
  label: string;
  /** Share of the first panel, 0 to 1. */
  start: number;
}

const LEAST = 0.12;

/** Two elements with a movable bar between. */
export function split(first: HTMLElement, second: HTMLElement, options: SplitOptions): HTMLElement {
  const lying = options.axis === 'y';
  const bar = make('div', 'fs-splitter', {
    role: 'separator', tabindex: '0', 'aria-label': options.label, 'aria-orientation': lying ? 'horizontal' : 'vertical',
    'aria-valuemin': '12', 'aria-valuemax': '88'
  });
  const box = make('div', `fs-split fs-split-${options.axis}`, {}, first, bar, second);
  let share = options.start;
  const set = (next: number) => {
    share = Math.min(1 - LEAST, Math.max(LEAST, next));
    // Shares of a hundred: below one, a panel that is alone would not fill the room.
    first.style.flex = `${100 * share} 1 0`;
    second.style.flex = `${100 * (1 - share)} 1 0`;
    bar.setAttribute('aria-valuenow', String(Math.round(share * 100)));
  };
  bar.addEventListener('pointerdown', event => {
    event.preventDefault();
    bar.setPointerCapture(event.pointerId);
  });
  bar.addEventListener('pointermove', event => {
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const area = box.getBoundingClientRect();
    set(lying ? (event.clientY - area.y) / area.height : (event.clientX - area.x) / area.width);
  });
  bar.addEventListener('keydown', event => {
    const step = { ArrowLeft: -0.03, ArrowUp: -0.03, ArrowRight: 0.03, ArrowDown: 0.03 }[event.key];
    if (!step) return;
    event.preventDefault();
    set(share + step);
  });
  set(share);
  return box;
}
