/** A whole view: toolbar, picture, legend, strip and status, kept in step with its host. */
import { coloringOf, colorRows, commonColorings, type RowColors } from '../colors';
import type { Command, Host, Reply } from '../host';
import type { MolViewer, Pick } from '../mol/viewer';
import { ResidueTable } from '../residues';
import { sceneFault, type RefData, type Representation, type Scene } from '../scene';
import { Selection } from '../selection';
import { ensureStyle, isDark, motionMs, watchTheme } from '../theming';
import { make } from './dom';
import { fillLegend } from './legend';
import { Stage, type StageState } from './stage';
import { Strip } from './strip';
import { Toolbar } from './toolbar';

const FOCUS_MS = 350;
/** Wait this long after the last change before sending a picture to the kernel. */
const PICTURE_AFTER_MS = 1200;
const PICTURE_WIDTH = 960;

export class View {
  readonly root = make('div', 'foldsight-view', { 'data-state': 'waiting' });
  private readonly toolbar: Toolbar;
  private readonly stage: Stage;
  private readonly strip: Strip;
  private readonly chosen = make('span', 'fs-chosen', { 'aria-live': 'polite' });
  private readonly under = make('span', 'fs-under');
  private readonly selection = new Selection();
  private scene: Scene | null = null;
  private drawn: Scene | null = null;
  private table: ResidueTable | null = null;
  private colors: RowColors | null = null;
  private digests = '';
  private representation: Representation = 'cartoon';
  private coloring = '';
  private palette = '';
  private pictureTimer: ReturnType<typeof setTimeout> | undefined;
  private work: Promise<unknown> = Promise.resolve();
  private readonly unwatch: () => void;

  constructor(parent: HTMLElement, private readonly host: Host) {
    this.toolbar = new Toolbar({
      represent: kind => this.restyle({ representation: kind }),
      color: id => this.restyle({ coloring: id }),
      palette: name => this.restyle({ palette: name }),
      reset: () => void this.stage.viewer?.frame(motionMs(FOCUS_MS)),
      picture: () => void this.download(),
      fullscreen: () => void this.fullscreen()
    });
    this.stage = new Stage({ fill: viewer => this.fill(viewer), changed: state => this.staged(state) });
    this.strip = new Strip({
      pick: (row, modifiers) => this.chose(this.selection.pick(row, modifiers)),
      extend: (row, keep) => this.chose(this.selection.extend(row, keep)),
      take: rows => this.chose(this.selection.set(rows)),
      clear: () => this.chose(this.selection.clear()),
      focus: () => this.focus(),
      hover: row => this.hovered(row, true)
    });
    const status = make('div', 'fs-status', {}, this.chosen, this.under);
    this.root.append(this.toolbar.element, this.stage.element, this.strip.element, status);
    parent.append(this.root);
    ensureStyle(this.root);
    this.unwatch = watchTheme(() => this.themed());
    host.onScene(() => this.readScene());
    host.onSelection(() => this.readSelection());
    host.onCommand(command => this.run(command));
    (this.root as HTMLElement & { foldsight?: View }).foldsight = this;
    this.readScene();
  }

  /** Read the scene again; structures that are already drawn are only styled anew. */
  private readScene(): void {
    const scene = this.host.scene();
    const fault = sceneFault(scene);
    if (fault || !scene) return this.stage.say(fault ?? '');
    const digests = scene.structures.map(s => s.digest).join();
    const same = digests === this.digests;
    this.digests = digests;
    this.scene = scene;
    this.table = new ResidueTable(scene);
    ({ representation: this.representation, coloring: this.coloring, palette: this.palette } = scene.style);
    this.root.style.height = `${scene.style.height}px`;
    this.strip.element.hidden = !scene.style.strip;
    this.strip.describe = row => this.describe(row);
    if (!same) this.strip.setTable(this.table);
    this.selection.set(this.table.rowsOf(this.host.selection()));
    this.paint();
    if (same) this.drawn = scene;
    this.enqueue(viewer => (same ? this.draw(viewer, true) : this.fill(viewer)));
  }

