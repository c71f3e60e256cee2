/** One live 3D picture: loads structures, draws, colours, selects. Owns one WebGL context. */
import { SecondaryStructureProvider } from 'molstar/lib/mol-model-props/computed/secondary-structure.js';
import { StructureElement } from 'molstar/lib/mol-model/structure.js';
import type { Structure } from 'molstar/lib/mol-model/structure.js';
import type { PluginContext } from 'molstar/lib/mol-plugin/context.js';
import { PluginStateObject } from 'molstar/lib/mol-plugin-state/objects.js';
import { StateTransforms } from 'molstar/lib/mol-plugin-state/transforms.js';
import type { StateObjectSelector } from 'molstar/lib/mol-state/index.js';
import { Vec4 } from 'molstar/lib/mol-math/linear-algebra.js';
import { Color } from 'molstar/lib/mol-util/color/index.js';
import { Task, type RuntimeContext } from 'molstar/lib/mol-task/index.js';
import { isEmptyLoci, type Loci } from 'molstar/lib/mol-model/loci.js';
import type { ResidueTable } from '../residues';
import type { Representation, Scene, StructureData } from '../scene';
import { distance, drawMarks, type PlacedMark } from './marks';
import { bestCamera } from './framing';
import { hitAt } from './hit';
import { lociOf, Mapping, rowAt, secondaryClasses, tracePosition } from './mapping';
import { pngOf, type PictureOptions } from './picture';
import { createPlugin, frames, inSoftware, lightShape } from './plugin';
import { doubtsOf, modelDoubts, SIZES } from './sizes';
import { modelColors, THEME } from './theme';

type Ref = StateObjectSelector<PluginStateObject.Molecule.Structure>;

interface Loaded {
  mapping: Mapping;
  /** One for each frame; they name the same rows. */
  frames: Mapping[];
  model: StateObjectSelector<PluginStateObject.Molecule.Model>;
  structure: Structure;
  root: Ref;
  polymer?: Ref;
  others: Ref[];
  /** Side chains of what is selected: the component and its drawing. */
  detail?: Ref;
}

export interface Pick {
  row: number;
  shift: boolean;
  toggle: boolean;
}

/** Above this many residues a molecular surface takes seconds; a Gaussian one does not. */
const SMOOTH_SURFACE = 450;
/** Side chains of more residues than this hide what they belong to. */
const MOST_DETAILED = 40;
/** A page in the background draws no frames: wait no longer than this for one. */
const UNSEEN_MS = 300;
const REPR_TAG = 'foldsight-polymer';

export class MolViewer {
  private loaded: Loaded[] = [];
  private version = 0;
  private clipped = 0;
  private representation: Representation = 'cartoon';
  /** Whether frames must be cheap: the processor draws them. */
  private readonly light: boolean;
  onPick: (pick: Pick) => void = () => {};
  onHover: (row: number) => void = () => {};
  private covered = false;
  /** Ends when it is known what was clicked; null when nothing is looked for. */
  looking: Promise<void> | null = null;
  /** A frame was drawn: the camera may have moved. */
  onCamera: () => void = () => {};

  private constructor(readonly plugin: PluginContext) {
    this.light = inSoftware(plugin);
    plugin.behaviors.interaction.click.subscribe(({ current, modifiers, button, page }) => {
      if (button > 1) return;
      const hit = (loci: Loci) => this.onPick(
        { row: rowAt(loci, this.mappings), shift: modifiers.shift, toggle: modifiers.control || modifiers.meta });
      if (!page || (!this.looking && !isEmptyLoci(current.loci))) return hit(current.loci);
      // Clicks are told in their order.
      const looking = (this.looking ?? Promise.resolve()).then(() => hitAt(plugin, page)).then(hit).finally(() => {
        if (this.looking === looking) this.looking = null;
      });
      this.looking = looking;
    });
    plugin.behaviors.interaction.hover.subscribe(({ current }) => this.onHover(rowAt(current.loci, this.mappings)));
    // The trackball moves the camera without a word, so look at each frame.
    plugin.canvas3d!.didDraw.subscribe(() => this.onCamera());
  }

  static async create(element: HTMLElement, background: number): Promise<MolViewer> {
    return new MolViewer(await createPlugin(element, background));
  }

  private get mappings(): Mapping[] {
    return this.loaded.map(l => l.mapping);
  }

  /** Load structures of a scene, by index; nothing is drawn until `draw`. Fills in `secondary`. */
  async load(scene: Scene, table: ResidueTable, which: number[], secondary: Int8Array, frame = 0): Promise<void> {
    await this.plugin.clear();
    this.loaded = [];
    for (const index of which) {
      this.loaded.push(await this.loadOne(scene.structures[index], table, index, secondary, frame));
    }
  }

