/** MolViewSpec scenes, which Mol* reads by itself. */
import { loadMVS } from 'molstar/lib/extensions/mvs/load.js';
import type { MVSData } from 'molstar/lib/extensions/mvs/mvs-data.js';
import type { PluginContext } from 'molstar/lib/mol-plugin/context.js';

/** As the widget and the server send it; `files` by the URL that the tree has for each. */
export interface MvsScene {
  name: string;
  tree: unknown;
  files: Record<string, DataView | string>;
}

const URL_KEYS = ['url', 'uri'];

/** Draw a scene. What it names lies in it: the kernel let no other URL through unless the reader agreed. */
export async function drawMvs(plugin: PluginContext, scene: MvsScene): Promise<void> {
  const urls = new Map<string, string>();
  for (const [name, data] of Object.entries(scene.files)) urls.set(name, URL.createObjectURL(new Blob([bytes(data)])));
  try {
    const tree = renamed(scene.tree, urls) as MVSData;
    await loadMVS(plugin, tree, { doNotReportErrors: true });
  } finally {
    urls.forEach(url => URL.revokeObjectURL(url));
  }
}

/** Bytes come as buffers over a comm, as base64 from the server. */
function bytes(data: DataView | string): BlobPart {
  return typeof data === 'string' ? Uint8Array.from(atob(data), c => c.charCodeAt(0)) : (data as unknown as BlobPart);
}

function renamed(node: unknown, urls: Map<string, string>): unknown {
  if (Array.isArray(node)) return node.map(item => renamed(item, urls));
  if (!node || typeof node !== 'object') return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) =>
    [key, URL_KEYS.includes(key) && typeof value === 'string' ? (urls.get(value) ?? value) : renamed(value, urls)]));
}
