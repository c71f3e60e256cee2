/** The prediction form: paste or drop FASTA, see at once what is wrong or what it costs. */
import { Widget } from '@lumino/widgets';
import type { Bundle } from '@jupyterlab/translation';
import { api, type EngineInfo, type FoldRequest } from './api';
import { make } from './dom';
import { parseFasta, residueCount, type FastaRecord } from './fasta';

/** Wait this long after the last key before asking the server. */
const PAUSE_MS = 350;
/** More records than this are a batch, for which there is a command line. */
const MOST = 50;

let forms = 0;

export class FoldForm extends Widget {
  /** Several forms may be open: labels must find the fields of their own. */
  private readonly ids = `fsl-form-${++forms}`;
  private readonly text = make('textarea', 'fsl-text jp-mod-styled', {
    id: `${this.ids}-sequence`, rows: '12', spellcheck: 'false', 'aria-describedby': `${this.ids}-verdict`,
    placeholder: '>…\nMKTAYIAKQR…'
  });
  private readonly engine = make('select', 'jp-mod-styled fsl-engine', { id: `${this.ids}-engine` });
  private readonly about = make('p', 'fsl-about');
  private readonly verdict = make('ul', 'fsl-verdict', { id: `${this.ids}-verdict`, 'aria-live': 'polite' });
  private readonly submit = make('button', 'jp-mod-styled jp-mod-accept', { type: 'submit' });
  private engines: EngineInfo[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;
  private good: FoldRequest[] = [];

  constructor(private readonly words: Bundle, private readonly done: (names: string[]) => void) {
    super();
    this.addClass('fsl-form');
    this.submit.textContent = words.__('Fold');
    this.submit.disabled = true;
    const form = make('form', '', { 'aria-label': words.__('Fold a sequence') },
      make('h2', '', {}, words.__('Fold a sequence')),
      make('label', '', { for: this.text.id }, words.__('Sequences (FASTA; chains of a complex joined by “:”)')), this.text, this.verdict,
      make('label', '', { for: this.engine.id }, words.__('Engine')), this.engine, this.about, this.submit);
    this.node.append(form);
    form.addEventListener('submit', event => void this.send(event));
    this.text.addEventListener('input', () => this.soon());
    this.engine.addEventListener('change', () => this.soon());
    this.text.addEventListener('dragover', event => event.preventDefault());
    this.text.addEventListener('drop', event => void this.drop(event));
    void this.fillEngines();
  }

  protected onActivateRequest(): void {
    this.text.focus();
  }

  private async fillEngines(): Promise<void> {
    const auto = make('option', '', { value: 'auto' }, this.words.__('Automatic: the best that can run'));
    this.engine.replaceChildren(auto);
    try {
      this.engines = await api.engines();
    } catch (error) {
      this.about.textContent = error instanceof Error ? error.message : String(error);
      return;
    }
    this.engine.append(...this.engines.map(e => {
      const option = make('option', '', { value: e.id }, e.ready ? e.title : `${e.title} (${this.words.__('not ready')})`);
      option.disabled = !e.ready;
      option.title = e.reason ?? '';
      return option;
    }));
  }

  private async drop(event: DragEvent): Promise<void> {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    this.text.value = await file.text();
    this.soon();
  }

  /** Begin with a sequence that comes from elsewhere. */
  fill(text: string): void {
    this.text.value = text;
    this.soon();
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.submit.disabled = true;
    this.timer = setTimeout(() => void this.check(), PAUSE_MS);
  }

  /** Ask the server about each record; an answer to older text is dropped. */
  private async check(): Promise<void> {
    const number = ++this.asked;
    const records = parseFasta(this.text.value);
    const chosen = this.engines.find(e => e.id === this.engine.value);
    this.about.textContent = chosen && chosen.sends !== 'nothing' && chosen.sends ? `${this.words.__('Leaves this machine')}: ${chosen.sends}` : '';
    this.good = [];
    if (records.length > MOST) return this.tell([[false,
      this.words.__('%1 records are too many for this form; at most %2. Use foldsight fold for a batch.', String(records.length), String(MOST))]]);
    const answers = await Promise.all(records.map(record => this.ask(record)));
    if (number !== this.asked) return;
    this.tell(answers.map(a => [a.ok, a.words]));
    this.good = answers.flatMap(a => (a.ok ? [a.request] : []));
    this.submit.disabled = !this.good.length || this.good.length < records.length;
    this.submit.textContent = this.good.length > 1 ? `${this.words.__('Fold')} ${this.good.length}` : this.words.__('Fold');
  }

  private async ask(record: FastaRecord): Promise<{ ok: boolean; words: string; request: FoldRequest }> {
    const request = { ...record, engine: this.engine.value || 'auto' };
    const head = `${this.words.__('%1, %2 residues', record.name, String(residueCount(record)))}: `;
    try {
      const forecast = await api.forecast(request);
      return { ok: forecast.allowed, words: head + (forecast.allowed ? price(forecast, this.words) : forecast.reason), request };
    } catch (error) {
      return { ok: false, words: head + (error instanceof Error ? error.message : String(error)), request };
    }
  }

  private tell(lines: [boolean, string][]): void {
    this.verdict.replaceChildren(...lines.map(([ok, words]) => make('li', ok ? 'fsl-good' : 'fsl-bad', {}, words)));
    this.text.setAttribute('aria-invalid', String(lines.some(([ok]) => !ok)));
  }

  private async send(event: Event): Promise<void> {
    event.preventDefault();
    this.submit.disabled = true;
    const sent: string[] = [];
    try {
      for (const request of [...this.good]) {
        await api.submit(request);
        sent.push(request.name);
      }
      this.text.value = '';
      this.good = [];
      this.submit.textContent = this.words.__('Fold');
      this.tell([[true, `${this.words.__('Queued')}: ${sent.join(', ')}`]]);
    } catch (error) {
      this.tell([[false, error instanceof Error ? error.message : String(error)]]);
    }
    if (sent.length) this.done(sent);
  }
}

function price(forecast: { cost: number; left: number | null; position: number; cached: boolean }, words: Bundle): string {
  if (forecast.cached) return words.__('known already, at no cost');
  const cost = forecast.cost ? words._n('costs %1 prediction', 'costs %1 predictions', forecast.cost, String(forecast.cost)) : words.__('free');
  const left = forecast.left === null ? '' : `, ${words.__('%1 left', String(forecast.left))}`;
  const place = forecast.position ? words.__('%1 before it in the queue', String(forecast.position)) : words.__('starts at once');
  return `${cost}${left}; ${place}`;
}
