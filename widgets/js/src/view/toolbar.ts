/** Representation, colouring, palette, and the buttons of a view. */
import type { Coloring, Representation } from '../scene';
import { iconButton, make } from './dom';
import { __ } from '../words';

const representations = (): [Representation, string][] => [
  ['cartoon', __('Cartoon')], ['tube', __('Tube')], ['putty', __('Putty')], ['ball-and-stick', __('Ball and stick')], ['surface', __('Surface')]
];

const paletteWords = (): Record<string, string> => ({
  alphafold: __('AlphaFold colours'), 'colour-blind safe': __('Colour-blind safe'), standard: __('Standard colours')
});

const ICONS = {
  reset: 'M8 3a5 5 0 1 1-4.6 3H1.9L4 2.6 6.1 6H4.9A3.6 3.6 0 1 0 8 4.4z',
  picture: 'M2 3h12v10H2zM3.2 4.2v6.1l2.6-2.6 2 2 2.8-3.2 2.2 2.4V4.2zM6 7a1.1 1.1 0 1 1 0-2.2A1.1 1.1 0 0 1 6 7z',
  label: 'M2 3h7l5 5-5 5H2zM3.3 4.3v7.4h5.1L12.1 8 8.4 4.3zM5.5 9.1a1.1 1.1 0 1 1 0-2.2 1.1 1.1 0 0 1 0 2.2z',
  measure: 'M1 5h14v6H1zm1.2 1.2v3.6h11.6V6.2h-1.4v2h-1.1v-2H9v1.4H7.9V6.2H5.7v2H4.6v-2z',
  full: 'M2 2h4v1.4H3.4V6H2zM10 2h4v4h-1.4V3.4H10zM2 10h1.4v2.6H6V14H2zM12.6 10H14v4h-4v-1.4h2.6z'
};

export interface ToolbarState {
  title: string;
  representation: Representation;
  coloring: string;
  palette: string;
  colorings: Coloring[];
  clip: number;
  /** How many residues are selected. */
  chosen: number;
  /** Whether there is a picture to draw in. */
  drawn: boolean;
}

export interface ToolbarActions {
  represent(kind: Representation): void;
  color(id: string): void;
  palette(name: string): void;
  clip(percent: number): void;
  reset(): void;
  label(): void;
  measure(): void;
  picture(): void;
  fullscreen(): void;
}

export class Toolbar {
  readonly element = make('div', 'fs-toolbar', { role: 'toolbar', 'aria-label': __('Structure view') });
  private readonly title = make('span', 'fs-title');
  private readonly kinds = make('div', 'fs-segments', { role: 'radiogroup', 'aria-label': __('Representation') });
  private readonly colors = make('select', 'fs-select', { 'aria-label': __('Colour by'), title: __('Colour by') });
  private readonly palettes = make('select', 'fs-select', { 'aria-label': __('Palette'), title: __('Palette') });

  private readonly label = iconButton(__('Label the selected residues'), ICONS.label, () => this.actions.label());
  private readonly measure = iconButton(__('Measure between two selected residues'), ICONS.measure, () => this.actions.measure());
  private readonly clip = make('input', 'fs-clip', {
    type: 'range', min: '0', max: '99', 'aria-label': __('Cut away what lies in front'), title: __('Cut away what lies in front')
  });
  /** Buttons that make sense only for a picture. */
  private readonly three = [
    iconButton(__('Reset the camera'), ICONS.reset, () => this.actions.reset()), this.label, this.measure,
    iconButton(__('Save a picture (PNG)'), ICONS.picture, () => this.actions.picture())
  ];

  constructor(private readonly actions: ToolbarActions) {
    for (const [kind, label] of representations()) this.kinds.append(this.segment(kind, label));
    this.kinds.addEventListener('keydown', event => this.arrow(event));
    this.colors.addEventListener('change', () => actions.color(this.colors.value));
    this.palettes.addEventListener('change', () => actions.palette(this.palettes.value));
    this.clip.addEventListener('input', () => actions.clip(Number(this.clip.value)));
    this.element.append(
      this.title, this.kinds, this.colors, this.palettes, this.clip, ...this.three,
      iconButton(__('Full screen'), ICONS.full, () => actions.fullscreen()));
  }

  private segment(kind: Representation, label: string): HTMLButtonElement {
    const button = make('button', 'fs-segment', { type: 'button', role: 'radio', 'data-kind': kind }, label);
    button.addEventListener('click', () => this.actions.represent(kind));
    return button;
  }

  /** Arrow keys move within the radio group, as the ARIA pattern asks. */
  private arrow(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...this.kinds.children] as HTMLButtonElement[];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  }

  update(state: ToolbarState): void {
    this.title.textContent = this.title.title = state.title;
    for (const button of [...this.kinds.children] as HTMLButtonElement[]) {
      const on = button.dataset.kind === state.representation;
      button.setAttribute('aria-checked', String(on));
      button.tabIndex = on ? 0 : -1;
    }
    this.clip.value = String(state.clip);
    for (const part of [this.kinds, this.clip, ...this.three]) part.hidden = !state.drawn;
    this.label.disabled = state.chosen === 0;
    this.measure.disabled = state.chosen !== 2;
    fill(this.colors, state.colorings.map(c => [c.id, c.label]), state.coloring);
    const names = Object.keys(state.colorings.find(c => c.id === state.coloring)?.palettes ?? {});
    const spoken = paletteWords();
    fill(this.palettes, names.map(n => [n, spoken[n] ?? n]), state.palette);
    this.palettes.hidden = names.length < 2;
  }
}

function fill(select: HTMLSelectElement, options: [string, string][], value: string): void {
  select.replaceChildren(...options.map(([id, label]) => make('option', '', { value: id }, label)));
  select.value = options.some(([id]) => id === value) ? value : (options[0]?.[0] ?? '');
}
