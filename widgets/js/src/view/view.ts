/** A whole view: the panels that its layout asks for, over one store, kept in step with its host. */
import { offeredColorings } from '../colors';
import type { Command, Host, Reply } from '../host';
import { baseUrl } from '../loader';
import { KernelNotes } from '../room/kernel';
import type { Notes } from '../room/notes';
import { Room } from '../room/room';
import type { Layout, RefData } from '../scene';
import { Store, type Change } from '../store';
import { ensureStyle, isDark, watchTheme } from '../theming';
import { make } from './dom';
import { Player } from './player';
import { People } from './people';
import { panelsFor, type Panels } from './layout';
import type { ThreePanel } from './three';
import { Toolbar } from './toolbar';
import { __, _n } from '../words';

/** Wait this long after the last change before sending a picture to the kernel. */
const PICTURE_AFTER_MS = 1200;
const PICTURE_WIDTH = 960;

export class View {
  readonly root = make('div', 'foldsight-view', { 'data-state': 'waiting' });
  readonly store: Store;
  private readonly toolbar: Toolbar;
  private readonly player: Player;
  private readonly body = make('div', 'fs-body');
  panels: Panels | null = null;
  private readonly chosen = make('span', 'fs-chosen', { 'aria-live': 'polite' });
  private readonly under = make('span', 'fs-under');
  private notes: Notes | null = null;
  private people: People | null = null;
  /** Counts the attempts to join, so that an old one that ends late is dropped. */
  private joining = 0;
  private pictureTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly unwatch: () => void;

  constructor(parent: HTMLElement, private readonly host: Host) {
    this.store = new Store(host);
    const { store } = this;
    this.toolbar = new Toolbar({
      represent: kind => store.represent(kind),
      color: id => store.color(id),
      palette: name => store.color(store.coloring, name),
      clip: percent => store.cut(percent),
      reset: () => void this.three?.frame(),
      picture: () => void this.download(),
      label: () => store.mark('label'),
      measure: () => store.mark('distance'),
      fullscreen: () => void this.fullscreen()
    });
    store.listen(change => this.changed(change));
    const status = make('div', 'fs-status', {}, this.chosen, this.under);
    this.player = new Player(store, () => this.work);
    this.root.append(this.toolbar.element, this.body, this.player.element, status);
    parent.append(this.root);
    ensureStyle(this.root);
    this.unwatch = watchTheme(() => this.themed());
    host.onCommand(command => this.run(command));
    host.notes?.onDocument(() => {
      if (host.notes!.room() !== this.room) void this.join();
    });
    (this.root as HTMLElement & { foldsight?: View }).foldsight = this;
    store.readScene();
  }

  /** For tests: resolves when all that was asked for is drawn. */
  get work(): Promise<unknown> {
    return this.three?.idle ?? Promise.resolve();
  }

  get three(): ThreePanel | null {
    return this.panels?.three ?? null;
  }

  private changed(change: Change): void {
    const { scene, fault } = this.store;
    if (fault) this.body.textContent = fault;
    if (!scene || fault) return;
    if (change === 'scene') this.arrange(scene.style.layout);
    if (change === 'hover' || change === 'selection') this.people?.tell(change);
    if (change === 'hover') this.under.textContent = this.store.describe(this.store.hover);
    else if (change !== 'marks' && change !== 'notes') this.dress(change);
  }

  /** Build the panels of a layout; they hear of what follows by themselves. */
  private arrange(layout: Layout): void {
    if (this.panels?.layout === layout) return;
    this.panels?.dispose();
    this.panels = panelsFor(layout, this.store, {
      drew: () => this.pictureSoon(),
      state: state => (this.root.dataset.state = state),
      camera: () => this.people?.tell('camera')
    });
    this.root.dataset.layout = layout;
    this.body.replaceChildren(this.panels.element);
    if (!this.panels.three) this.root.dataset.state = 'ready';
    this.panels.begin();
    void this.join();
  }

  /** The room whose annotations are shown. */
  private room = '';

  /** Show the annotations of the room that the kernel joined; without a way to it, those that the kernel keeps. */
  private async join(): Promise<void> {
    const { panels, host } = this;
    const turn = ++this.joining;
    this.leave();
    if (!panels?.notes || !host.notes) return;
    this.room = host.notes.room();
    const base = baseUrl();
    let room: Room | null = null;
    if (this.room && base !== null) room = await Room.join(base, this.room).catch(() => null);
    if (turn !== this.joining) return room?.close();
    this.notes = room ?? (host.notes.document() ? new KernelNotes(host.notes) : null);
    this.people = room && new People(room, this.store, this.three);
    panels.notes.use(this.notes, this.people?.chips ?? null);
  }

