/** Who else is in the room: their chips, where they point, and following one of them. */
import type { Notes, Person } from '../room/notes';
import type { Store } from '../store';
import { make } from './dom';
import type { ThreePanel } from './three';
import { __ } from '../words';

/** The names of others move in 3D at most so often, in milliseconds: each move is a new label. */
const LABEL_EVERY = 250;

export class People {
  readonly chips = make('span', 'fs-chips');
  private followed = -1;
  private seen = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly release = () => this.follow(-1);

  constructor(private readonly notes: Notes, private readonly store: Store, private readonly three: ThreePanel | null) {
    notes.listen(what => {
      if (what === 'people') this.changed();
    });
    // A hand of one's own on the picture ends following.
    for (const event of ['pointerdown', 'wheel']) three?.element.addEventListener(event, this.release, { passive: true });
    this.changed();
  }

  /** Tell the others what this reader does. */
  tell(change: 'selection' | 'hover' | 'camera'): void {
    const { table, selection, hover } = this.store;
    if (!table) return;
    if (change === 'selection') this.notes.point({ selection: table.refsOf([...selection].slice(0, 300)) });
    else if (change === 'hover') this.notes.point({ hover: hover < 0 ? null : table.refsOf([hover])[0] });
    else if (this.followed < 0) this.notes.point({ camera: this.three?.viewer?.camera() });
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const event of ['pointerdown', 'wheel']) this.three?.element.removeEventListener(event, this.release);
    this.store.setOthers([]);
  }

  private changed(): void {
    const { people } = this.notes;
    const shown = people.map(p => `${p.client} ${p.name} ${p.colour} ${p.client === this.followed}`).join('|');
    if (shown !== this.seen) {
      this.seen = shown;
      this.chips.replaceChildren(...people.map(person => this.chip(person)));
    }
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.point();
    }, LABEL_EVERY);
    const leader = people.find(person => person.client === this.followed);
    if (this.followed >= 0 && !leader) this.follow(-1);
    else if (leader?.camera) this.three?.viewer?.lookFrom(leader.camera);
  }

  private point(): void {
    const { table } = this.store;
    if (!table) return;
    this.store.setOthers(this.notes.people.map(({ name, colour, selection, hover }) => ({
      name, colour: /^#[0-9a-f]{6}$/i.test(colour) ? colour : '#888888', rows: table.rowsOf(selection), hover: hover ? (table.rowsOf([hover])[0] ?? -1) : -1
    })));
  }

  private chip(person: Person): HTMLElement {
    const on = person.client === this.followed;
    const words = on ? __('Stop following %1', person.name) : __('Look where %1 looks', person.name);
    const initials = person.name.split(/\s+/).map(word => word[0] ?? '').join('').slice(0, 2).toUpperCase();
    const chip = make('button', 'fs-chip', { type: 'button', title: words, 'aria-label': words, 'aria-pressed': String(on) }, initials);
    chip.style.setProperty('--fs-person', /^#[0-9a-f]{6}$/i.test(person.colour) ? person.colour : '#888888');
    chip.addEventListener('click', () => this.follow(on ? -1 : person.client));
    return chip;
  }

  private follow(client: number): void {
    if (client === this.followed) return;
    this.followed = client;
    this.seen = '';
    this.changed();
  }
}
