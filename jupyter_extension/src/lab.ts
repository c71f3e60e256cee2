/** The plugins of JupyterLab: files, jobs, the form, and the commands that lead to them. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, Notification, WidgetTracker } from '@jupyterlab/apputils';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { ILauncher } from '@jupyterlab/launcher';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator, type Bundle } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import { shownState } from '../../widgets/js/src/job';
import { api } from './api';
import { StructureFactory, StructurePane } from './documents';
import { make } from './dom';
import { FILE_TYPES, ICON } from './filetypes';
import { FoldForm } from './form';
import { CATEGORY, COMMANDS, FACTORY } from './ids';
import { Jobs } from './jobs';
import { JobsPanel } from './jobs_panel';
import css from './lab.css';
import { tour } from './tour';

const icon = new LabIcon(ICON);
const NO_ARGS = { type: 'object', properties: {} };
const JOB_ARGS = { type: 'object', properties: { job: { type: 'string', description: 'The id of the job' } }, required: ['job'] };

const documents: JupyterFrontEndPlugin<void> = {
  id: '@foldsight/lab:documents',
  description: 'Opens structure files in the FoldSight workbench.',
  autoStart: true,
  optional: [ILayoutRestorer, ICommandPalette, ITranslator],
  activate(app: JupyterFrontEnd, restorer: ILayoutRestorer | null, palette: ICommandPalette | null, translator: ITranslator | null) {
    const words = (translator ?? nullTranslator).load('foldsight');
    for (const type of FILE_TYPES) app.docRegistry.addFileType({ ...type, icon });
    const names = FILE_TYPES.map(type => type.name);
    const factory = new StructureFactory({
      name: FACTORY, label: 'FoldSight', modelName: 'base64', fileTypes: names, defaultFor: names, readOnly: true
    });
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
    const jobs = new Jobs();
    const panel = new JobsPanel(jobs, app.commands, words);
    (panel.title as { icon: unknown }).icon = icon;
    app.shell.add(panel, 'left', { rank: 550 });
    restorer?.add(panel, panel.id);
    addCommands(app, jobs, panel, words);
    for (const command of [COMMANDS.fold, COMMANDS.show]) palette?.addItem({ command, category: CATEGORY });
    launcher?.add({ command: COMMANDS.fold, category: CATEGORY, rank: 1 });
    status?.registerStatusItem('@foldsight/lab:queue', { item: statusItem(jobs, app), align: 'left', rank: 20 });
    jobs.finished.connect((_, job) => {
      const said = `${job.name}: ${shownState(job)}`;
      if (job.state === 'done') Notification.success(said, { autoClose: 5000 });
      else if (shownState(job) === 'refused') Notification.warning(`${said}. ${job.error?.message ?? ''}`, { autoClose: false });
      else if (job.state === 'failed') Notification.error(`${said}. ${job.error?.message ?? ''}`, { autoClose: false });
    });
    void app.restored.then(() => jobs.refresh());
  }
};

function addCommands(app: JupyterFrontEnd, jobs: Jobs, panel: JobsPanel, words: Bundle): void {
  const { commands } = app;
  commands.addCommand(COMMANDS.fold, {
    label: words.__('Fold a sequence'), caption: words.__('Predict a structure from a sequence'), icon: icon as never,
    describedBy: { args: NO_ARGS }, execute: () => showForm(app, jobs, words)
  });
  commands.addCommand(COMMANDS.show, {
    label: words.__('Show jobs'), caption: words.__('Show the queue of predictions'), describedBy: { args: NO_ARGS },
    execute: () => app.shell.activateById(panel.id)
  });
  commands.addCommand(COMMANDS.cancel, {
    label: words.__('Cancel a job'), describedBy: { args: JOB_ARGS }, execute: args => jobs.cancel(String(args.job))
  });
  commands.addCommand(COMMANDS.retry, {
    label: words.__('Try a job again'), describedBy: { args: JOB_ARGS }, execute: args => jobs.retry(String(args.job))
  });
  commands.addCommand(COMMANDS.openJob, {
    label: words.__('Open the result of a job'), describedBy: { args: JOB_ARGS }, execute: args => showResult(app, jobs, String(args.job))
  });
}

function showForm(app: JupyterFrontEnd, jobs: Jobs, words: Bundle): Widget {
  const content = new FoldForm(words, () => {
    void jobs.refresh();
    app.shell.activateById('foldsight-jobs');
  });
  return addMain(app, content, words.__('Fold a sequence'));
}

function showResult(app: JupyterFrontEnd, jobs: Jobs, id: string): Widget {
  const job = jobs.list.find(one => one.id === id);
  return addMain(app, new StructurePane(() => api.result(id)), job?.name ?? id);
}

let opened = 0;

function addMain(app: JupyterFrontEnd, content: Widget, title: string): Widget {
  const main = new MainAreaWidget({ content });
  main.id = `foldsight-${++opened}`;
  main.title.label = title;
  main.title.closable = true;
  (main.title as { icon: unknown }).icon = icon;
  app.shell.add(main, 'main');
  app.shell.activateById(main.id);
  return main;
}

function statusItem(jobs: Jobs, app: JupyterFrontEnd): Widget {
  const item = new Widget();
  item.addClass('fsl-status-item');
  const button = make('button', 'fsl-status', { type: 'button', title: 'Show the queue of predictions' });
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

export default [documents, work, tour];
