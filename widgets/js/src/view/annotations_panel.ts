/** What people say of residues: layers, annotations and their threads. */
import type { Annotation, Comment } from '../annotation_types';
import { rowsOfSpans, spansOfRows } from '../room/spans';
import type { Draft, Notes } from '../room/notes';
import type { Store } from '../store';
import { make, textButton } from './dom';
import { Cards, place } from './keyed';
import { markdown } from './markdown';
import { replyField } from './reply_field';
import { __, _n } from '../words';

/** Kinds offered, with colours that the colour-blind can tell apart (Okabe and Ito 2008). */
const KINDS: Record<string, string> = {
  note: '#e69f00', 'active site': '#d55e00', 'binding site': '#0072b2', domain: '#009e73', variant: '#cc79a7'
};

export class AnnotationsPanel {
  readonly element = make('div', 'fs-notes fs-panel', { role: 'region', 'aria-label': __('Annotations'), 'data-empty': '' });
  private readonly people = make('span', 'fs-people', { role: 'group', 'aria-label': __('People here') });
  private readonly add = textButton(__('Annotate'), () => this.compose());
  private readonly undo = textButton(__('Undo'), () => this.notes?.undo?.());
  private readonly words = make('p', 'fs-notes-words', { role: 'status' });
  private readonly body = make('div', 'fs-notes-body');
  private notes: Notes | null = null;
  /** Layers that the reader has switched off. */
  private readonly off = new Set<string>();
  private open = '';
  /** Comments whose earlier texts are shown. */
  private readonly opened = new Set<string>();
  /** The comment that is being changed. */
  private editing = '';
  private readonly cards = new Cards<HTMLElement>();
  /** Fields by what they are for: what is half written survives what others do meanwhile. */
  private readonly fields = new Map<string, HTMLElement>();
  private drawing = 0;

  constructor(private readonly store: Store) {
    const head = make('div', 'fs-panel-head', {}, make('span', 'fs-panel-title', {}, __('Annotations')), this.people, this.undo, this.add);
    this.element.append(head, this.words, this.body);
    this.element.addEventListener('keydown', event => {
      if (event.key === 'z' && (event.ctrlKey || event.metaKey) && !(event.target as Element).matches('textarea, input')) {
        event.preventDefault();
        this.notes?.undo?.();
      }
    });
    store.listen(change => {
      if (change === 'selection' || change === 'scene') this.enable();
      if (change === 'scene') this.cards.clear();
    });
  }

  /** Show a document of annotations from now on, or none. */
  use(notes: Notes | null, chips: HTMLElement | null): void {
    this.notes = notes;
    this.cards.clear();
    this.element.toggleAttribute('data-empty', !notes);
    this.people.replaceChildren(...(chips ? [chips] : []));
    notes?.listen(what => {
      if (what === 'notes') this.drawSoon();
      else if (what === 'state') this.enable();
    });
    this.draw();
    this.enable();
  }

  private enable(): void {
    const { notes } = this;
    if (!notes) return;
    this.words.textContent = notes.words;
    this.words.hidden = !notes.words;
    this.add.hidden = !notes.may.edit;
    this.add.disabled = !this.store.selection.size;
    this.add.title = this.add.disabled ? __('Select residues first') : __('Say something of what is selected');
    this.undo.hidden = !notes.undo || !notes.may.comment;
  }

  /** Many edits of others are one drawing. */
  private drawSoon(): void {
    this.drawing ||= requestAnimationFrame(() => {
      this.drawing = 0;
      this.draw();
    });
  }

  private draw(): void {
    const { notes, store } = this;
    if (!notes || !store.table) return;
    const before = document.activeElement as HTMLElement | null;
    const focused = this.body.contains(before) && before!.dataset.key;
    const draft = this.body.querySelector('.fs-note-form');
    const found = notes.all();
    const layers = [...new Set(found.map(note => note.layer))].sort();
    store.setNotes(found.filter(note => !this.off.has(note.layer)).map(note => ({
      rows: rowsOfSpans(store.table!, note.ranges), colour: safeColour(note.colour), text: note.label || note.kind
    })));
    this.cards.keep(new Set([...layers.map(name => `layer ${name}`), ...found.map(note => note.id)]));
    const sections = layers.flatMap(layer => {
      const inside = found.filter(note => note.layer === layer);
      return [this.layer(layer, inside.length), ...(this.off.has(layer) ? [] : inside.map(note => this.card(note)))];
    });
    const none = make('p', 'fs-notes-none', {}, notes.may.edit
      ? __('Nothing yet. Select residues, then Annotate.') : __('Nothing yet.'));
    place(this.body, [...(draft ? [draft] : []), ...(found.length ? sections : [none])]);
    if (focused && document.activeElement !== before) this.focusOn(focused);
  }