  private readSelection(): void {
    if (!this.table || !this.selection.set(this.table.rowsOf(this.host.selection()))) return;
    this.showSelection(true);
    this.mark();
  }

  private restyle(change: Partial<{ representation: Representation; coloring: string; palette: string }>): void {
    const redraw = change.representation !== undefined && change.representation !== this.representation;
    this.representation = change.representation ?? this.representation;
    this.coloring = change.coloring ?? this.coloring;
    this.palette = change.palette ?? this.palette;
    this.paint();
    this.enqueue(viewer => this.draw(viewer, redraw));
  }

  /** What changed while the viewer was being filled is drawn as soon as it is ready. */
  private staged(state: StageState): void {
    this.root.dataset.state = state;
    if (state !== 'ready') return;
    if (this.drawn !== this.scene) this.enqueue(viewer => this.fill(viewer));
    else this.mark();
  }

  /** Put a scene into a fresh viewer. */
  private async fill(viewer: MolViewer): Promise<void> {
    if (!this.scene || !this.table) return;
    this.drawn = this.scene;
    viewer.onPick = pick => this.picked(pick);
    viewer.onHover = row => this.hovered(row, false);
    await viewer.load(this.scene, this.table);
    await this.draw(viewer, true);
    await viewer.frame();
  }

  private async draw(viewer: MolViewer, everything: boolean): Promise<void> {
    this.paint(viewer);
    if (this.colors) viewer.setColors(this.colors.rows);
    await (everything ? viewer.draw(this.representation) : viewer.recolor());
    if (everything) await viewer.select(this.selection.current);
    this.pictureSoon();
  }

  /** Colours, legend, strip and toolbar, which need no 3D. */
  private paint(viewer = this.stage.viewer): void {
    if (!this.scene || !this.table) return;
    const colorings = commonColorings(this.scene);
    const chosen = coloringOf(this.scene, 0, this.coloring);
    this.coloring = chosen.id;
    const secondary = viewer?.secondary;
    this.colors = colorRows(this.scene, this.table, this.coloring, this.palette, row => secondary?.[row] ?? -1);
    fillLegend(this.stage.legend, this.colors);
    this.strip.setColors(this.colors);
    this.toolbar.update({
      title: this.scene.title, representation: this.representation, coloring: this.coloring,
      palette: this.palette, colorings
    });
    this.stage.element.setAttribute('aria-label',
      `3D structure of ${this.scene.title}, ${this.representation}, coloured by ${chosen.label}. The sequence below gives the same by keyboard.`);
    this.showSelection(false);
  }

  private picked(pick: Pick): void {
    if (!this.stage.pressed) return;
    if (pick.row < 0) this.chose(!pick.shift && !pick.toggle && this.selection.clear());
    else this.chose(this.selection.pick(pick.row, pick), true);
  }

  /** The user changed the selection here: show it and tell the host. */
  private chose(changed: boolean, scroll = false): void {
    if (!changed || !this.table) return;
    this.showSelection(scroll);
    this.mark();
    this.host.select(this.table.refsOf(this.selection.current));
  }

  private showSelection(scroll: boolean): void {
    const rows = this.selection.current;
    this.strip.setSelection(rows, scroll);
    const count = `${rows.size} residue${rows.size === 1 ? '' : 's'}`;
    this.chosen.textContent = rows.size ? `${this.table?.text(rows)} (${count})` : 'Click a residue to select it, drag for a range';
  }

  /** Mark the selection in 3D; of several changes in a row only the last is drawn. */
  private mark(): void {
    const rows = this.selection.current;
    this.enqueue(async viewer => {
      if (rows === this.selection.current) await viewer.select(rows);
    });
  }

