/** Which panels a layout has, and how they lie. */
import type { Layout } from '../scene';
import type { Rows } from '../selection';
import type { Store } from '../store';
import { make } from './dom';
import { AnnotationsPanel } from './annotations_panel';
import { Details } from './details';
import { PaePanel } from './pae_panel';
import { SequencePanel } from './sequence_panel';
import { split } from './splitter';
import { Strip } from './strip';
import { TablePanel } from './table_panel';
import { tabbed } from './tabs';
import { ThreePanel, type ThreeActions } from './three';
import { __ } from '../words';

export interface Panels {
  layout: Layout;
  element: HTMLElement;
  three?: ThreePanel;
  strip?: Strip;
  pae?: PaePanel;
  sequence?: SequencePanel;
  notes?: AnnotationsPanel;
  table?: TablePanel;
  /** Read the scene that the store holds. */
  begin(): void;
  themed(): void;
  dispose(): void;
}

/** Build the panels of a layout; they listen to the store until they are disposed of. */
export function panelsFor(layout: Layout, store: Store, actions: ThreeActions): Panels {
  const { made: parts, begin, stop } = store.gather(() => build(layout, store, actions));
  return {
    ...parts, layout, begin,
    themed() {
      parts.three?.themed();
      parts.pae?.redraw();
      parts.sequence?.redraw();
    },
    dispose() {
      stop();
      parts.three?.dispose();
      parts.pae?.dispose();
      parts.sequence?.dispose();
      parts.table?.dispose();
    }
  };
}

type Parts = Pick<Panels, 'element' | 'three' | 'strip' | 'pae' | 'sequence' | 'notes' | 'table'>;

function build(layout: Layout, store: Store, actions: ThreeActions): Parts {
  if (layout === 'pae') {
    const pae = new PaePanel(store);
    return { element: pae.element, pae };
  }
  if (layout === 'sequence') {
    const sequence = new SequencePanel(store, () => undefined);
    return { element: sequence.element, sequence };
  }
  const three = new ThreePanel(store, actions);
  const focus = (rows: Rows) => three.focus(rows);
  if (layout === 'workbench') return workbench(store, three, focus);
  const strip = new Strip(store, focus);
  const element = make('div', 'fs-stack', {}, three.element, strip.element);
  return { element, three, strip };
}

/** 3D beside map, details and table, the sequence beneath. */
function workbench(store: Store, three: ThreePanel, focus: (rows: Rows) => void): Parts {
  const pae = new PaePanel(store);
  const sequence = new SequencePanel(store, focus);
  const details = new Details(store, {
    distance: (a, b) => three.viewer?.distance(a, b) ?? null,
    pairErrors: () => pae.pairErrors()
  });
  const notes = new AnnotationsPanel(store);
  const table = new TablePanel(store);
  const facts = tabbed(__('Residues'), [{ title: __('Details'), element: details.element }, { title: __('Table'), element: table.element }]);
  const under = split(facts, notes.element, { axis: 'y', label: __('Height of the details'), start: 0.32 });
  const side = split(pae.element, under, { axis: 'y', label: __('Height of the map'), start: 0.45 });
  const top = split(three.element, side, { axis: 'x', label: __('Width of the picture'), start: 0.64 });
  const element = split(top, sequence.element, { axis: 'y', label: __('Height of the sequence'), start: 0.74 });
  return { element, three, pae, sequence, notes, table };
}
