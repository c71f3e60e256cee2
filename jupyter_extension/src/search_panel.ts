/** The left panel that searches: one box, the databases, this machine's library and the reader's projects. */
import type { Bundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { api } from './api';
import { make } from './dom';
import { hitOf, ownHit, REMOTE, type Hit, type Where } from './hits';
import { COMMANDS } from './ids';
import { options } from './settings';

export class SearchPanel extends Widget {
  private readonly box = make('input', 'jp-mod-styled fsl-query', { type: 'search', id: 'fsl-query', maxlength: '1000', autocomplete: 'off' });
  private readonly source = make('select', 'jp-mod-styled fsl-source');
  private readonly about = make('p', 'fsl-about', { id: 'fsl-search-about' });
  private readonly said = make('p', 'fsl-said', { role: 'status' });
  private readonly list = make('ul', 'fsl-hits');
  private asked = 0;

  constructor(private readonly commands: CommandRegistry, private readonly words: Bundle) {
    super();
    this.id = 'foldsight-search';
    this.addClass('fsl-panel');
    this.title.caption = words.__('FoldSight search');
    this.box.placeholder = words.__('Protein, gene, organism…');
    this.box.setAttribute('aria-label', words.__('Search for structures and sequences'));
    this.box.setAttribute('aria-describedby', this.about.id);
    this.source.setAttribute('aria-label', words.__('Where to search'));
    this.list.setAttribute('aria-label', words.__('Found'));
    const go = make('button', 'jp-mod-styled jp-mod-accept', { type: 'submit' }, words.__('Search'));
    const form = make('form', 'fsl-search', { role: 'search' }, make('div', 'fsl-search-line', {}, this.box, go), this.source, this.about);
    this.node.append(form, this.said, this.list);
    form.addEventListener('submit', event => {
      event.preventDefault();
      void this.search();
    });
    this.source.addEventListener('change', () => this.chosen());
    options.changed.connect(this.offer, this);
    this.offer();
  }

  protected onActivateRequest(): void {
    this.box.focus();
  }

  private get where(): Where {
    return this.source.value as Where;
  }

  /** The databases, without those that the reader wants nothing sent to. */
  private offer(): void {
    const { words } = this;
    const names: [Where, string][] = [
      ['pdb', words.__('PDB')], ['uniprot', words.__('UniProt')], ['afdb', words.__('AlphaFold DB')],
      ['library', words.__('Library of this machine')], ['projects', words.__('My projects')]
    ];
    const before = this.source.value;
    const offered = names.filter(([id]) => !options.current.offline || !REMOTE.includes(id));
    this.source.replaceChildren(...offered.map(([value, name]) => make('option', '', { value }, name)));
    this.source.value = offered.some(([id]) => id === before) ? before : offered[0][0];
    this.chosen();
  }

  /** Search there from now on, if that is offered. */
  choose(where: string): void {
    if (![...this.source.options].some(option => option.value === where)) return;
    this.source.value = where;
    this.chosen();
  }

  private chosen(): void {
    const { words } = this;
    this.about.textContent = REMOTE.includes(this.where)
      ? words.__('The words are sent to %1.', this.source.selectedOptions[0]?.textContent ?? '')
      : words.__('Nothing leaves the server.');
  }

  /** Search; an answer to an older question is dropped. */
  async search(): Promise<void> {
    const number = ++this.asked;
    const { where, words } = this;
    this.said.classList.remove('fsl-bad');
    this.said.textContent = words.__('Searching…');
    this.list.replaceChildren();
    try {
      const [hits, told] = await this.find(where, this.box.value);
      if (number !== this.asked) return;
      this.said.textContent = told;
      this.list.replaceChildren(...hits.map(hit => this.item(hit)));
    } catch (error) {
      if (number !== this.asked) return;
      this.said.classList.add('fsl-bad');
      this.said.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  private async find(where: Where, text: string): Promise<[Hit[], string]> {
    const { words } = this;
    if (where === 'projects') {
      const hits = (await api.own(text)).map(ownHit);
      return [hits, `${hits.length ? words.__('%1 found', String(hits.length)) : words.__('Nothing found')}.`];
    }
    const found = await api.search(text, where);
    const hits = found.rows.map(row => hitOf(where, row));
    const count = !hits.length ? words.__('Nothing found')
      : found.total !== null && found.total > hits.length ? words.__('%1 of %2', String(hits.length), found.total.toLocaleString())
      : words.__('%1 found', String(hits.length));
    return [hits, [`${count}.`, ...found.notes].join(' ')];
  }

  private item(hit: Hit): HTMLElement {
    const { words } = this;
    const actions: HTMLElement[] = [];
    if (hit.entry) actions.push(this.action(words.__('Open'), hit, COMMANDS.openEntry, { entry: hit.entry, title: hit.id }));
    if (hit.structure) actions.push(this.action(words.__('Open'), hit, COMMANDS.openStructure, { structure: hit.structure, title: hit.title }));
    if (hit.sequence) actions.push(this.action(words.__('Fold…'), hit, COMMANDS.fold, { entry: hit.sequence }));
    return make('li', 'fsl-hit', {},
      make('div', 'fsl-line', {}, make('span', 'fsl-hit-title', {}, hit.title), make('span', 'fsl-hit-id', {}, hit.id)),
      ...(hit.facts.length ? [make('div', 'fsl-state', {}, hit.facts.join(' · '))] : []),
      ...(actions.length ? [make('div', 'fsl-actions', {}, ...actions)] : []));
  }

  private action(label: string, hit: Hit, command: string, args: Record<string, string>): HTMLElement {
    const button = make('button', 'jp-mod-styled fsl-small', { type: 'button', 'aria-label': `${label} ${hit.id}: ${hit.title}` }, label);
    button.addEventListener('click', () => void this.commands.execute(command, args).catch(error => {
      this.said.classList.add('fsl-bad');
      this.said.textContent = error instanceof Error ? error.message : String(error);
    }));
    return button;
  }

  dispose(): void {
    options.changed.disconnect(this.offer, this);
    super.dispose();
  }
}
