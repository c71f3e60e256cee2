/** The module of JobProgress: one job as it runs, with a way to cancel it. Knows no Mol*. */
import { Listening, type WidgetModel } from './comm';
import { describe, elapsed, isOver, shownState, type Job } from './job';
import css from './progress.css';
import { __ } from './words';

function build(el: HTMLElement) {
  const add = (tag: string, className: string, parent: Element) => {
    const element = document.createElement(tag);
    element.className = className;
    parent.append(element);
    return element;
  };
  const style = document.createElement('style');
  style.textContent = css;
  const root = document.createElement('div');
  root.className = 'foldsight-job';
  el.append(style, root);
  const head = add('div', 'fsj-head', root);
  const track = add('div', 'fsj-track', root);
  return {
    root, track,
    name: add('span', 'fsj-name', head), state: add('span', 'fsj-state', head), time: add('span', 'fsj-time', head),
    cancel: add('button', 'fsj-cancel', head) as HTMLButtonElement,
    bar: add('div', 'fsj-bar', track), message: add('div', 'fsj-message', root)
  };
}

type Parts = ReturnType<typeof build>;

function show(parts: Parts, job: Job): void {
  const percent = Math.round((isOver(job) && job.state === 'done' ? 1 : job.progress) * 100);
  parts.root.dataset.state = shownState(job);
  parts.name.textContent = job.name;
  parts.name.setAttribute('title', job.name);
  parts.state.textContent = describe(job);
  parts.time.textContent = elapsed(job, Date.now());
  parts.bar.setAttribute('style', `width:${isOver(job) ? 100 : percent}%`);
  parts.track.setAttribute('aria-valuenow', String(percent));
  parts.message.textContent = job.error ? [job.error.message, job.error.hint].filter(Boolean).join(' ') : job.message;
  parts.cancel.hidden = isOver(job);
}

export default {
  render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
    const parts = build(el);
    const listening = new Listening(model);
    const job = () => model.get('job') as Job | Record<string, never>;
    const update = () => {
      const now = job();
      if ('state' in now) show(parts, now as Job);
    };
    parts.track.setAttribute('role', 'progressbar');
    parts.track.setAttribute('aria-label', __('Progress'));
    parts.track.setAttribute('aria-valuemin', '0');
    parts.track.setAttribute('aria-valuemax', '100');
    parts.message.setAttribute('role', 'status');
    parts.cancel.type = 'button';
    parts.cancel.textContent = __('Cancel');
    parts.cancel.addEventListener('click', () => {
      parts.cancel.disabled = true;
      parts.cancel.textContent = __('Cancelling…');
      model.send({ type: 'cancel' });
    });
    listening.on('change:job', update);
    const clock = setInterval(update, 1000);
    update();
    return () => {
      clearInterval(clock);
      listening.stop();
    };
  }
};
