/** Pictures of what is on screen, at any size. */
import type { PluginContext } from 'molstar/lib/mol-plugin/context.js';
import { Task } from 'molstar/lib/mol-task/index.js';
import { EFFECTS, FINE_EDGES } from './plugin';

export interface PictureOptions {
  width: number;
  height: number;
  transparent?: boolean;
}

/** Mol*'s own screenshot helper takes minutes in software; one pass of ours takes a second. */
export async function pngOf(plugin: PluginContext, options: PictureOptions): Promise<Blob> {
  const canvas = plugin.canvas3d!;
  const pass = canvas.getImagePass({
    transparentBackground: !!options.transparent,
    multiSample: { ...canvas.props.multiSample, mode: 'off' },
    postprocessing: { ...canvas.props.postprocessing, ...EFFECTS, antialiasing: FINE_EDGES }
  } as never);
  const image = await plugin.runTask(
    Task.create('picture', ctx => pass.getImageData(ctx, options.width, options.height)));
  const page = document.createElement('canvas');
  page.width = options.width;
  page.height = options.height;
  page.getContext('2d')!.putImageData(image as ImageData, 0, 0);
  return new Promise((resolve, reject) =>
    page.toBlob(blob => (blob ? resolve(blob) : reject(new Error('The picture could not be encoded.'))), 'image/png'));
}
