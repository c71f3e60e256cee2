/** Thickness of a putty: thin where a residue is certain, thick where it is not. */
import { StructureElement, Unit } from 'molstar/lib/mol-model/structure.js';
import type { Model } from 'molstar/lib/mol-model/structure.js';
import type { Location } from 'molstar/lib/mol-model/location.js';
import type { SizeTheme } from 'molstar/lib/mol-theme/size.js';
import type { ThemeDataContext } from 'molstar/lib/mol-theme/theme.js';
import { ParamDefinition as PD } from 'molstar/lib/mol-util/param-definition.js';
import { doubts } from '../doubts';
import type { ResidueTable } from '../residues';
import type { StructureData } from '../scene';
import type { Mapping } from './mapping';

/** Doubt about each residue index of a Mol* model, 0 (certain) to 1. */
export const modelDoubts = new WeakMap<Model, Float32Array>();

export const SIZES = 'foldsight-doubt';

/** Radii in Å of a certain and of a doubtful residue. */
const THIN = 0.25, THICK = 1.9;

const Params = {};
type Params = typeof Params;

function sizeAt(location: Location): number {
  if (!StructureElement.Location.is(location) || !Unit.isAtomic(location.unit)) return THIN;
  const { model } = location.unit;
  const residue = model.atomicHierarchy.residueAtomSegments.index[location.element];
  return THIN + (THICK - THIN) * (modelDoubts.get(model)?.[residue] ?? 0);
}

function DoubtSizes(_ctx: ThemeDataContext, props: PD.Values<Params>): SizeTheme<Params> {
  return { factory: DoubtSizes, granularity: 'group', size: sizeAt, props, description: 'Thick where the confidence is low.' };
}

export const DoubtSizesProvider: SizeTheme.Provider<Params, typeof SIZES> = {
  name: SIZES, label: 'Doubt', category: '', factory: DoubtSizes,
  getParams: () => Params, defaultValues: PD.getDefaultValues(Params),
  isApplicable: (ctx: ThemeDataContext) => !!ctx.structure
};

/** Doubt about each residue of a model: from the confidence where there is one, else from B-factors. */
export function doubtsOf(data: StructureData, table: ResidueTable, mapping: Mapping): Float32Array {
  const coloring = data.colorings.find(c => c.id === 'confidence' && c.values);
  const { model } = mapping;
  const offsets = model.atomicHierarchy.residueAtomSegments.offsets;
  const values = Array.from(mapping.rowOfResidue, (row, residue) => {
    if (coloring) return row < 0 ? null : (coloring.values![table.rows[row].local] ?? null);
    return model.atomicConformation.B_iso_or_equiv.value(offsets[residue]);
  });
  // A ramp in the confidence's place is one of B-factors.
  return doubts(values, !!coloring && !coloring.limits);
}
