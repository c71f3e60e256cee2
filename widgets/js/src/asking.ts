/** How a widget asks its kernel for the engine, where no server can serve it. */
import { Listening, type MessageHandler, type WidgetModel } from './comm';

const ENGINE_MS = 60_000;

export function askKernel(model: WidgetModel): Promise<BlobPart> {
  const listening = new Listening(model);
  return new Promise<BlobPart>((resolve, reject) => {
    const answer: MessageHandler = (message, buffers) => {
      if (message.type === 'engine') resolve(buffers[0] as unknown as BlobPart);
    };
    listening.on('msg:custom', answer);
    model.send({ type: 'engine' });
    setTimeout(() => reject(new Error('The kernel did not send the viewer. Is it busy? Show the view again.')), ENGINE_MS);
  }).finally(() => listening.stop());
}
