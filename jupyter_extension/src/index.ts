/** The mime extension: figures that outlive their kernel. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { FigureRenderer } from './figure';

const MIME = 'application/vnd.foldsight.view+json';

/** Before the widget's own renderer (-10): ours shows the live widget where there is one. */
const RANK = -20;

const figures: IRenderMime.IExtension = {
  id: '@foldsight/lab:figures',
  description: 'Shows FoldSight views: live while their kernel runs, from the notebook afterwards.',
  rendererFactory: { safe: true, mimeTypes: [MIME], createRenderer: () => new FigureRenderer(MIME) },
  rank: RANK,
  dataType: 'json'
};

export default figures;
