/** What a view needs from the world around it: a widget's comm, or a saved figure. */
import type { KernelDoor } from './room/kernel';
import type { RefData, Scene } from './scene';

export interface Command {
  name: string;
  args: Record<string, unknown>;
}

export interface Reply {
  value: unknown;
  buffer?: ArrayBuffer;
}

/** Where annotations come from: a room of the server, or the kernel's own document. */
export interface NotesDoor extends KernelDoor {
  /** Id of the room that the kernel has joined; empty without one. */
  room(): string;
}

export interface Host {
  scene(): Scene | null;
  selection(): RefData[];
  /** The user selected something in this view. */
  select(refs: RefData[]): void;
  onScene(callback: () => void): void;
  onSelection(callback: () => void): void;
  /** The pointer is on a residue in this view, or on none. */
  hover(ref: RefData | null): void;
  onHover(callback: (ref: RefData | null) => void): void;
  /** Which frame is shown, where the world around keeps it. */
  frame?: { get(): number; set(frame: number): void; onChange(callback: () => void): void };
  onCommand(run: (command: Command) => Promise<Reply>): void;
  /** Absent where nobody keeps annotations, as for a figure in a file. */
  notes?: NotesDoor;
  /** A fresh picture of the view, where somebody keeps figures. */
  keepPicture?(png: ArrayBuffer): void;
}
