/** The plugins of JupyterLab: files, jobs, the form, and the commands that lead to them. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, type MainAreaWidget, Notification, WidgetTracker } from '@jupyterlab/apputils';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { ILauncher } from '@jupyterlab/launcher';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator, type Bundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { isOver, shownState, stateWords } from '../../widgets/js/src/job';
import type { SavedView } from '../../widgets/js/src/saved';
import { speak } from '../../widgets/js/src/words';
import { api, type LabJob } from './api';
import { chooseEntry, chooseJob } from './choosing';
import { StructureFactory, type StructurePane } from './documents';
import { make } from './dom';
import { FILE_TYPES } from './filetypes';
import { follow } from './follow';
import { FoldForm } from './form';
import { icon } from './icon';
import { CATEGORY, COMMANDS, FACTORY } from './ids';
import { hasResult, Jobs } from './jobs';
import { JobsPanel } from './jobs_panel';
import css from './lab.css';
import { Tabs } from './results';
import { search } from './search';
import { options, settings } from './settings';
import { tour } from './tour';

const NO_ARGS = { type: 'object', properties: {} };
const FOLD_ARGS = {
  type: 'object', properties: {
    fasta: { type: 'string', description: 'What the form begins with' },
    entry: { type: 'string', description: 'An entry whose sequence it begins with, such as uniprot:P04637' }
  }
};
const shownArgs = (name: string, description: string) => ({
  type: 'object', properties: { [name]: { type: 'string', description }, title: { type: 'string', description: 'Title of the tab' } }
});
const JOB_ARGS = { type: 'object', properties: { job: { type: 'string', description: 'The id of the job; the reader is asked where it is left out' } } };

const documents: JupyterFrontEndPlugin<void> = {
  id: '@foldsight/lab:documents',
  description: 'Opens structure files in the FoldSight workbench.',
  autoStart: true,
  optional: [ILayoutRestorer, ICommandPalette, ITranslator],
  activate(app: JupyterFrontEnd, restorer: ILayoutRestorer | null, palette: ICommandPalette | null, translator: ITranslator | null) {
    const words = (translator ?? nullTranslator).load('foldsight');
    speak(words);
    for (const type of FILE_TYPES) app.docRegistry.addFileType({ ...type, icon });
    const names = FILE_TYPES.map(type => type.name);
    const factory = new StructureFactory({
      name: FACTORY, label: 'FoldSight', modelName: 'base64', fileTypes: names, defaultFor: names, readOnly: true
    }, words);
    const tracker = new WidgetTracker<DocumentWidget<StructurePane>>({ namespace: 'foldsight-structures' });
    factory.widgetCreated.connect((_, widget) => {
      (widget.title as { icon: unknown }).icon = icon;
      widget.context.pathChanged.connect(() => void tracker.save(widget));
      void tracker.add(widget);
    });
    app.docRegistry.addWidgetFactory(factory);
    void restorer?.restore(tracker, {
      command: 'docmanager:open', name: (w: DocumentWidget<Widget>) => w.context.path,
      args: (w: DocumentWidget<Widget>) => ({ path: w.context.path, factory: FACTORY })
    });
    app.commands.addCommand(COMMANDS.open, {
      label: words.__('Open a structure file…'), caption: words.__('Open a structure file in the workbench'), icon: icon as never,
      describedBy: { args: { type: 'object', properties: { path: { type: 'string', description: 'Path of the file' } } } },
      execute: args => args.path
        ? app.commands.execute('docmanager:open', { path: args.path, factory: FACTORY })
        : app.commands.execute('filebrowser:open-path', {})
    });
    palette?.addItem({ command: COMMANDS.open, category: CATEGORY });
  }
};

const work: JupyterFrontEndPlugin<void> = {
  id: '@foldsight/lab:jobs',
  description: 'The queue: status, panel, prediction form and their commands.',
  autoStart: true,
  optional: [ILayoutRestorer, ICommandPalette, ILauncher, IStatusBar, ITranslator],
  activate(
    app: JupyterFrontEnd, restorer: ILayoutRestorer | null, palette: ICommandPalette | null,
    launcher: ILauncher | null, status: IStatusBar | null, translator: ITranslator | null
  ) {
    addStyle();
    const words = (translator ?? nullTranslator).load('foldsight');
    const jobs = new Jobs(words);
    const tabs = new Tabs(app, restorer, words);
    const panel = new JobsPanel(jobs, app.commands, words);
    (panel.title as { icon: unknown }).icon = icon;
    app.shell.add(panel, 'left', { rank: 550 });
    restorer?.add(panel, panel.id);
    addCommands(app, jobs, panel, words);
    addOpeners(app, jobs, tabs, words);
    const { fold, show, cancel, retry, openJob, openEntry, openStructure } = COMMANDS;
    for (const command of [fold, show, cancel, retry, openJob, openEntry, openStructure]) palette?.addItem({ command, category: CATEGORY });
    launcher?.add({ command: COMMANDS.fold, category: CATEGORY, rank: 1 });
    status?.registerStatusItem('@foldsight/lab:queue', { item: statusItem(jobs, app, words), align: 'left', rank: 20 });
    jobs.finished.connect((_, job) => {
      const said = `${job.name}: ${stateWords(job)}`;
      if (job.state === 'done' && options.current.notify) Notification.success(said, { autoClose: 5000 });
      if (shownState(job) === 'refused') Notification.warning(`${said}. ${job.error?.message ?? ''}`, { autoClose: false });
      else if (job.state === 'failed') Notification.error(`${said}. ${job.error?.message ?? ''}`, { autoClose: false });
    });
    void app.restored.then(() => jobs.refresh());
  }
};

function addCommands(app: JupyterFrontEnd, jobs: Jobs, panel: JobsPanel, words: Bundle): void {
  const { commands } = app;
  commands.addCommand(COMMANDS.show, {
    label: words.__('Show jobs'), caption: words.__('Show the queue of predictions'), describedBy: { args: NO_ARGS },
    execute: () => app.shell.activateById(panel.id)
  });
  onJob(app, jobs, words, COMMANDS.cancel, words.__('Cancel a job…'), job => !isOver(job), id => jobs.cancel(id));
  onJob(app, jobs, words, COMMANDS.retry, words.__('Try a job again…'), Jobs.canRetry, id => jobs.retry(id));
}

/** A command on one job: the one that it is given, else one that the reader chooses. */
function onJob(
  app: JupyterFrontEnd, jobs: Jobs, words: Bundle, command: string, label: string,
  fits: (job: LabJob) => boolean, act: (id: string, args: { title?: unknown }) => unknown
): void {
  app.commands.addCommand(command, {
    label, describedBy: { args: JOB_ARGS }, execute: async args => {
      const id = args.job ? String(args.job) : await chooseJob(jobs, fits, label, words);
      if (id === null) return undefined;
      try {
        return await act(id, args);
      } catch (error) {
        return void Notification.error(error instanceof Error ? error.message : String(error), { autoClose: false });
      }
    }
  });
}