  private focusOn(key: string): void {
    this.body.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
  }

  private card(note: Annotation): HTMLElement {
    const said = Object.keys(note.comments);
    const state = [this.open === note.id, said.filter(id => this.opened.has(id)), said.includes(this.editing) && this.editing];
    return this.cards.of(note.id, [note, state, this.notes!.may, this.notes!.me.id], () => this.item(note));
  }

  private layer(name: string, count: number): HTMLElement {
    return this.cards.of(`layer ${name}`, [count, this.off.has(name)], () => this.layerHead(name, count));
  }

  private layerHead(name: string, count: number): HTMLElement {
    const box = make('input', '', { type: 'checkbox', 'data-key': `layer ${name}` });
    box.checked = !this.off.has(name);
    box.addEventListener('change', () => {
      if (box.checked) this.off.delete(name);
      else this.off.add(name);
      this.draw();
    });
    return make('label', 'fs-layer', {}, box, make('span', '', {}, name), make('span', 'fs-count', {}, String(count)));
  }

  private item(note: Annotation): HTMLElement {
    const { table } = this.store;
    const rows = rowsOfSpans(table!, note.ranges);
    const where = textButton(rows.length ? table!.text(rows) : __('not in this structure'), () => this.store.take(rows, this), `go ${note.id}`);
    where.className = 'fs-note-where';
    where.disabled = !rows.length;
    const open = this.open === note.id;
    const count = Object.keys(note.comments).length;
    const more = textButton(count ? _n('%1 comment', '%1 comments', count) : __('Discuss'), () => {
      this.open = open ? '' : note.id;
      this.draw();
    }, `open ${note.id}`);
    more.setAttribute('aria-expanded', String(open));
    const item = make('article', 'fs-note', { 'data-id': note.id, 'aria-label': note.label || note.kind },
      make('div', 'fs-note-head', {}, make('span', 'fs-note-label', {}, note.label || note.kind), where),
      markdown(note.text),
      make('div', 'fs-note-foot', {}, make('span', 'fs-by', {}, `${note.author_name}, ${day(note.created)}`), more, ...this.deeds(note)));
    item.style.setProperty('--fs-note', safeColour(note.colour));
    item.toggleAttribute('data-resolved', note.resolved);
    if (open) item.append(this.thread(note));
    return item;
  }

  private deeds(note: Annotation): HTMLElement[] {
    const { notes } = this;
    if (!notes?.may.edit) return note.resolved ? [make('span', 'fs-by', {}, __('resolved'))] : [];
    return [
      textButton(note.resolved ? __('Reopen') : __('Resolve'), () => notes.change(note.id, { resolved: !note.resolved }), `resolve ${note.id}`),
      textButton(__('Edit'), () => this.compose(note), `edit ${note.id}`),
      textButton(__('Delete'), () => notes.remove(note.id), `delete ${note.id}`)
    ];
  }

  private thread(note: Annotation): HTMLElement {
    const said = Object.values(note.comments).sort((a, b) => a.created.localeCompare(b.created));
    const thread = make('div', 'fs-thread', {}, ...said.map(comment => this.said(note, comment)));
    if (this.notes?.may.comment) {
      thread.append(this.kept(`reply:${note.id}`, __('Reply; @name mentions somebody'), '', text => this.notes?.comment(note.id, text)));
    }
    return thread;
  }

  private said(note: Annotation, comment: Comment): HTMLElement {
    const { notes } = this;
    const mine = notes?.me.id === comment.author;
    if (mine && this.editing === comment.id) return make('div', 'fs-said', {}, this.changing(note, comment));
    const by = make('div', 'fs-by', {}, `${comment.author_name}, ${day(comment.created)}`);
    const shown = make('div', 'fs-said', {}, by, markdown(comment.text));
    if (comment.history.length) this.earlier(comment, by, shown);
    if (mine && notes?.may.comment) by.append(textButton(__('Edit'), () => this.change(comment.id), `edit ${comment.id}`));
    if ((mine && notes?.may.comment) || notes?.may.edit) {
      by.append(textButton(__('Delete'), () => notes!.removeComment(note.id, comment.id), `delete ${comment.id}`));
    }
    return shown;
  }

