/** The module each StructureView instance carries: it finds the engine and hands it the comm. */
import { askKernel } from './asking';
import { Listening, type Message, type MessageHandler, type WidgetModel } from './comm';
import type { Host } from './host';
import { loadEngine } from './loader';
import type { KernelDocument } from './room/kernel';
import type { RefData, Scene } from './scene';
import { __ } from './words';

function hostOf(model: WidgetModel, listening: Listening): Host {
  return {
    scene: () => model.get('scene') as Scene | null,
    selection: () => model.get('selection') as RefData[],
    select(refs) {
      model.set('selection', refs);
      model.save_changes();
    },
    onScene: callback => listening.on('change:scene', callback),
    onSelection: callback => listening.on('change:selection', callback),
    frame: {
      get: () => model.get('frame') as number,
      set(frame) {
        model.set('frame', frame);
        model.save_changes();
      },
      onChange: callback => listening.on('change:frame', callback)
    },
    hover: ref => model.send({ type: 'hover', residue: ref }),
    onHover(callback) {
      const told: MessageHandler = message => {
        if (message.type === 'hover') callback(message.residue ?? null);
      };
      listening.on('msg:custom', told);
    },
    onCommand(run) {
      const answer: MessageHandler = ({ type, id, name, args }: Message) => {
        if (type !== 'command' || !name) return;
        run({ name, args: args ?? {} }).then(
          ({ value, buffer }) => model.send({ type: 'reply', id, value }, undefined, buffer ? [buffer] : []),
          error => model.send({ type: 'reply', id, error: String(error?.message ?? error) }));
      };
      listening.on('msg:custom', answer);
    },
    notes: {
      room: () => (model.get('room') as string | undefined) ?? '',
      document: () => (model.get('notes') as KernelDocument | undefined) ?? null,
      onDocument: callback => {
        listening.on('change:notes', callback);
        listening.on('change:room', callback);
      },
      ask: (deed, args) => model.send({ type: 'note', deed, args })
    },
    keepPicture: png => model.send({ type: 'picture' }, undefined, [png])
  };
}

export default {
  async render({ model, el }: { model: WidgetModel; el: HTMLElement }): Promise<() => void> {
    const listening = new Listening(model);
    const note = document.createElement('div');
    note.textContent = __('Loading the structure view…');
    el.append(note);
    try {
      const engine = await loadEngine(() => askKernel(model));
      note.remove();
      const unmount = engine.mount(el, hostOf(model, listening));
      return () => {
        listening.stop();
        unmount();
      };
    } catch (error) {
      note.textContent = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }
};
