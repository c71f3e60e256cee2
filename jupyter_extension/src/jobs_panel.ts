/** The left panel: the reader's jobs, newest first. */
import type { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import type { Bundle } from '@jupyterlab/translation';
import { describe, elapsed, isOver, shownState } from '../../widgets/js/src/job';
import type { LabJob } from './api';
import { make } from './dom';
import { COMMANDS } from './ids';
import { hasResult, Jobs } from './jobs';

export class JobsPanel extends Widget {
  private readonly body = make('div', 'fsl-jobs', { role: 'list' });
  private readonly fault = make('p', 'fsl-fault', { role: 'status' });

  constructor(private readonly jobs: Jobs, private readonly commands: CommandRegistry, private readonly words: Bundle) {
    super();
    this.id = 'foldsight-jobs';
    this.addClass('fsl-panel');
    this.title.caption = words.__('FoldSight jobs');
    this.body.setAttribute('aria-label', words.__('Jobs'));
    const fold = make('button', 'jp-mod-styled jp-mod-accept', { type: 'button' }, words.__('Fold…'));
    fold.addEventListener('click', () => void commands.execute(COMMANDS.fold));
    const refresh = make('button', 'jp-mod-styled', { type: 'button' }, words.__('Refresh'));
    refresh.addEventListener('click', () => void jobs.refresh());
    this.node.append(make('div', 'fsl-head', {}, fold, refresh), this.fault, this.body);
    jobs.changed.connect(() => this.render());
    this.render();
  }

  protected onAfterShow(): void {
    void this.jobs.refresh();
  }

  private render(): void {
    this.fault.textContent = this.jobs.fault;
    this.fault.hidden = !this.jobs.fault;
    const focused = this.node.contains(document.activeElement) ? document.activeElement?.getAttribute('data-key') : null;
    const items = this.jobs.list.map(job => this.item(job));
    if (!items.length) items.push(make('p', 'fsl-none', { role: 'listitem' }, this.words.__('No jobs yet. Paste a sequence to begin.')));
    this.body.replaceChildren(...items);
    if (focused) this.node.querySelector<HTMLElement>(`[data-key="${focused}"]`)?.focus();
  }

  private item(job: LabJob): HTMLElement {
    const percent = Math.round(job.progress * 100);
    const bar = make('div', 'fsl-bar', {
      role: 'progressbar', 'aria-label': `${job.name}`, 'aria-valuemin': '0', 'aria-valuemax': '100', 'aria-valuenow': String(percent)
    }, make('div'));
    (bar.firstChild as HTMLElement).style.width = `${percent}%`;
    const item = make('div', 'fsl-job', { role: 'listitem', 'data-state': shownState(job), 'data-job': job.id },
      make('div', 'fsl-line', {}, make('span', 'fsl-name', { title: job.name }, job.name), make('span', 'fsl-time', {}, elapsed(job, Date.now()))),
      make('div', 'fsl-state', {}, describe(job)));
    if (!isOver(job)) item.append(bar);
    const words = job.error ? [job.error.message, job.error.hint].filter(Boolean).join(' ') : (isOver(job) ? '' : job.message);
    if (words) item.append(make('div', 'fsl-message', {}, words));
    const actions = make('div', 'fsl-actions', {}, ...this.actions(job));
    if (actions.childElementCount) item.append(actions);
    return item;
  }

  private actions(job: LabJob): HTMLElement[] {
    const found: HTMLElement[] = [];
    if (!isOver(job)) found.push(this.action(job, COMMANDS.cancel, this.words.__('Cancel')));
    if (Jobs.canRetry(job)) found.push(this.action(job, COMMANDS.retry, this.words.__('Try again')));
    if (hasResult(job)) found.push(this.action(job, COMMANDS.openJob, this.words.__('Open')));
    return found;
  }

  private action(job: LabJob, command: string, label: string): HTMLElement {
    const attributes = { type: 'button', 'aria-label': `${label}: ${job.name}`, 'data-key': `${command}/${job.id}` };
    const button = make('button', 'jp-mod-styled fsl-small', attributes, label);
    button.addEventListener('click', () => {
      button.disabled = true;
      void this.commands.execute(command, { job: job.id });
    });
    return button;
  }
}