  private hovered(row: number, fromStrip: boolean): void {
    this.under.textContent = row < 0 ? '' : this.describe(row);
    if (fromStrip) this.stage.viewer?.highlight(row);
    else this.strip.setHover(row);
  }

  private describe(row: number): string {
    if (!this.table || !this.scene) return '';
    return this.table.describe(row, coloringOf(this.scene, this.table.rows[row].structure, this.coloring));
  }

  /** Do something to the viewer after what is already under way; nothing when there is none. */
  private enqueue(action: (viewer: MolViewer) => Promise<void>): void {
    this.work = this.work.then(async () => {
      if (this.stage.viewer && this.stage.current === 'ready') await action(this.stage.viewer);
    }).catch(error => this.stage.say(error instanceof Error ? error.message : String(error)));
  }

  private themed(): void {
    this.root.dataset.theme = isDark() ? 'dark' : 'light';
    this.stage.recolorBackground();
  }

  private focus(): void {
    const rows = this.selection.current;
    if (rows.size) this.stage.viewer?.focus(rows, motionMs(FOCUS_MS));
    else void this.stage.viewer?.frame(motionMs(FOCUS_MS));
  }

  private async fullscreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.root.requestFullscreen();
  }

  private async download(): Promise<void> {
    if (!this.stage.viewer) return;
    const box = this.stage.element.getBoundingClientRect();
    const png = await this.stage.viewer.png({ width: Math.round(box.width * 2), height: Math.round(box.height * 2) });
    const link = make('a', '', { href: URL.createObjectURL(png), download: `${this.scene?.title || 'structure'}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  private pictureSoon(): void {
    clearTimeout(this.pictureTimer);
    this.pictureTimer = setTimeout(() => this.enqueue(async viewer => {
      const box = this.stage.element.getBoundingClientRect();
      if (!box.width || !box.height) return;
      const height = Math.round((PICTURE_WIDTH * box.height) / box.width);
      this.host.keepPicture(await (await viewer.png({ width: PICTURE_WIDTH, height })).arrayBuffer());
    }), PICTURE_AFTER_MS);
  }

  /** What is on screen, for tests and for `StructureView.state()`. */
  state() {
    const rows = this.selection.current;
    return {
      stage: this.stage.current, representation: this.representation, coloring: this.coloring, palette: this.palette,
      theme: this.root.dataset.theme, legend: this.colors?.legend ?? [], legendTitle: this.colors?.title ?? '',
      selection: this.table?.text(rows) ?? '', selectedResidues: rows.size, mol: this.stage.viewer?.report() ?? null
    };
  }

  /** Where a residue is drawn, in CSS pixels of the page. */
  locate(ref: RefData): { x: number; y: number } | null {
    const row = this.table?.rowsOf([ref])[0];
    const place = row === undefined ? null : this.stage.viewer?.locate(row);
    const box = this.stage.element.getBoundingClientRect();
    return place ? { x: box.x + place.x, y: box.y + place.y } : null;
  }

  private async run({ name, args }: Command): Promise<Reply> {
    if (name === 'state') return { value: this.state() };
    await this.stage.start();
    await this.work;
    const { viewer } = this.stage;
    if (!viewer || !this.table) throw new Error('The view shows nothing yet.');
    if (name === 'snapshot') {
      const [width, height] = [Number(args.width), Number(args.height)];
      const png = await viewer.png({ width, height, transparent: args.transparent === true });
      return { value: { width, height }, buffer: await png.arrayBuffer() };
    }
    if (name === 'reset') await viewer.frame(motionMs(FOCUS_MS));
    else if (name === 'focus') viewer.focus(new Set(this.table.rowsOf(args.residues as RefData[])), motionMs(FOCUS_MS));
    else throw new Error(`A view knows no command ${name}.`);
    return { value: null };
  }

  dispose(): void {
    clearTimeout(this.pictureTimer);
    this.unwatch();
    this.stage.dispose();
    this.root.remove();
  }
}
