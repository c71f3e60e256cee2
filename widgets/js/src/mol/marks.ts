/** Labels and distances within the picture. */
import { OrderedSet } from 'molstar/lib/mol-data/int.js';
import { StructureElement } from 'molstar/lib/mol-model/structure.js';
import { Vec3 } from 'molstar/lib/mol-math/linear-algebra.js';
import type { PluginContext } from 'molstar/lib/mol-plugin/context.js';
import { Color } from 'molstar/lib/mol-util/color/index.js';
import { MeasurementGroupTag } from 'molstar/lib/mol-plugin-state/manager/structure/measurement.js';
import { tracePosition } from './mapping';

export interface PlacedMark {
  kind: 'label' | 'distance';
  loci: StructureElement.Loci[];
  text: string;
}

const INK = 0x1f1f1f, PAPER = 0xf5f5f5;

/** Replace every mark of the picture. */
export async function drawMarks(plugin: PluginContext, marks: PlacedMark[], dark: boolean): Promise<void> {
  await eraseMarks(plugin);
  const size = Math.min(4, Math.max(1.1, plugin.canvas3d!.boundingSphere.radius / 20));
  const { measurement } = plugin.managers.structure;
  const look = {
    textColor: Color(dark ? PAPER : INK), textSize: size, borderColor: Color(dark ? INK : PAPER), borderWidth: 0.3
  };
  for (const { kind, loci, text } of marks) {
    if (loci.some(StructureElement.Loci.isEmpty)) continue;
    if (kind === 'label') await measurement.addLabel(loci[0], { labelParams: { ...look, customText: text, offsetZ: size * 2 } as never });
    else {
      const customText = text || `${distance(loci[0], loci[1]).toFixed(1)} Å`;
      await measurement.addDistance(traceAtom(loci[0]), traceAtom(loci[1]), {
        customText, labelParams: look as never,
        lineParams: { linesColor: Color(dark ? PAPER : INK), linesSize: 0.25 } as never
      });
    }
  }
}

async function eraseMarks(plugin: PluginContext): Promise<void> {
  const { data } = plugin.state;
  const group = data.selectQ(q => q.root.subtree().withTag(MeasurementGroupTag))[0];
  if (!group) return;
  const update = data.build();
  update.delete(group.transform.ref);
  await update.commit();
}

/** Å between the backbones of two residues. */
export function distance(a: StructureElement.Loci, b: StructureElement.Loci): number {
  return Vec3.distance(tracePosition(a), tracePosition(b));
}

/** Only the backbone atom of a residue, so that the line ends where the number is measured. */
function traceAtom(loci: StructureElement.Loci): StructureElement.Loci {
  const at = tracePosition(loci);
  const p = Vec3();
  for (const { unit, indices } of loci.elements) {
    for (let i = 0; i < OrderedSet.size(indices); i++) {
      const index = OrderedSet.getAt(indices, i);
      unit.conformation.position(unit.elements[index], p);
      if (Vec3.distance(p, at) < 1e-3) return StructureElement.Loci(loci.structure, [{ unit, indices: OrderedSet.ofSingleton(index) }]);
    }
  }
  return loci;
}
