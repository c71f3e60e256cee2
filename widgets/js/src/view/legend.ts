/** The legend: what the colours are, in words, or as a bar where they are steps of a scale. */
import type { RowColors } from '../colors';
import { make } from './dom';
import { __ } from '../words';

/** Chains of a large complex would cover the picture. */
const MOST = 12;

export function fillLegend(element: HTMLElement, colors: RowColors): void {
  const body = colors.limits ? bar(colors, colors.limits) : list(colors);
  element.replaceChildren(make('div', 'fs-legend-title', {}, colors.title), body);
}

function list(colors: RowColors): HTMLElement {
  const entries = colors.legend.slice(0, MOST).map(({ label, color }) => {
    const swatch = make('span', 'fs-swatch');
    swatch.style.background = color;
    return make('li', '', {}, swatch, label);
  });
  if (colors.legend.length > MOST) entries.push(make('li', '', {}, __('and %1 more', String(colors.legend.length - MOST))));
  return make('ul', '', {}, ...entries);
}

function bar(colors: RowColors, [low, high]: [number, number]): HTMLElement {
  const steps = make('div', 'fs-legend-bar', { 'aria-hidden': 'true' }, ...colors.legend.map(({ color }) => {
    const step = make('span', '');
    step.style.background = color;
    return step;
  }));
  const ticks = [low, (low + high) / 2, high].map(value => make('span', '', {}, short(value)));
  return make('div', '', {}, steps, make('div', 'fs-legend-ticks', {}, ...ticks));
}

/** Three digits, with a real minus sign. */
export function short(value: number): string {
  if (Math.abs(value) < 1e-9) return '0';
  return String(Number(value.toPrecision(3))).replace('-', '\u2212');
}
