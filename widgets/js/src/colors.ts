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
}

export function paletteOf(coloring: Coloring, palette: string): string[] {
  return coloring.palettes[palette] ?? Object.values(coloring.palettes)[0];
}

/** The colourings that every structure of the scene has, in the first one's order. */
export function commonColorings(scene: Scene): Coloring[] {
  const [first, ...others] = scene.structures;
  return first.colorings.filter(c => others.every(o => o.colorings.some(d => d.id === c.id)));
}

export function coloringOf(scene: Scene, structure: number, id: string): Coloring {
  const colorings = scene.structures[structure].colorings;
  return colorings.find(c => c.id === id) ?? colorings[0];
}

/**
 * Colour every row.
 *
 * `computed` gives the classes of colourings whose own are null (secondary structure, from Mol*).
 */
export function colorRows(
  scene: Scene, table: ResidueTable, id: string, palette: string, computed: (row: number) => number
): RowColors {
  const rows = new Int32Array(table.rows.length);
  for (const residue of table.rows) {
    const coloring = coloringOf(scene, residue.structure, id);
    const cls = coloring.classes ? coloring.classes[residue.local] : computed(residue.row);
    rows[residue.row] = hexNumber(paletteOf(coloring, palette)[cls] ?? NO_COLOR);
  }
  const coloring = coloringOf(scene, 0, id);
  const colors = paletteOf(coloring, palette);
  return { rows, title: coloring.title, legend: coloring.entries.map((label, i) => ({ label, color: colors[i] })) };
}

export function hexNumber(hex: string): number {
  return parseInt(hex.slice(1), 16);
}

export function hexText(color: number): string {
  return `#${color.toString(16).padStart(6, '0')}`;
}
