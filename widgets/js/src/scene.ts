/** The scene as `foldsight.scene.payload` writes it: the one contract between Python and this code. */
import { __ } from './words';

export const SCENE_VERSION = 2;

export type Representation = 'cartoon' | 'tube' | 'putty' | 'ball-and-stick' | 'surface';

export type Layout = 'structure' | 'grid' | 'sequence' | 'pae' | 'workbench';

export interface ChainData {
  auth: string;
  label: string;
}

/** Columns over the residues that the strip shows; all of one length but `chains`. */
export interface ResidueColumns {
  chains: ChainData[];
  chain: number[];
  label_seq: number[];
  auth_seq: number[];
  ins_code: string[];
  name: string[];
  letter: string;
  uniprot: (number | null)[];
}

/** One way to colour residues. `classes` is null where the viewer works them out (secondary structure). */
export interface Coloring {
  id: string;
  label: string;
  title: string;
  entries: string[];
  classes: number[] | null;
  values: (number | null)[] | null;
  palettes: Record<string, string[]>;
  /** Ends of a ramp of equal steps; the legend is then one bar. */
  limits: [number, number] | null;
}

/** Predicted aligned error: `data[i * size + j] / 255 * top` Å, aligned on i, scored at j. */
export interface PaeData {
  size: number;
  top: number;
  data: DataView;
  /** From sure to unsure; colours between are mixed. */
  colors: string[];
  /** Why there is none to show, where that is so. */
  fault: string;
}

export interface StructureData {
  id: string;
  name: string;
  format: 'mmcif';
  digest: string;
  data: DataView;
  /** How many sets of coordinates `data` has; figures of older versions do not say. */
  frames?: number;
  residues: ResidueColumns;
  colorings: Coloring[];
  pae: PaeData | null;
}

/** A label at the middle of residues, or a distance between two. */
export interface Mark {
  kind: 'label' | 'distance';
  residues: RefData[];
  text: string;
}

export interface Style {
  representation: Representation;
  coloring: string;
  palette: string;
  height: number;
  strip: boolean;
  layout: Layout;
  /** Percent of the way to the middle that is cut away at the front; absent in figures of older versions. */
  clip?: number;
}

export interface Scene {
  version: number;
  title: string;
  structures: StructureData[];
  style: Style;
  marks: Mark[];
}

/** A residue as `ResidueRef.to_dict` writes it; `structure` is absent for the first structure. */
export interface RefData {
  chain: string;
  auth_seq: number;
  ins_code: string;
  label_seq: number | null;
  uniprot: number | null;
  structure?: string;
}

/** Say why a scene cannot be shown, or return null when it can. */
export function sceneFault(scene: Scene | null | undefined): string | null {
  if (!scene || !scene.structures || scene.structures.length === 0) return __('There is nothing to show yet.');
  if (scene.version !== SCENE_VERSION) {
    return __('This view was made by another version of FoldSight (scene %1, this page reads %2).',
      String(scene.version), String(SCENE_VERSION));
  }
  return null;
}
