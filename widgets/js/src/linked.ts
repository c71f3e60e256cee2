/** A view of another view: the same scene in another layout, one selection. */
import type { Host } from './host';
import type { Layout, RefData, Scene } from './scene';
import type { Store } from './store';

/** A host that follows `other`; what is selected here is selected there. */
export function linkedHost(other: Store, layout: Layout): { host: Host; stop(): void } {
  const mine = {};
  const hear = { scene: () => {}, selection: () => {}, frame: () => {}, hover: (_: RefData | null) => {} };
  const { stop } = other.gather(() => other.listen((change, origin) => {
    if (origin === mine) return;
    if (change === 'selection') hear.selection();
    else if (change === 'frame') hear.frame();
    else if (change === 'hover') hear.hover(refs(other, other.hover < 0 ? [] : [other.hover])[0] ?? null);
    else if (change === 'scene' || change === 'style') hear.scene();
  }));
  const rows = (found: RefData[]) => other.table?.rowsOf(found) ?? [];
  return {
    stop,
    host: {
      scene: () => styled(other, layout),
      selection: () => refs(other, other.selection),
      select: found => other.take(rows(found), mine),
      frame: { get: () => other.frame, set: frame => other.showFrame(frame, mine), onChange: callback => (hear.frame = callback) },
      onScene: callback => (hear.scene = callback),
      onSelection: callback => (hear.selection = callback),
      hover: ref => other.setHover(ref ? (rows([ref])[0] ?? -1) : -1, mine),
      onHover: callback => (hear.hover = callback),
      onCommand: () => undefined
    }
  };
}

function refs(store: Store, rows: Iterable<number>): RefData[] {
  return store.table?.refsOf(new Set(rows)) ?? [];
}

/** The scene as the other view shows it now. */
function styled({ scene, representation, coloring, palette }: Store, layout: Layout): Scene | null {
  return scene && { ...scene, style: { ...scene.style, representation, coloring, palette, layout } };
}
