/** The 3D panel: one picture of every structure, or a grid of one each whose cameras move together. */
import type { MolViewer, Pick } from '../mol/viewer';
import { COIL } from '../mol/mapping';
import { movedBy, movesCamera, type Pose } from '../mol/orbit';
import type { Scene } from '../scene';
import type { Rows } from '../selection';
import type { Change, Store } from '../store';
import { isDark, motionMs } from '../theming';
import { make } from './dom';
import { fillLegend } from './legend';
import { Stage, type StageState } from './stage';
import { __ } from '../words';

const FOCUS_MS = 350;

export interface ThreeActions {
  /** Something was drawn anew. */
  drew(): void;
  state(state: StageState): void;
  /** The reader, or somebody whom the reader follows, moved the camera. */
  camera?(): void;
}

/** One stage with what it shows: indices into the scene's structures. */
interface Picture {
  stage: Stage;
  which: number[];
  drawn: Scene | null;
  marked: Rows | null;
}

export class ThreePanel {
  readonly element = make('div', 'fs-three');
  private pictures: Picture[] = [];
  private work: Promise<unknown> = Promise.resolve();
  /** The picture of a grid that the reader moves; the others look from where it does. */
  private leader: Picture | null = null;
  private followed = '';
  private clicked = -1;
  /** Counts the changes of marks, so that only the last is drawn. */
  private marking = 0;

  constructor(private readonly store: Store, private readonly actions: ThreeActions) {
    store.listen((change, origin) => this.changed(change, origin));
    this.element.addEventListener('dblclick', event => void this.doubled(event));
    this.arrange();
  }

  /** The first picture's stage; there is always one. */
  get stage(): Stage {
    return this.pictures[0].stage;
  }

  get viewer(): MolViewer | null {
    return this.stage.viewer;
  }

  /** Resolves when all that was asked for is drawn. */
  get idle(): Promise<unknown> {
    return this.work;
  }

  private changed(change: Change, origin: unknown): void {
    if (this.store.fault) return this.stage.say(this.store.fault);
    if (change === 'scene') {
      this.arrange();
      this.each((viewer, picture) => this.fill(viewer, picture));
    } else if (change === 'style') this.each((viewer, picture) => this.draw(viewer, picture, true));
    else if (change === 'colors') this.each((viewer, picture) => this.draw(viewer, picture, false));
    else if (change === 'marks' || change === 'notes') this.markSoon();
    else if (change === 'selection') this.select();
    else if (change === 'frame') this.advance();
    else if (change === 'clip') this.live(viewer => viewer.clip(this.store.clip));
    else if (origin !== this) this.live(viewer => viewer.highlight(this.store.hover));
    if (change === 'scene' || change === 'style' || change === 'colors') this.dress();
  }

  /** Make as many stages as the layout asks for. */
  private arrange(): void {
    const { scene } = this.store;
    const all = scene?.structures.map((_, i) => i) ?? [];
    const wanted = scene?.style.layout === 'grid' ? all.map(i => [i]) : [all];
    if (this.pictures.length === wanted.length) {
      this.pictures.forEach((picture, i) => (picture.which = wanted[i]));
      return;
    }
    this.pictures.forEach(picture => picture.stage.dispose());
    this.pictures = wanted.map(which => this.picture(which));
    this.leader = this.pictures[0];
    this.element.style.setProperty('--fs-columns', String(Math.min(wanted.length, wanted.length === 4 ? 2 : 3)));
    this.element.replaceChildren(...this.pictures.map(p => p.stage.element));
  }

  private picture(which: number[]): Picture {
    const picture: Picture = {
      which, drawn: null, marked: null,
      stage: new Stage({
        fill: viewer => this.fill(viewer, picture),
        changed: state => this.staged(state, picture)
      })
    };
    picture.stage.element.addEventListener('keydown', event => this.key(event, picture));
    for (const event of ['pointerenter', 'wheel']) {
      picture.stage.element.addEventListener(event, () => (this.leader = picture), { capture: true, passive: true });
    }
    return picture;
  }

  /** What changed while the viewer was being filled is drawn as soon as it is ready. */
  private staged(state: StageState, picture: Picture): void {
    if (picture === this.pictures[0]) this.actions.state(state);
    if (state !== 'ready') return;
    if (picture.drawn !== this.store.scene) this.enqueue(picture, viewer => this.fill(viewer, picture));
    else if (picture.marked !== this.store.selection) this.select();
  }

  /** Legend, names and words, which need no 3D. */
  private dress(): void {
    const { scene, colors } = this.store;
    if (!scene || !colors) return;
    const grid = this.pictures.length > 1;
    this.pictures.forEach(({ stage, which }, i) => {
      stage.legend.hidden = i > 0;
      if (i === 0) fillLegend(stage.legend, colors);
      const title = grid ? scene.structures[which[0]].id : scene.title;
      stage.caption.textContent = title;
      stage.caption.hidden = !grid;
      stage.element.setAttribute('aria-label',
        __('3D structure of %1, %2, coloured by %3. Arrow keys turn it, + and - zoom; the sequence gives the same in letters.',
          title, this.store.representation, colors.title));
    });
  }

  /** Put a scene into a fresh viewer. */
  private async fill(viewer: MolViewer, picture: Picture): Promise<void> {
    const { scene, table } = this.store;
    if (!scene || !table) return;
    picture.drawn = scene;
    viewer.onPick = pick => this.picked(pick, picture);
    viewer.onHover = row => this.store.setHover(row, this);
    viewer.onCamera = () => this.follow(picture);
    const secondary = this.store.secondary ?? new Int8Array(table.rows.length).fill(COIL);
    await viewer.cover(async () => {
      await viewer.load(scene, table, picture.which, secondary, this.store.frame);
      this.store.worked(secondary);
      await this.draw(viewer, picture, true);
    });
    const [first] = this.pictures;
    if (picture !== first && first.stage.current === 'ready') viewer.lookFrom(first.stage.viewer!.camera());
    else await viewer.frame();
  }

