/** The legend: what the colours are, in words. */
import type { RowColors } from '../colors';
import { make } from './dom';

/** Chains of a large complex would cover the picture. */
const MOST = 12;

export function fillLegend(element: HTMLElement, colors: RowColors): void {
  const entries = colors.legend.slice(0, MOST).map(({ label, color }) => {
    const swatch = make('span', 'fs-swatch');
    swatch.style.background = color;
    return make('li', '', {}, swatch, label);
  });
  if (colors.legend.length > MOST) entries.push(make('li', '', {}, `and ${colors.legend.length - MOST} more`));
  element.replaceChildren(make('div', 'fs-legend-title', {}, colors.title), make('ul', '', {}, ...entries));
}
