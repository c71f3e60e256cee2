/** A camera that shows the structure at its widest and fills the frame. */
import { Vec3 } from 'molstar/lib/mol-math/linear-algebra.js';
import { PrincipalAxes } from 'molstar/lib/mol-math/linear-algebra/matrix/principal-axes.js';
import { Unit } from 'molstar/lib/mol-model/structure.js';
import type { Structure } from 'molstar/lib/mol-model/structure.js';
import type { PluginContext } from 'molstar/lib/mol-plugin/context.js';

/** Room around the trace for side chains and ribbons, in Å. */
const MARGIN = 4;

/** Positions of one atom per residue: CA, P, or every atom of what has neither. */
export function tracePositions(structures: Structure[]): number[] {
  const found: number[] = [];
  for (const structure of structures) {
    for (const unit of structure.units) {
      if (!Unit.isAtomic(unit)) continue;
      const elements = unit.polymerElements.length ? unit.polymerElements : unit.elements;
      for (let i = 0; i < elements.length; i++) {
        found.push(unit.conformation.x(elements[i]), unit.conformation.y(elements[i]), unit.conformation.z(elements[i]));
      }
    }
  }
  return found;
}

interface Extent {
  centre: Vec3;
  /** Half sizes along the three axes, widest first. */
  half: number[];
  axes: Vec3[];
}

/** The box along the principal axes, widest first. */
function extentOf(positions: number[]): Extent {
  const { dirA, dirB } = PrincipalAxes.ofPositions(positions).momentsAxes;
  const axes = [Vec3.normalize(Vec3(), dirA), Vec3.normalize(Vec3(), dirB)];
  axes.push(Vec3.cross(Vec3(), axes[0], axes[1]));
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  const p = Vec3();
  for (let i = 0; i < positions.length; i += 3) {
    Vec3.fromArray(p, positions, i);
    axes.forEach((axis, k) => {
      const d = Vec3.dot(p, axis);
      low[k] = Math.min(low[k], d);
      high[k] = Math.max(high[k], d);
    });
  }
  const centre = Vec3();
  axes.forEach((axis, k) => Vec3.scaleAndAdd(centre, centre, axis, (low[k] + high[k]) / 2));
  const half = axes.map((_, k) => (high[k] - low[k]) / 2);
  const order = [0, 1, 2].sort((a, b) => half[b] - half[a]);
  return { centre, half: order.map(k => half[k]), axes: order.map(k => axes[k]) };
}

/** Camera snapshot that looks along the shortest axis, the longest lying across the wider side. */
export function bestCamera(plugin: PluginContext, structures: Structure[]): object | undefined {
  const positions = tracePositions(structures);
  const { camera } = plugin.canvas3d!;
  if (positions.length < 9) return undefined;
  const { centre, half, axes } = extentOf(positions);
  const { width, height } = camera.viewport;
  const wide = width >= height;
  const [across, up] = wide ? [0, 1] : [1, 0];
  const shorter = Math.min(width, height);
  // Mol* fits a sphere into the shorter side; ask for the radius that just holds the box.
  const radius = Math.max(((half[across] + MARGIN) * shorter) / width, ((half[up] + MARGIN) * shorter) / height);
  // What is nearer than the centre looms larger in perspective.
  const loom = half[2] * Math.tan(camera.state.fov / 2) * 0.35;
  const snapshot = camera.getFocus(centre, radius + loom, axes[up], Vec3.negate(Vec3(), axes[2]));
  return { ...snapshot, radiusMax: Math.max(...half) * 2 + MARGIN };
}
