/** The engine file: everything but the few lines that find it. Loaded once per page. */
import type { Host } from './host';
import { linkedHost } from './linked';
import { savedHost, type SavedView } from './saved';
import type { Layout } from './scene';
import type { MvsScene } from './mol/mvs';
import { mountMvsView } from './view/mvs_view';
import { View } from './view/view';

/** Build a live view in `element`; returns how to take it down. */
export function mount(element: HTMLElement, host: Host): () => void {
  const view = new View(element, host);
  return () => view.dispose();
}

/** Build a view of a saved figure, with no kernel behind it. */
export async function mountSaved(element: HTMLElement, saved: SavedView): Promise<() => void> {
  return mount(element, await savedHost(saved));
}

/** Build a view that follows the one whose root element is `other`; null where there is none. */
export function mountLinked(element: HTMLElement, other: Element, layout: Layout): (() => void) | null {
  const { foldsight } = other as Element & { foldsight?: View };
  if (!foldsight?.store.scene) return null;
  const { host, stop } = linkedHost(foldsight.store, layout);
  const unmount = mount(element, host);
  return () => {
    stop();
    unmount();
  };
}

/** Build a view of a MolViewSpec scene. */
export function mountMvs(element: HTMLElement, scene: MvsScene, height: number): () => void {
  return mountMvsView(element, scene, height);
}
