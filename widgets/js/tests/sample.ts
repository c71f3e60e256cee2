import type { Scene, StructureData } from '../src/scene';

/** Two chains of three residues: A:10, A:11, A:14A and B:1-3. */
export function structure(id = 'one'): StructureData {
  return {
    id, name: id, format: 'mmcif', digest: id, data: new DataView(new ArrayBuffer(0)),
    residues: {
      chains: [{ auth: 'A', label: 'A' }, { auth: 'B', label: 'C' }],
      chain: [0, 0, 0, 1, 1, 1], label_seq: [1, 2, 3, 1, 2, 3], auth_seq: [10, 11, 14, 1, 2, 3],
      ins_code: ['', '', 'A', '', '', ''], name: ['ALA', 'GLY', 'SER', 'ALA', 'GLY', 'SER'],
      letter: 'AGSAGS', uniprot: [null, 5, null, null, null, null]
    },
    colorings: [
      {
        id: 'confidence', label: 'pLDDT', title: 'pLDDT', entries: ['high', 'low'], classes: [0, 0, 1, -1, 1, 0],
        values: [95, 91.25, 40, null, 30, 99], palettes: { alphafold: ['#0053D6', '#FF7D45'], safe: ['#2166AC', '#B35806'] }, limits: null
      },
      { id: 'secondary', label: 'Secondary structure', title: 'S', entries: ['Helix', 'Coil'], classes: null, values: null, palettes: { standard: ['#E0457B', '#B8BCC4'] }, limits: null }
    ],
    pae: null
  };
}

export function scene(...structures: StructureData[]): Scene {
  return {
    version: 2, title: 'test', structures: structures.length ? structures : [structure()],
    style: { representation: 'cartoon', coloring: 'confidence', palette: 'alphafold', height: 400, strip: true, layout: 'structure' }, marks: []
  };
}
