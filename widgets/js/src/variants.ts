/** The module of VariantMap: 20 x L ddG on a canvas, its columns in step with a selection. */
import { Listening, type WidgetModel } from './comm';
import { between, CELL, cellAt, colorOf, describeCell, valueAt, type Cell, type GridData } from './grid';
import { isDark, watchTheme } from './theming';
import css from './variants.css';
import { __ } from './words';

interface Facts {
  residues: string[];
  labels: string[];
  doubtful: boolean[];
  types: string;
  limit: number;
}

function dataOf(model: WidgetModel): GridData {
  const facts = model.get('facts') as Facts;
  const bytes = model.get('values') as DataView;
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return { ...facts, values: new Float32Array(copy as ArrayBuffer) };
}

function build(el: HTMLElement) {
  const style = document.createElement('style');
  style.textContent = css;
  const root = document.createElement('div');
  root.className = 'foldsight-variants';
  root.innerHTML =
    '<div class="fsv-scroll" tabindex="0" role="application"><canvas></canvas></div>' +
    '<div class="fsv-foot"><span class="fsv-said" role="status"></span>' +
    '<span class="fsv-scale"><span class="fsv-low"></span><span class="fsv-ramp"></span><span class="fsv-high"></span></span></div>';
  el.append(style, root);
  const find = <E extends Element>(name: string) => root.querySelector(name) as E;
  return {
    scroll: find<HTMLElement>('.fsv-scroll'), canvas: find<HTMLCanvasElement>('canvas'),
    said: find<HTMLElement>('.fsv-said'), low: find<HTMLElement>('.fsv-low'), high: find<HTMLElement>('.fsv-high')
  };
}

type Parts = ReturnType<typeof build>;

function draw({ canvas }: Parts, data: GridData, selected: ReadonlySet<string>, at: Cell | null): void {
  const width = CELL.left + CELL.width * data.residues.length + 1;
  const height = CELL.top + CELL.height * data.types.length + 1;
  const ratio = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const pen = canvas.getContext('2d')!;
  pen.scale(ratio, ratio);
  const ink = getComputedStyle(canvas).color;
  pen.font = '9px sans-serif';
  pen.textBaseline = 'middle';
  pen.textAlign = 'center';
  drawNames(pen, data, ink);
  for (let column = 0; column < data.residues.length; column++) drawColumn(pen, data, column, ink);
  pen.strokeStyle = isDark() ? '#ffd54f' : '#e65100';
  pen.lineWidth = 1.5;
  data.residues.forEach((name, column) => {
    if (selected.has(name)) pen.strokeRect(CELL.left + CELL.width * column, CELL.top - 1, CELL.width, height - CELL.top);
  });
  if (!at) return;
  pen.strokeStyle = ink;
  pen.strokeRect(CELL.left + CELL.width * at.column, CELL.top + CELL.height * Math.max(at.row, 0), CELL.width, CELL.height);
}

function drawNames(pen: CanvasRenderingContext2D, data: GridData, ink: string): void {
  pen.fillStyle = ink;
  [...data.types].forEach((type, row) => pen.fillText(type, CELL.left / 2, CELL.top + CELL.height * (row + 0.5)));
  data.labels.forEach((label, column) => {
    const number = /-?\d+/.exec(label.split(':')[1] ?? '')?.[0];
    if (number && Number(number) % 10 === 0) pen.fillText(number, CELL.left + CELL.width * (column + 0.5), CELL.top / 2 - 1);
  });
}

function drawColumn(pen: CanvasRenderingContext2D, data: GridData, column: number, ink: string): void {
  const x = CELL.left + CELL.width * column;
  const wild = data.types.indexOf(data.labels[column].split(':')[1]?.[0] ?? '');
  for (let row = 0; row < data.types.length; row++) {
    const y = CELL.top + CELL.height * row;
    pen.fillStyle = colorOf(valueAt(data, { column, row }), data.limit);
    pen.fillRect(x, y, CELL.width - 0.5, CELL.height - 0.5);
    if (row !== wild) continue;
    pen.fillStyle = '#111111';
    pen.beginPath();
    pen.arc(x + CELL.width / 2, y + CELL.height / 2, 1.8, 0, 2 * Math.PI);
    pen.fill();
  }
  if (!data.doubtful[column]) return;
  pen.fillStyle = ink;
  pen.fillRect(x + CELL.width / 2 - 2, CELL.top - 5, 3, 3);
}

const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  PageUp: [-10, 0], PageDown: [10, 0], Home: [-Infinity, 0], End: [Infinity, 0]
};

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}

export default {
  render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
    const parts = build(el);
    const listening = new Listening(model);
    let data = dataOf(model);
    let at: Cell | null = null;
    let anchor: number | null = null;
    let dragging = false;

    const selected = () => new Set(model.get('selection') as string[]);
    const redraw = () => draw(parts, data, selected(), at);
    const say = (text: string) => { parts.said.textContent = text; };
    const point = (cell: Cell | null) => {
      at = cell;
      say(cell ? describeCell(data, cell) : '');
      redraw();
    };
    const select = (columns: number[]) => {
      model.set('selection', columns.map(column => data.residues[column]));
      model.save_changes();
      redraw();
    };
    const pick = (column: number, extend: boolean) => {
      if (!extend || anchor === null) anchor = column;
      select(between(anchor, column));
    };
    const under = (event: PointerEvent) => cellAt(data, event.offsetX, event.offsetY);

    parts.scroll.setAttribute('aria-label', __('Variant map: ddG of every change. Arrow keys move, Enter selects the residue.'));
    parts.low.textContent = __('%1 stabilises', String(-data.limit));
    parts.high.textContent = __('+%1 kcal/mol, destabilises', String(data.limit));
    parts.canvas.addEventListener('pointermove', event => {
      const cell = under(event);
      point(cell);
      if (dragging && cell && anchor !== null) select(between(anchor, cell.column));
    });
    parts.canvas.addEventListener('pointerdown', event => {
      const cell = under(event);
      if (!cell) return;
      dragging = true;
      parts.canvas.setPointerCapture(event.pointerId);
      pick(cell.column, event.shiftKey);
    });
    parts.canvas.addEventListener('pointerup', () => { dragging = false; });
    parts.canvas.addEventListener('pointerleave', () => point(null));
    parts.scroll.addEventListener('keydown', event => {
      const step = STEPS[event.key];
      if (step) {
        const now = at ?? { column: 0, row: 0 };
        point({
          column: clamp(now.column + step[0], data.residues.length - 1),
          row: clamp(now.row + step[1], data.types.length - 1)
        });
        const left = CELL.left + CELL.width * at!.column;
        if (left < parts.scroll.scrollLeft || left > parts.scroll.scrollLeft + parts.scroll.clientWidth - 2 * CELL.width)
          parts.scroll.scrollLeft = left - parts.scroll.clientWidth / 2;
        if (event.shiftKey && anchor !== null) select(between(anchor, at!.column));
      } else if (event.key === 'Enter' && at) pick(at.column, event.shiftKey);
      else if (event.key === 'Escape') select([]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    listening.on('change:selection', redraw);
    listening.on('change:values', () => {
      data = dataOf(model);
      redraw();
    });
    const unwatch = watchTheme(redraw);
    return () => {
      unwatch();
      listening.stop();
    };
  }
};