  private async loadOne(
    data: StructureData, table: ResidueTable, index: number, secondary: Int8Array, frame: number
  ): Promise<Loaded> {
    const { builders } = this.plugin;
    const text = new TextDecoder().decode(data.data);
    const raw = await builders.data.rawData({ data: text, label: data.name });
    const trajectory = await builders.structure.parseTrajectory(raw, data.format);
    const all = trajectory.obj!.data;
    const frames: Mapping[] = [];
    for (let i = 0; i < all.frameCount; i++) {
      const of = all.getFrameAtIndex(i);
      frames.push(new Mapping(Task.is(of) ? await this.plugin.runTask(of) : of, table, index));
    }
    const model = await builders.structure.createModel(trajectory, { modelIndex: Math.min(frame, all.frameCount - 1) });
    const root = await builders.structure.createStructure(model, { name: 'model', params: {} });
    const structure = root.obj!.data;
    const mapping = frames.find(m => m.model === structure.models[0]) ?? new Mapping(structure.models[0], table, index);
    await this.plugin.runTask(taskOf('secondary structure', ctx => SecondaryStructureProvider.attach(
      { runtime: ctx, assetManager: this.plugin.managers.asset, errorContext: this.plugin.errorContext }, structure, undefined, true)));
    secondaryClasses(structure, mapping, secondary);
    for (const one of new Set([mapping, ...frames])) modelDoubts.set(one.model, doubtsOf(data, table, one));
    const polymer = await builders.structure.tryCreateComponentStatic(root, 'polymer');
    return { mapping, frames, model, structure, root, polymer, others: await this.drawOthers(root) };
  }

  /** Ligands, sugars and ions are always sticks and balls; water is not drawn. */
  private async drawOthers(root: Ref): Promise<Ref[]> {
    const found: Ref[] = [];
    for (const kind of ['ligand', 'branched', 'ion', 'lipid'] as const) {
      const component = await this.plugin.builders.structure.tryCreateComponentStatic(root, kind);
      if (!component) continue;
      found.push(component);
      await this.plugin.builders.structure.representation.addRepresentation(component, {
        type: 'ball-and-stick', color: THEME as never, colorParams: { version: this.version } as never
      });
    }
    return found;
  }

  setColors(rows: Int32Array): void {
    for (const { mapping, frames } of this.loaded) {
      const colors = mapping.rowOfResidue.map(row => (row < 0 ? -1 : rows[row]));
      for (const { model } of new Set([mapping, ...frames])) modelColors.set(model, colors);
    }
    this.version++;
  }

  /** Show other coordinates of what is loaded; what is drawn of it follows by itself. */
  async showFrame(frame: number): Promise<void> {
    const update = this.plugin.build();
    for (const { model, frames } of this.loaded) {
      const modelIndex = Math.min(frame, frames.length - 1);
      update.to(model.ref).update((old: { modelIndex: number }) => { old.modelIndex = modelIndex; });
    }
    await update.commit();
    for (const item of this.loaded) {
      item.structure = item.root.cell!.obj!.data as Structure;
      item.mapping = item.frames.find(m => m.model === item.structure.models[0]) ?? item.mapping;
    }
  }

  /** Cut away what lies in front of a plane: 0 nothing, 99 nearly to the middle. */
  clip(percent: number): void {
    if (percent !== this.clipped) this.cut(percent);
  }

  private cut(percent: number): void {
    const canvas = this.plugin.canvas3d;
    this.clipped = percent;
    canvas?.setProps({ cameraClipping: { ...canvas.props.cameraClipping, radius: percent, far: false } });
  }

  /** Draw the polymers in one representation, with the colours set last. */
  async draw(representation: Representation): Promise<void> {
    this.representation = representation;
    const update = this.plugin.build();
    for (const item of this.loaded) {
      if (!item.polymer) continue;
      for (const old of this.drawings(item.polymer)) update.delete(old.transform.ref);
      this.plugin.builders.structure.representation.buildRepresentation(
        update, item.polymer, this.representationProps(item) as never, { tag: REPR_TAG });
    }
    await update.commit();
    await this.recolor();
  }

  private representationProps(item: Loaded): object {
    const shape = this.light ? lightShape(item.structure.polymerResidueCount) : {};
    const color = { color: THEME, colorParams: { version: this.version } };
    if (this.representation === 'surface') {
      const small = item.mapping.rowOfResidue.length <= SMOOTH_SURFACE;
      return { type: small ? 'molecular-surface' : 'gaussian-surface', ...color };
    }
    if (this.representation === 'putty') {
      return { type: 'putty', size: SIZES, typeParams: { sizeFactor: 1, ...shape }, ...color };
    }
    if (this.representation === 'tube') {
      return { type: 'putty', size: 'uniform', sizeParams: { value: 0.9 }, typeParams: { sizeFactor: 1, ...shape }, ...color };
    }
    return { type: this.representation, typeParams: this.representation === 'cartoon' ? shape : {}, ...color };
  }

