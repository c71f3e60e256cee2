/** Between rows of our residue table and places in a Mol* structure. */
import { OrderedSet, SortedArray } from 'molstar/lib/mol-data/int.js';
import { Vec3 } from 'molstar/lib/mol-math/linear-algebra.js';
import { SecondaryStructureProvider } from 'molstar/lib/mol-model-props/computed/secondary-structure.js';
import { Bond, StructureElement, Unit } from 'molstar/lib/mol-model/structure.js';
import type { Loci } from 'molstar/lib/mol-model/loci.js';
import type { Model, Structure } from 'molstar/lib/mol-model/structure.js';
import { SecondaryStructureType } from 'molstar/lib/mol-model/structure/model/types.js';
import type { ResidueTable } from '../residues';

/** Classes of the secondary-structure colouring, in the order of its entries in Python. */
export const HELIX = 0, STRAND = 1, COIL = 2;

export class Mapping {
  /** Row of each residue index of the Mol* model, -1 for what the table does not hold. */
  readonly rowOfResidue: Int32Array;

  constructor(readonly model: Model, table: ResidueTable, structure: number) {
    const h = model.atomicHierarchy;
    this.rowOfResidue = new Int32Array(h.residues._rowCount).fill(-1);
    for (let i = 0; i < this.rowOfResidue.length; i++) {
      const atom = h.residueAtomSegments.offsets[i];
      const chain = h.chains.label_asym_id.value(h.chainAtomSegments.index[atom]);
      const seq = h.residues.label_seq_id.value(i);
      this.rowOfResidue[i] = table.byLabel(structure, chain, seq);
    }
  }

  rowOfAtom(element: number): number {
    return this.rowOfResidue[this.model.atomicHierarchy.residueAtomSegments.index[element]];
  }
}

/** Row that a picked place belongs to, or -1. */
export function rowAt(loci: Loci, mappings: Mapping[]): number {
  const place = Bond.isLoci(loci) ? Bond.toFirstStructureElementLoci(loci) : loci;
  if (!StructureElement.Loci.is(place) || StructureElement.Loci.isEmpty(place)) return -1;
  const location = StructureElement.Loci.getFirstLocation(place);
  const mapping = location && mappings.find(m => m.model === location.unit.model);
  return mapping && location ? mapping.rowOfAtom(location.element) : -1;
}

/** The atoms of some rows as something Mol* can mark, focus or select. */
export function lociOf(structure: Structure, mapping: Mapping, rows: ReadonlySet<number>): StructureElement.Loci {
  const elements: StructureElement.Loci['elements'][number][] = [];
  for (const unit of structure.units) {
    if (!Unit.isAtomic(unit) || unit.model !== mapping.model) continue;
    const indices: number[] = [];
    for (let i = 0; i < unit.elements.length; i++) {
      if (rows.has(mapping.rowOfAtom(unit.elements[i]))) indices.push(i);
    }
    if (indices.length) {
      elements.push({ unit, indices: SortedArray.ofSortedArray(indices) as never });
    }
  }
  return StructureElement.Loci(structure, elements);
}

/** Where the backbone of one residue is, or the middle of its atoms when it has none. */
export function tracePosition(loci: StructureElement.Loci): Vec3 {
  for (const { unit, indices } of loci.elements) {
    for (let i = 0; i < OrderedSet.size(indices); i++) {
      const element = unit.elements[OrderedSet.getAt(indices, i)];
      if (Unit.isAtomic(unit) && SortedArray.has(unit.polymerElements, element)) {
        const at = unit.conformation;
        return Vec3.create(at.x(element), at.y(element), at.z(element));
      }
    }
  }
  return StructureElement.Loci.getBoundary(loci).sphere.center;
}

/** Helix, strand or coil of each row, by Mol*'s own assignment (DSSP where the file has none). */
export function secondaryClasses(structure: Structure, mapping: Mapping, into: Int8Array): void {
  const assigned = SecondaryStructureProvider.get(structure).value;
  for (const unit of structure.units) {
    if (!Unit.isAtomic(unit) || unit.model !== mapping.model) continue;
    const secondary = assigned?.get(unit.invariantId);
    if (!secondary) continue;
    for (let i = 0; i < unit.elements.length; i++) {
      const element = unit.elements[i];
      const residue = unit.model.atomicHierarchy.residueAtomSegments.index[element];
      const row = mapping.rowOfResidue[residue];
      if (row >= 0) into[row] = secondaryClass(secondary.type[secondary.getIndex(residue)]);
    }
  }
}

function secondaryClass(type: SecondaryStructureType): number {
  if (SecondaryStructureType.is(type, SecondaryStructureType.Flag.Helix)) return HELIX;
  return SecondaryStructureType.is(type, SecondaryStructureType.Flag.Beta) ? STRAND : COIL;
}
