/** File types of structures, with the names that people know them by. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

const ICON: IRenderMime.LabIcon.IResolvable = {
  name: 'foldsight:structure',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><g fill="none" stroke-linecap="round" stroke-width="2">' +
    '<path stroke="#65CBF3" d="M2 12c3 2 4-1 4-4s1-6 4-4"/><path stroke="#0053D6" class="jp-icon-selectable" d="M6 12c3 2 4-1 4-4s1-6 4-4"/></g></svg>'
};

function text(name: string, displayName: string, extensions: string[], mime: string): IRenderMime.IFileType {
  return { name, displayName, extensions, mimeTypes: [mime], fileFormat: 'text', icon: ICON };
}

export const FILE_TYPES: IRenderMime.IFileType[] = [
  text('foldsight-pdb', 'PDB structure', ['.pdb', '.ent'], 'chemical/x-pdb'),
  text('foldsight-mmcif', 'mmCIF structure', ['.cif', '.mmcif'], 'chemical/x-mmcif'),
  {
    name: 'foldsight-bcif', displayName: 'BinaryCIF structure', extensions: ['.bcif'],
    mimeTypes: ['chemical/x-bcif'], fileFormat: 'base64', icon: ICON
  }
];
