/** What a click hit, also when Mol* could not tell at once. */
import { EmptyLoci, type Loci } from 'molstar/lib/mol-model/loci.js';
import type { Vec2 } from 'molstar/lib/mol-math/linear-algebra.js';
import type { PluginContext } from 'molstar/lib/mol-plugin/context.js';

/**
 * Mol* looks a click up in a picture of names that a hover may have drawn a moment before and that is still on its
 * way from the graphics card; until it is there, every click seems to hit nothing. Wait for it and look again.
 */
export async function hitAt(plugin: PluginContext, place: Vec2): Promise<Loci> {
  const canvas = plugin.canvas3d;
  const names = canvas?.asyncIdentify(place);
  while (names?.tryGet() === 'pending') await new Promise(requestAnimationFrame);
  if (!canvas || plugin.canvas3d !== canvas) return EmptyLoci;
  return canvas.getLoci(canvas.identify(place)?.id).loci;
}
