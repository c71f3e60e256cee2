/** The scene as `foldsight.scene.payload` writes it: the one contract between Python and this code. */

export const SCENE_VERSION = 1;

export type Representation = 'cartoon' | 'ball-and-stick' | 'surface';

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
}

export interface StructureData {
  id: string;
  name: string;
  format: 'mmcif';
  digest: string;
  data: DataView;
  residues: ResidueColumns;
  colorings: Coloring[];
}

export interface Style {
  representation: Representation;
  coloring: string;
  palette: string;
  height: number;
  strip: boolean;
}

export interface Scene {
  version: number;
  title: string;
  structures: StructureData[];
  style: Style;
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
  if (!scene || !scene.structures || scene.structures.length === 0) return 'There is nothing to show yet.';
  if (scene.version !== SCENE_VERSION) {
    return `This view was made by another version of FoldSight (scene ${scene.version}, this page reads ${SCENE_VERSION}).`;
  }
  return null;
}