  /** What a comment said before it was changed, newest first, shown when it is asked for. */
  private earlier(comment: Comment, by: HTMLElement, shown: HTMLElement): void {
    const open = this.opened.has(comment.id);
    const button = textButton(__('edited'), () => {
      if (open) this.opened.delete(comment.id);
      else this.opened.add(comment.id);
      this.draw();
    }, `history ${comment.id}`);
    button.title = __('What was said before');
    button.setAttribute('aria-expanded', String(open));
    by.append(button);
    if (!open) return;
    shown.append(make('ol', 'fs-history', { 'aria-label': __('What was said before') }, ...[...comment.history].reverse().map(old =>
      make('li', '', {}, make('div', 'fs-by', {}, __('%1, until %2', comment.author_name, day(old.until))), markdown(old.text)))));
  }

  /** Put a field in place of a comment, or the comment in place of the field. */
  private change(comment: string): void {
    const before = this.editing;
    this.editing = comment;
    this.fields.delete(`text:${before}`);
    this.draw();
    this.focusOn(comment ? `text:${comment}` : `edit ${before}`);
  }

  private changing(note: Annotation, comment: Comment): HTMLElement {
    return this.kept(`text:${comment.id}`, __('Comment'), comment.text, text => {
      this.notes?.editComment(note.id, comment.id, text);
      this.change('');
    }, () => this.change(''));
  }

  /** The field of this key, with what somebody has begun to write in it. */
  private kept(key: string, label: string, text: string, done: (text: string) => void, leave?: () => void): HTMLElement {
    const field = this.fields.get(key) ?? replyField({ key, label, text, done, leave, known: () => this.known() });
    this.fields.set(key, field);
    return field;
  }

  /** Names of who is here or has written, by id. */
  private known(): Map<string, string> {
    const known = new Map((this.notes?.all() ?? []).flatMap(n => [[n.author, n.author_name] as const,
      ...Object.values(n.comments).map(c => [c.author, c.author_name] as const)]));
    for (const person of this.notes?.people ?? []) known.set(person.id, person.name);
    return known;
  }

  /** A form for what is selected, or for an annotation that is there. */
  private compose(note?: Annotation): void {
    const { store, notes } = this;
    if (!notes || !store.table) return;
    const spans = note ? note.ranges : spansOfRows(store.table, store.selection);
    const field = (name: string, element: HTMLElement) => make('label', '', {}, make('span', '', {}, name), element);
    const label = make('input', '', { maxlength: '120', value: note?.label ?? '' });
    const kind = make('select', '', {}, ...Object.keys({ ...KINDS, ...(note ? { [note.kind]: '' } : {}) }).map(k => make('option', '', { value: k }, k)));
    kind.value = note?.kind ?? 'note';
    const colour = make('input', '', { type: 'color', value: note?.colour ?? KINDS.note });
    kind.addEventListener('change', () => (colour.value = KINDS[kind.value] ?? colour.value));
    const layer = make('input', '', { maxlength: '60', value: note?.layer ?? 'default' });
    const text = make('textarea', '', { rows: '3', maxlength: '20000' });
    text.value = note?.text ?? '';
    const form = make('form', 'fs-note-form', { 'aria-label': note ? __('Change the annotation') : __('Annotate') },
      make('div', 'fs-note-head', {}, make('strong', '', {}, store.table.text(rowsOfSpans(store.table, spans)))),
      field(__('Label'), label), field(__('Kind'), kind), field(__('Colour'), colour), field(__('Layer'), layer), field(__('Text (Markdown)'), text),
      make('div', 'fs-note-foot', {}, make('button', 'fs-text-button fs-primary', { type: 'submit' }, __('Save')),
        textButton(__('Cancel'), () => form.remove())));
    form.addEventListener('keydown', event => {
      if (event.key === 'Escape') form.remove();
      event.stopPropagation();
    });
    form.addEventListener('submit', event => {
      event.preventDefault();
      form.remove();
      const draft = { label: label.value.trim(), kind: kind.value, colour: colour.value, layer: layer.value.trim() || 'default', text: text.value };
      if (note) notes.change(note.id, changed(note, draft));
      else notes.add({ ...draft, ranges: spans });
    });
    this.body.querySelector('.fs-note-form')?.remove();
    this.body.prepend(form);
    label.focus();
  }
}

/** Only what the form changed: what others changed meanwhile stays. */
function changed(note: Annotation, draft: Omit<Draft, 'ranges'>): Partial<Draft> {
  return Object.fromEntries(Object.entries(draft).filter(([name, value]) => value !== note[name as keyof Annotation]));
}

/** Colours come from other people's pages. */
function safeColour(text: string): string {
  return /^#[0-9a-f]{6}$/i.test(text) ? text : KINDS.note;
}

function day(moment: string): string {
  const date = new Date(moment);
  const today = new Date().toDateString() === date.toDateString();
  return today ? date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }) : date.toLocaleDateString();
}