  private leave(): void {
    this.people?.dispose();
    this.notes?.close();
    this.people = this.notes = null;
  }

  private dress(change: Change): void {
    const { store } = this;
    const scene = store.scene!;
    if (change === 'scene' || change === 'style') {
      this.root.style.height = `${scene.style.height}px`;
      if (this.panels?.strip) this.panels.strip.element.hidden = !scene.style.strip;
    }
    this.toolbar.update({
      title: scene.title, representation: store.representation, coloring: store.coloring,
      palette: store.palette, colorings: offeredColorings(scene), clip: store.clip, chosen: store.selection.size, drawn: !!this.three
    });
    const rows = store.selection;
    const count = _n('%1 residue', '%1 residues', rows.size);
    this.chosen.textContent = rows.size
      ? `${store.table?.text(rows)} (${count})` : __('Click a residue to select it, drag for a range, double-click to go there');
  }

  private themed(): void {
    this.root.dataset.theme = isDark() ? 'dark' : 'light';
    this.panels?.themed();
  }

  private async fullscreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.root.requestFullscreen();
  }

  private async download(): Promise<void> {
    const box = this.three?.stage.element.getBoundingClientRect();
    if (!this.three?.viewer || !box) return;
    const png = await this.three.viewer.finePng({ width: Math.round(box.width * 2), height: Math.round(box.height * 2) });
    const link = make('a', '', { href: URL.createObjectURL(png), download: `${this.store.scene?.title || 'structure'}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  private pictureSoon(): void {
    const { three, host } = this;
    if (!host.keepPicture) return;
    clearTimeout(this.pictureTimer);
    this.pictureTimer = setTimeout(() => three?.then(async viewer => {
      const box = three.stage.element.getBoundingClientRect();
      if (!box.width || !box.height) return;
      const height = Math.round((PICTURE_WIDTH * box.height) / box.width);
      host.keepPicture?.(await (await viewer.png({ width: PICTURE_WIDTH, height })).arrayBuffer());
    }), PICTURE_AFTER_MS);
  }

  /** What is on screen, for tests and for `StructureView.state()`. */
  state() {
    const { store } = this;
    const rows = store.selection;
    return {
      stage: this.root.dataset.state, layout: this.panels?.layout, representation: store.representation, coloring: store.coloring,
      palette: store.palette, frame: store.frame, frames: store.frames, theme: this.root.dataset.theme, legend: store.colors?.legend ?? [],
      legendTitle: store.colors?.title ?? '', selection: store.table?.text(rows) ?? '',
      selectedResidues: rows.size, hover: store.hover < 0 ? '' : store.table!.text([store.hover]),
      marks: store.marks.length, mol: this.three?.viewer?.report() ?? null
    };
  }

  /** Where a residue is drawn, in CSS pixels of the page. */
  locate(ref: RefData): { x: number; y: number } | null {
    const row = this.store.table?.rowsOf([ref])[0];
    return row === undefined ? null : (this.three?.locate(row) ?? null);
  }

  private async run({ name, args }: Command): Promise<Reply> {
    if (name === 'state') return { value: this.state() };
    const { three } = this;
    if (!three) throw new Error('This layout has no 3D picture.');
    await three.stage.start();
    await this.work;
    const { viewer } = three;
    if (!viewer || !this.store.table) throw new Error('The view shows nothing yet.');
    if (name === 'snapshot') {
      const [width, height] = [Number(args.width), Number(args.height)];
      const png = await viewer.finePng({ width, height, transparent: args.transparent === true });
      return { value: { width, height }, buffer: await png.arrayBuffer() };
    }
    if (name === 'reset') await three.frame();
    else if (name === 'focus') three.focus(new Set(this.store.table.rowsOf(args.residues as RefData[])));
    else throw new Error(`A view knows no command ${name}.`);
    return { value: null };
  }

  dispose(): void {
    this.joining++;
    this.leave();
    clearTimeout(this.pictureTimer);
    this.unwatch();
    this.player.dispose();
    this.store.dispose();
    this.panels?.dispose();
    this.root.remove();
  }
}
