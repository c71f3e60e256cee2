/** A scene that was made elsewhere, in a stage of ours: it shares the page's places for 3D. */
import { drawMvs, type MvsScene } from '../mol/mvs';
import { ensureStyle, isDark, watchTheme } from '../theming';
import { make } from './dom';
import { Stage } from './stage';
import { __ } from '../words';

export function mountMvsView(parent: HTMLElement, scene: MvsScene, height: number): () => void {
  const root = make('div', 'foldsight-view', { 'data-state': 'waiting', 'data-layout': 'mvs' });
  const stage = new Stage({
    fill: viewer => drawMvs(viewer.plugin, scene),
    changed: state => (root.dataset.state = state)
  });
  stage.legend.hidden = true;
  stage.element.setAttribute('aria-label', __('3D scene %1', scene.name));
  stage.element.style.flex = '1';
  root.style.height = `${height}px`;
  root.append(stage.element);
  const themed = () => (root.dataset.theme = isDark() ? 'dark' : 'light');
  parent.append(root);
  ensureStyle(root);
  const unwatch = watchTheme(themed);
  themed();
  (root as HTMLElement & { stage?: Stage }).stage = stage;
  return () => {
    unwatch();
    stage.dispose();
    root.remove();
  };
}
