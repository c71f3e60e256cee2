/** What a command is about, where it comes from the palette and nobody has said. */
import { InputDialog, Notification } from '@jupyterlab/apputils';
import type { Bundle } from '@jupyterlab/translation';
import { describe } from '../../widgets/js/src/job';
import type { LabJob } from './api';
import type { Jobs } from './jobs';

/** Let the reader choose one of the jobs that fit; null when there is none, or none was chosen. */
export async function chooseJob(jobs: Jobs, fits: (job: LabJob) => boolean, title: string, words: Bundle): Promise<string | null> {
  await jobs.refresh();
  const offered = jobs.list.filter(fits);
  if (!offered.length) {
    Notification.info(`${title} ${words.__('There is no such job.')}`, { autoClose: 5000 });
    return null;
  }
  // Two jobs may have one name: the numbers tell them apart.
  const items = offered.map((job, i) => `${i + 1}. ${job.name}, ${describe(job)}`);
  const { button, value } = await InputDialog.getItem({ title, label: words.__('Job'), items, okLabel: words.__('OK') });
  return button.accept && value ? (offered[items.indexOf(value)]?.id ?? null) : null;
}

/** Let the reader name an entry; null when none was named. */
export async function chooseEntry(title: string, words: Bundle): Promise<string | null> {
  const { button, value } = await InputDialog.getText({
    title, label: words.__('Entry, such as pdb:1HPV, afdb:P04637 or library:1hpv'), okLabel: words.__('Open')
  });
  return (button.accept && value?.trim()) || null;
}