/** The commands that open a tab; each is run again when the layout is restored. */
function addOpeners(app: JupyterFrontEnd, jobs: Jobs, tabs: Tabs, words: Bundle): void {
  const { commands } = app;
  commands.addCommand(COMMANDS.fold, {
    label: words.__('Fold a sequence'), caption: words.__('Predict a structure from a sequence'), icon: icon as never,
    describedBy: { args: FOLD_ARGS }, execute: args => showForm(app, jobs, tabs, words, args)
  });
  onJob(app, jobs, words, COMMANDS.openJob, words.__('Open the result of a job…'), hasResult, (id, args) => {
    const title = jobs.list.find(one => one.id === id)?.name ?? String(args.title ?? id);
    return tabs.structure(title, { command: COMMANDS.openJob, args: { job: id, title } }, () => api.result(id));
  });
  const opener = (
    command: string, name: string, label: string, about: string, fetch: (id: string) => Promise<SavedView>, ask: () => Promise<string | null>
  ) => commands.addCommand(command, {
    label, describedBy: { args: shownArgs(name, about) }, execute: async args => {
      const id = args[name] ? String(args[name]) : await ask();
      if (id === null) return undefined;
      const title = String(args.title ?? id);
      return tabs.structure(title, { command, args: { [name]: id, title } }, () => fetch(id));
    }
  });
  const entry = words.__('Open an entry of a database…');
  opener(COMMANDS.openEntry, 'entry', entry, 'Such as pdb:1HPV or afdb:P04637', api.entry, () => chooseEntry(entry, words));
  // Structures of projects are found by words, not by an id that one knows.
  opener(COMMANDS.openStructure, 'structure', words.__('Open a structure of a project…'), 'The id of the structure', api.structure,
    async () => commands.execute(COMMANDS.search, { where: 'projects' }).then(() => null));
}

async function showForm(
  app: JupyterFrontEnd, jobs: Jobs, tabs: Tabs, words: Bundle, args: { fasta?: unknown; entry?: unknown }
): Promise<Widget> {
  const entry = typeof args.entry === 'string' ? await api.sequence(args.entry) : null;
  const text = entry ? `>${entry.name}\n${entry.sequence}\n` : String(args.fasta ?? '');
  const form = tabs.show(words.__('Fold a sequence'), { command: COMMANDS.fold, args: {} }, () => new FoldForm(words, () => {
    void jobs.refresh();
    app.shell.activateById('foldsight-jobs');
  })) as MainAreaWidget<FoldForm>;
  if (text) form.content.fill(text);
  return form;
}

function statusItem(jobs: Jobs, app: JupyterFrontEnd, words: Bundle): Widget {
  const item = new Widget();
  item.addClass('fsl-status-item');
  const button = make('button', 'fsl-status', { type: 'button', title: words.__('Show the queue of predictions') });
  button.addEventListener('click', () => void app.commands.execute(COMMANDS.show));
  item.node.append(button);
  const show = () => (button.textContent = jobs.summary());
  jobs.changed.connect(show);
  show();
  return item;
}

function addStyle(): void {
  const style = document.createElement('style');
  style.textContent = css;
  document.head.append(style);
}

export default [settings, documents, work, search, follow, tour];
