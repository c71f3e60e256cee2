/** From a colouring and a palette to one colour per residue row. */
import type { ResidueTable } from './residues';
import type { Coloring, Scene } from './scene';

/** Colour of a residue that has no class: a grey that both themes leave readable. */
export const NO_COLOR = '#AAAAAA';

export interface RowColors {
  /** Colour of each row as 0xRRGGBB. */
  rows: Int32Array;
  legend: { label: string; color: string }[];
  title: string;
  /** Ends of the ramp that the legend's colours are equal steps of. */
  limits: [number, number] | null;
}

export function paletteOf(coloring: Coloring, palette: string): string[] {
  return coloring.palettes[palette] ?? Object.values(coloring.palettes)[0];
}

/** Every colouring that some structure of the scene has, the first one's first. */
export function offeredColorings(scene: Scene): Coloring[] {
  const found = new Map<string, Coloring>();
  for (const structure of scene.structures) {
    for (const coloring of structure.colorings) if (!found.has(coloring.id)) found.set(coloring.id, coloring);
  }
  return [...found.values()];
}

export function coloringOf(scene: Scene, structure: number, id: string): Coloring | undefined {
  return scene.structures[structure].colorings.find(c => c.id === id);
}

/**
 * Colour every row; a structure without the colouring is grey.
 *
 * `computed` gives the classes of colourings whose own are null (secondary structure, from Mol*).
 */
export function colorRows(
  scene: Scene, table: ResidueTable, id: string, palette: string, computed: (row: number) => number
): RowColors {
  const rows = new Int32Array(table.rows.length);
  for (const residue of table.rows) {
    const coloring = coloringOf(scene, residue.structure, id);
    rows[residue.row] = hexNumber(coloring ? classColor(coloring, palette, residue.local, computed(residue.row)) : NO_COLOR);
  }
  const [first] = offeredColorings(scene).filter(c => c.id === id);
  return { rows, title: first?.title ?? '', limits: first?.limits ?? null, legend: legendOf(scene, id, palette) };
}

/** Colour of one residue in a colouring. */
export function classColor(coloring: Coloring, palette: string, local: number, computed: number): string {
  return paletteOf(coloring, palette)[coloring.classes ? coloring.classes[local] : computed] ?? NO_COLOR;
}

/** The classes of every structure, once each: superposed structures have their own. */
function legendOf(scene: Scene, id: string, palette: string): RowColors['legend'] {
  const found = new Map<string, string>();
  scene.structures.forEach((_, index) => {
    const coloring = coloringOf(scene, index, id);
    coloring?.entries.forEach((label, i) => {
      if (!found.has(label)) found.set(label, paletteOf(coloring, palette)[i]);
    });
  });
  return [...found].map(([label, color]) => ({ label, color }));
}

export function hexNumber(hex: string): number {
  return parseInt(hex.slice(1), 16);
}

export function hexText(color: number): string {
  return `#${color.toString(16).padStart(6, '0')}`;
}
