/** The module that each MolViewSpecView carries. */
import { askKernel } from './asking';
import type { WidgetModel } from './comm';
import { loadEngine } from './loader';
import type { MvsScene } from './mol/mvs';
import { __ } from './words';

export default {
  async render({ model, el }: { model: WidgetModel; el: HTMLElement }): Promise<() => void> {
    const note = document.createElement('div');
    note.textContent = __('Loading the scene…');
    el.append(note);
    try {
      const engine = await loadEngine(() => askKernel(model));
      note.remove();
      return engine.mountMvs(el, model.get('scene') as MvsScene, model.get('height') as number);
    } catch (error) {
      note.textContent = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }
};
