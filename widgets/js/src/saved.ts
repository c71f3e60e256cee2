/** A figure kept in a notebook (`application/vnd.foldsight.view+json`), shown without a kernel. */
import type { Host } from './host';
import type { PaeData, RefData, Scene, StructureData } from './scene';

type SavedStructure = Omit<StructureData, 'data' | 'pae'> & {
  data: string;
  pae: (Omit<PaeData, 'data'> & { data: string }) | null;
};

/** As `foldsight.scene.payload.saved_view` writes it: the scene with its data as gzip in base64. */
export interface SavedView {
  scene: Omit<Scene, 'structures'> & { structures: SavedStructure[] };
  selection: RefData[];
}

async function unpack(text: string): Promise<DataView> {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new DataView(await new Response(stream).arrayBuffer());
}

export async function savedHost(saved: SavedView): Promise<Host> {
  const structures = await Promise.all(
    saved.scene.structures.map(async s => ({
      ...s, data: await unpack(s.data), pae: s.pae && { ...s.pae, data: await unpack(s.pae.data) }
    })));
  const scene: Scene = { ...saved.scene, structures };
  let selection = saved.selection;
  return {
    scene: () => scene,
    selection: () => selection,
    select: refs => (selection = refs),
    onScene: () => undefined,
    onSelection: () => undefined,
    hover: () => undefined,
    onHover: () => undefined,
    onCommand: () => undefined
  };
}