  /** Repaint every drawing with the colours set last. */
  async recolor(): Promise<void> {
    const update = this.plugin.build();
    for (const { polymer, others, detail } of this.loaded) {
      for (const component of [polymer, ...others, detail]) {
        if (!component) continue;
        for (const cell of this.drawings(component)) {
          update.to(cell.transform.ref).update((old: { colorTheme: unknown }) => {
            old.colorTheme = { name: THEME, params: { version: this.version } };
          });
        }
      }
    }
    await update.commit();
  }

  private drawings(component: Ref) {
    const { data } = this.plugin.state;
    return data.selectQ(q => q.byRef(component.ref).children().ofType(PluginStateObject.Molecule.Structure.Representation3D));
  }

  /** Mark rows in 3D at once, then show their side chains. */
  async select(rows: ReadonlySet<number>): Promise<void> {
    this.markSelected(rows);
    if (!this.covered) await this.shown();
    for (const item of this.loaded) {
      const loci = lociOf(item.structure, item.mapping, rows);
      await this.showDetail(item, rows.size <= MOST_DETAILED ? loci : StructureElement.Loci.none(item.structure));
    }
    if (rows.size) this.markSelected(rows);
  }

  /** What was asked for is on screen, or the page is not and nothing will be for a while. */
  private shown(): Promise<unknown> {
    return Promise.race([frames(this.plugin, 1), new Promise(resolve => setTimeout(resolve, UNSEEN_MS))]);
  }

  private markSelected(rows: ReadonlySet<number>): void {
    const marks = this.plugin.managers.interactivity.lociSelects;
    marks.deselectAll();
    for (const { structure, mapping } of this.loaded) {
      const loci = lociOf(structure, mapping, rows);
      if (!StructureElement.Loci.isEmpty(loci)) marks.select({ loci }, false);
    }
  }

  private async showDetail(item: Loaded, loci: StructureElement.Loci): Promise<void> {
    const { detail } = item;
    if (this.representation !== 'cartoon' || StructureElement.Loci.isEmpty(loci)) {
      item.detail = undefined;
      if (detail) await this.plugin.build().delete(detail.ref).commit();
      return;
    }
    const bundle = StructureElement.Bundle.fromLoci(loci);
    if (detail) {
      // What is drawn of it follows by itself.
      await this.plugin.build().to(detail.ref).update((old: { bundle: unknown }) => { old.bundle = bundle; }).commit();
      return;
    }
    item.detail = await this.plugin.build().to(item.root)
      .apply(StateTransforms.Model.StructureSelectionFromBundle, { bundle, label: 'Selected' }).commit();
    await this.plugin.builders.structure.representation.addRepresentation(item.detail, {
      type: 'ball-and-stick', typeParams: { sizeFactor: 0.18 },
      color: THEME as never, colorParams: { version: this.version } as never
    });
  }

  highlight(row: number): void {
    const marks = this.plugin.managers.interactivity.lociHighlights;
    if (row < 0) return marks.clearHighlights();
    const loci = this.lociAnywhere(new Set([row]));
    if (loci) marks.highlightOnly({ loci }, false);
    else marks.clearHighlights();
  }

  focus(rows: ReadonlySet<number>, durationMs: number): void {
    const loci = this.loaded.map(i => lociOf(i.structure, i.mapping, rows)).filter(l => !StructureElement.Loci.isEmpty(l));
    if (loci.length) this.plugin.managers.camera.focusLoci(loci, { durationMs, minRadius: 8, extraRadius: 6 });
  }

  /** Draw no frame while a picture is put together: only the whole of it is worth the time. */
  async cover(work: () => Promise<void>): Promise<void> {
    const { animationLoop } = this.plugin;
    animationLoop.stop({ noDraw: true });
    this.covered = true;
    try {
      await work();
    } finally {
      this.covered = false;
      animationLoop.start();
    }
  }

  /** Put everything in frame, and wait until it is on screen. */
  async frame(durationMs = 0): Promise<void> {
    const canvas = this.plugin.canvas3d!;
    const drawn = frames(this.plugin, 1);
    canvas.requestCameraReset({ durationMs, snapshot: bestCamera(this.plugin, this.loaded.map(l => l.structure)) as never });
    canvas.commit(true);
    await drawn;
    // The new camera looks at a whole sphere again.
    if (this.clipped) this.cut(this.clipped);
  }

  setBackground(color: number): void {
    this.plugin.canvas3d?.setProps({ renderer: { backgroundColor: Color(color) } });
  }