  private async draw(viewer: MolViewer, picture: Picture, everything: boolean): Promise<void> {
    picture.drawn = this.store.scene;
    if (this.store.colors) viewer.setColors(this.store.colors.rows);
    await (everything ? viewer.draw(this.store.representation) : viewer.recolor());
    viewer.clip(this.store.clip);
    if (everything) {
      picture.marked = this.store.selection;
      await viewer.select(picture.marked);
      await this.mark(viewer);
    }
    this.actions.drew();
  }

  /** Of several changes in a row only the last is drawn. */
  private markSoon(): void {
    const turn = ++this.marking;
    this.each(async viewer => {
      if (turn === this.marking || this.pictures.length > 1) await this.mark(viewer);
    });
  }

  private async mark(viewer: MolViewer): Promise<void> {
    const { table, marks } = this.store;
    if (!table) return;
    await viewer.mark(marks.map(m => ({ kind: m.kind, text: m.text, rows: table.rowsOf(m.residues) })), isDark());
    this.actions.drew();
  }

  /** Mark the selection; of several changes in a row only the last is drawn. */
  private select(): void {
    const rows = this.store.selection;
    this.each(async (viewer, picture) => {
      if (rows !== this.store.selection) return;
      picture.marked = rows;
      await viewer.select(rows);
    });
  }

  /** Draw other coordinates; of several changes in a row only the last. */
  private advance(): void {
    const { frame } = this.store;
    this.each(async viewer => {
      if (frame !== this.store.frame) return;
      await viewer.showFrame(frame);
      await viewer.select(this.store.selection);
      await this.mark(viewer);
    });
  }

  private picked(pick: Pick, picture: Picture): void {
    if (!picture.stage.pressed) return;
    this.clicked = pick.row;
    if (pick.row >= 0) this.store.pick(pick.row, pick, this);
    else if (!pick.shift && !pick.toggle) this.store.clear(this);
  }

  /** The first click of a double click selects, the second clears: select again, and go there. */
  private async doubled(event: Event): Promise<void> {
    const picture = this.pictures.find(p => p.stage.element.contains(event.target as Node));
    const looking = picture?.stage.viewer?.looking;
    if (this.clicked < 0 && !looking) return;
    event.preventDefault();
    await looking;
    if (this.clicked < 0) return;
    this.store.take([this.clicked], this);
    this.focus(new Set([this.clicked]));
  }

  /** Without a mouse: arrows turn, + and - zoom, 0 shows all, Escape clears; a stopped picture starts again. */
  private key(event: KeyboardEvent, picture: Picture): void {
    const { stage } = picture;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (stage.wake(event.key)) {
      // It draws what was asked for as soon as it can.
    } else if (event.key === 'Escape') this.store.clear(this);
    else if (event.key === '0') void this.frame();
    else if (movesCamera(event.key)) {
      this.leader = picture;
      if (stage.viewer) stage.viewer.lookFrom(movedBy(event.key, stage.viewer.camera() as Pose));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private follow(picture: Picture): void {
    this.actions.camera?.();
    if (picture !== this.leader || this.pictures.length < 2 || picture.stage.current !== 'ready') return;
    const camera = picture.stage.viewer?.camera();
    const told = JSON.stringify(camera);
    if (told === this.followed) return;
    this.followed = told;
    for (const { stage } of this.pictures) if (camera && stage !== picture.stage) stage.viewer?.lookFrom(camera);
  }

  focus(rows: Rows): void {
    if (!rows.size) return void this.frame();
    const structure = this.store.table?.rows[Math.min(...rows)].structure ?? 0;
    this.leader = this.pictures.find(p => p.which.includes(structure)) ?? this.pictures[0];
    this.leader.stage.viewer?.focus(rows, motionMs(FOCUS_MS));
  }

  async frame(): Promise<void> {
    this.leader = this.pictures[0];
    await this.viewer?.frame(motionMs(FOCUS_MS));
  }

  private live(action: (viewer: MolViewer) => void): void {
    for (const { stage } of this.pictures) if (stage.viewer && stage.current === 'ready') action(stage.viewer);
  }

  private each(action: (viewer: MolViewer, picture: Picture) => Promise<void>): void {
    for (const picture of this.pictures) this.enqueue(picture, viewer => action(viewer, picture));
  }

  /** Do something to a viewer after what is already under way; nothing when there is none. */
  enqueue(picture: Picture, action: (viewer: MolViewer) => Promise<void>): void {
    this.work = this.work.then(async () => {
      if (picture.stage.viewer && picture.stage.current === 'ready') await action(picture.stage.viewer);
    }).catch(error => picture.stage.say(error instanceof Error ? error.message : String(error)));
  }

  /** Run on the first picture, in turn with the rest. */
  then(action: (viewer: MolViewer) => Promise<void>): void {
    this.enqueue(this.pictures[0], action);
  }

  themed(): void {
    for (const { stage } of this.pictures) stage.recolorBackground();
    if (this.store.marks.length) this.each(viewer => this.mark(viewer));
  }

  /** Where a row is drawn, in CSS pixels of the page. */
  locate(row: number): { x: number; y: number } | null {
    for (const { stage } of this.pictures) {
      const place = stage.viewer?.locate(row);
      const box = stage.element.getBoundingClientRect();
      if (place) return { x: box.x + place.x, y: box.y + place.y };
    }
    return null;
  }

  dispose(): void {
    this.pictures.forEach(picture => picture.stage.dispose());
  }
}
