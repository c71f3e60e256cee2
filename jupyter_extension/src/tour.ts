/** A short tour of what FoldSight adds to JupyterLab: a card that points at one thing after the other. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator, type Bundle } from '@jupyterlab/translation';
import { make } from './dom';
import { icon } from './icon';
import { CATEGORY, COMMANDS } from './ids';

interface Stop {
  title: string;
  text: string;
  /** What it is about; the card stands in the middle where this is not on the page. */
  at?: string;
  /** The command that brings it onto the page. */
  first?: string;
}

const GAP = 12;

function stops(words: Bundle): Stop[] {
  return [
    {
      title: words.__('From a sequence to a structure'), at: '.fsl-form form', first: COMMANDS.fold,
      text: words.__('Paste FASTA or drop a file. Each record is checked while you type, and what it would cost is shown before you submit.')
    },
    {
      title: words.__('Jobs go on without you'), at: '#foldsight-jobs', first: COMMANDS.show,
      text: words.__('Progress, place in the queue, cancel and try again. Closing the notebook stops nothing; you are told when one is done.')
    },
    {
      title: words.__('The queue at a glance'), at: '.fsl-status',
      text: words.__('The status bar says what runs and what waits. A click opens the jobs.')
    },
    {
      title: words.__('Search where structures are'), at: '#foldsight-search', first: COMMANDS.search,
      text: words.__('PDB, UniProt, AlphaFold DB, the library of this machine and your projects. What is found opens at once, or goes to the form.')
    },
    {
      title: words.__('Structure files open by themselves'), at: '.jp-DirListing', first: 'filebrowser:activate',
      text: words.__('Double-click a .pdb, .cif, .bcif or .foldsight file: 3D, sequence, confidence and PAE in one selection. “Open With” still offers the text.')
    },
    {
      title: words.__('In a notebook'),
      text: words.__('%load_ext foldsight, then %foldsight fold protease.fasta. What you select in the picture is view.selection in Python; %foldsight help lists the verbs.')
    }
  ];
}

export const tour: JupyterFrontEndPlugin<void> = {
  id: '@foldsight/lab:tour',
  description: 'A short tour of FoldSight.',
  autoStart: true,
  optional: [ICommandPalette, ILauncher, ITranslator],
  activate(app: JupyterFrontEnd, palette: ICommandPalette | null, launcher: ILauncher | null, translator: ITranslator | null) {
    const words = (translator ?? nullTranslator).load('foldsight');
    app.commands.addCommand(COMMANDS.tour, {
      label: words.__('Tour of FoldSight'), caption: words.__('Six short stops'), icon: icon as never,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => new Card(app, stops(words), words).show(0)
    });
    palette?.addItem({ command: COMMANDS.tour, category: CATEGORY });
    launcher?.add({ command: COMMANDS.tour, category: CATEGORY, rank: 9 });
  }
};

/** The card and the ring around what it speaks of. */
class Card {
  private readonly ring = make('div', 'fsl-tour-ring');
  private readonly card = make('div', 'fsl-tour', { role: 'dialog', 'aria-labelledby': 'fsl-tour-title', 'aria-describedby': 'fsl-tour-text', tabindex: '-1' });
  private readonly before = document.activeElement as HTMLElement | null;

  constructor(private readonly app: JupyterFrontEnd, private readonly stops: Stop[], private readonly words: Bundle) {
    document.querySelectorAll('.fsl-tour, .fsl-tour-ring').forEach(old => old.remove());
    this.card.addEventListener('keydown', event => this.key(event));
    document.body.append(this.ring, this.card);
  }

  async show(index: number): Promise<void> {
    const stop = this.stops[index];
    if (stop.first) await this.app.commands.execute(stop.first);
    // What was opened is laid out, and takes the focus, in the frames that follow.
    await frames(3);
    if (!this.card.isConnected) return;
    this.write(stop, index);
    this.place(stop.at ? document.querySelector(stop.at) : null);
    this.card.querySelector<HTMLElement>('.jp-mod-accept')?.focus();
  }

  private write(stop: Stop, index: number): void {
    const last = index === this.stops.length - 1;
    const close = this.button(this.words.__('Close'), () => this.close());
    const back = this.button(this.words.__('Back'), () => void this.show(index - 1));
    const next = this.button(last ? this.words.__('Done') : this.words.__('Next'), () => (last ? this.close() : void this.show(index + 1)), true);
    this.card.replaceChildren(
      make('h2', '', { id: 'fsl-tour-title' }, stop.title), make('p', '', { id: 'fsl-tour-text' }, stop.text),
      make('div', 'fsl-tour-line', {}, make('span', '', {}, `${index + 1} / ${this.stops.length}`), ...(last ? [] : [close]), ...(index ? [back] : []), next)
    );
  }

  private button(label: string, act: () => void, accept = false): HTMLButtonElement {
    const made = make('button', `jp-Button fsl-small jp-mod-styled${accept ? ' jp-mod-accept' : ''}`, { type: 'button' }, label);
    made.addEventListener('click', act);
    return made;
  }

  private place(target: Element | null): void {
    const box = target?.getBoundingClientRect();
    this.ring.hidden = !box || box.width === 0;
    const { offsetWidth: width, offsetHeight: height } = this.card;
    if (!box || box.width === 0) return this.put((innerWidth - width) / 2, (innerHeight - height) / 2);
    Object.assign(this.ring.style, { left: `${box.left - 3}px`, top: `${box.top - 3}px`, width: `${box.width}px`, height: `${box.height}px` });
    if (box.right + GAP + width < innerWidth) this.put(box.right + GAP, box.top);
    else if (box.bottom + GAP + height < innerHeight) this.put(box.left, box.bottom + GAP);
    else if (box.top - GAP - height > 0) this.put(box.left, box.top - GAP - height);
    else this.put(box.right - width, box.bottom - height);
  }

  private put(x: number, y: number): void {
    const inside = (at: number, size: number, room: number) => Math.max(GAP, Math.min(at, room - size - GAP));
    this.card.style.left = `${inside(x, this.card.offsetWidth, innerWidth)}px`;
    this.card.style.top = `${inside(y, this.card.offsetHeight, innerHeight)}px`;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.close();
    else if (event.key === 'ArrowRight') this.card.querySelector<HTMLElement>('.jp-mod-accept')?.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private close(): void {
    this.ring.remove();
    this.card.remove();
    this.before?.focus();
  }
}

async function frames(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(resolve => requestAnimationFrame(resolve));
}
