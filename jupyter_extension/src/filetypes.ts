/** File types of structures, with the names that people know them by. */

export const ICON = {
  name: 'foldsight:structure',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><g fill="none" stroke-linecap="round" stroke-width="2">' +
    '<path stroke="#65CBF3" d="M2 12c3 2 4-1 4-4s1-6 4-4"/><path stroke="#0053D6" class="jp-icon-selectable" d="M6 12c3 2 4-1 4-4s1-6 4-4"/></g></svg>'
};

export interface StructureType {
  name: string;
  displayName: string;
  extensions: string[];
  mimeTypes: string[];
  fileFormat: 'text' | 'base64';
}

function text(name: string, displayName: string, extensions: string[], mime: string): StructureType {
  return { name, displayName, extensions, mimeTypes: [mime], fileFormat: 'text' };
}

export const FILE_TYPES: StructureType[] = [
  text('foldsight-pdb', 'PDB structure', ['.pdb', '.ent'], 'chemical/x-pdb'),
  text('foldsight-mmcif', 'mmCIF structure', ['.cif', '.mmcif'], 'chemical/x-mmcif'),
  {
    name: 'foldsight-bcif', displayName: 'BinaryCIF structure', extensions: ['.bcif'],
    mimeTypes: ['chemical/x-bcif'], fileFormat: 'base64'
  },
  {
    name: 'foldsight-project', displayName: 'FoldSight file', extensions: ['.foldsight'],
    mimeTypes: ['application/vnd.foldsight'], fileFormat: 'base64'
  },
  text('foldsight-mvsj', 'MolViewSpec scene', ['.mvsj'], 'application/vnd.molviewspec+json'),
  {
    name: 'foldsight-mvsx', displayName: 'MolViewSpec archive', extensions: ['.mvsx'],
    mimeTypes: ['application/vnd.molviewspec+zip'], fileFormat: 'base64'
  }
];
