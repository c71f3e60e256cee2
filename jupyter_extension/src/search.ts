/** The search panel and the commands that open what it finds. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import { CATEGORY, COMMANDS } from './ids';
import { SearchPanel } from './search_panel';

const icon = new LabIcon({
  name: 'foldsight:search',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><g fill="none" stroke-linecap="round" stroke-width="1.8">' +
    '<circle cx="7" cy="7" r="5" class="jp-icon3" stroke="#616161"/><path d="m11 11 3.5 3.5" class="jp-icon3" stroke="#616161"/>' +
    '<path d="M4.6 8.6c1.6 1 2-.6 2.2-1.8s.8-2.4 2.4-1.2" stroke="#65CBF3"/></g></svg>'
});

export const search: JupyterFrontEndPlugin<void> = {
  id: '@foldsight/lab:search',
  description: 'Search in the PDB, UniProt, AlphaFold DB, the library and projects.',
  autoStart: true,
  optional: [ILayoutRestorer, ICommandPalette, ILauncher, ITranslator],
  activate(
    app: JupyterFrontEnd, restorer: ILayoutRestorer | null, palette: ICommandPalette | null,
    launcher: ILauncher | null, translator: ITranslator | null
  ) {
    const words = (translator ?? nullTranslator).load('foldsight');
    const panel = new SearchPanel(app.commands, words);
    (panel.title as { icon: unknown }).icon = icon;
    app.shell.add(panel, 'left', { rank: 551 });
    restorer?.add(panel, panel.id);
    app.commands.addCommand(COMMANDS.search, {
      label: words.__('Search for structures'), caption: words.__('PDB, UniProt, AlphaFold DB, library and projects'), icon: icon as never,
      describedBy: { args: { type: 'object', properties: { where: { type: 'string', description: 'pdb, uniprot, afdb, library or projects' } } } },
      execute: args => {
        if (args.where) panel.choose(String(args.where));
        app.shell.activateById(panel.id);
      }
    });
    palette?.addItem({ command: COMMANDS.search, category: CATEGORY });
    launcher?.add({ command: COMMANDS.search, category: CATEGORY, rank: 2 });
  }
};