  /** Labels and distances of rows; those of structures that are not in this picture are left out. */
  async mark(marks: { kind: PlacedMark['kind']; rows: number[]; text: string }[], dark: boolean): Promise<void> {
    const placed = marks.map(({ kind, rows, text }) => {
      const groups = kind === 'label' ? [rows] : rows.map(row => [row]);
      return { kind, text, loci: groups.map(group => this.lociAnywhere(new Set(group))).filter(l => l !== null) };
    });
    await drawMarks(this.plugin, placed.filter(m => m.loci.length === (m.kind === 'label' ? 1 : 2)), dark);
  }

  /** The atoms of rows in the first structure that has some. */
  private lociAnywhere(rows: ReadonlySet<number>): StructureElement.Loci | null {
    const found = this.loaded.map(i => lociOf(i.structure, i.mapping, rows));
    return found.find(l => !StructureElement.Loci.isEmpty(l)) ?? null;
  }

  /** Å between the backbones of two rows, or null when one is not in this picture. */
  distance(a: number, b: number): number | null {
    const [one, two] = [a, b].map(row => this.lociAnywhere(new Set([row])));
    return one && two ? distance(one, two) : null;
  }

  camera(): unknown {
    return this.plugin.canvas3d?.camera.getSnapshot();
  }

  setCamera(snapshot: unknown): void {
    this.plugin.canvas3d?.requestCameraReset({ snapshot: snapshot as never, durationMs: 0 });
  }

  /** Look from where another picture does, at once. */
  lookFrom(snapshot: unknown): void {
    this.plugin.canvas3d?.camera.setState(snapshot as never, 0);
    this.plugin.canvas3d?.requestDraw();
  }

  /** A picture as it is on screen. */
  png(options: PictureOptions): Promise<Blob> {
    return pngOf(this.plugin, options);
  }

  /** A picture to keep: in the finest shape, whatever is on screen. */
  async finePng(options: PictureOptions): Promise<Blob> {
    if (!this.light) return this.png(options);
    await this.shape(() => 'auto');
    try {
      return await this.png(options);
    } finally {
      await this.shape(residues => lightShape(residues).quality);
    }
  }

  /** Build the drawings of the polymers anew in another quality. */
  private async shape(quality: (residues: number) => string): Promise<void> {
    const update = this.plugin.build();
    for (const { polymer, structure } of this.loaded) {
      if (!polymer) continue;
      for (const cell of this.drawings(polymer)) {
        update.to(cell.transform.ref).update((old: { type: { params: { quality: string } } }) => {
          if ('linearSegments' in old.type.params) old.type.params.quality = quality(structure.polymerResidueCount);
        });
      }
    }
    await update.commit();
  }

  /** Where the middle of a residue is on the canvas, in CSS pixels from its top left. */
  locate(row: number): { x: number; y: number } | null {
    const canvas = this.plugin.canvas3d;
    const loci = this.lociAnywhere(new Set([row]));
    if (!canvas || !loci) return null;
    const p = canvas.camera.project(Vec4(), tracePosition(loci));
    const { width, height } = canvas.camera.viewport;
    const shown = this.plugin.canvas3dContext!.canvas!.getBoundingClientRect();
    return { x: (p[0] / width) * shown.width, y: (1 - p[1] / height) * shown.height };
  }

  /** What is drawn, read from Mol* itself. */
  report() {
    const kinds: string[] = [];
    const themes = new Set<string>();
    const { data } = this.plugin.state;
    const cells = data.selectQ(q => q.ofType(PluginStateObject.Molecule.Structure.Representation3D));
    for (const cell of cells) {
      const params = cell.transform.params as { type: { name: string }; colorTheme: { name: string } };
      kinds.push(params.type.name);
      themes.add(params.colorTheme.name);
    }
    const colors = new Set<number>();
    for (const { mapping } of this.loaded) modelColors.get(mapping.model)?.forEach(c => c >= 0 && colors.add(c));
    const selected = [...this.plugin.managers.structure.selection.entries.values()]
      .reduce((n, entry) => n + StructureElement.Loci.size(entry.selection), 0);
    return {
      representations: kinds, themes: [...themes], colors: colors.size, selectedAtoms: selected,
      marks: this.plugin.managers.structure.measurement.state.labels.length +
        this.plugin.managers.structure.measurement.state.distances.length,
      clip: this.clipped,
      residues: this.loaded.reduce((n, l) => n + l.structure.polymerResidueCount, 0)
    };
  }

  dispose(): void {
    this.loaded = [];
    this.plugin.dispose();
  }
}

function taskOf<T>(name: string, run: (ctx: RuntimeContext) => Promise<T>): Task<T> {
  return Task.create(name, run);
}
