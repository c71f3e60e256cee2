/** What the annotations panel needs of a document of annotations, wherever it is kept. */
import type { Annotation } from '../annotation_types';
import type { RefData } from '../scene';

export interface Person {
  /** One page of a person: two tabs are two. */
  client: number;
  id: string;
  name: string;
  colour: string;
  selection: RefData[];
  hover: RefData | null;
  camera: unknown;
}

/** What somebody shows to the others of a room. */
export interface Pointing {
  selection?: RefData[];
  hover?: RefData | null;
  camera?: unknown;
}

/** `notes`: annotations or comments; `people`: who is here and where they point; `state`: connection, rights, words. */
export type Heard = 'notes' | 'people' | 'state';

export type Draft = Pick<Annotation, 'ranges' | 'layer' | 'kind' | 'colour' | 'label' | 'text'>;

export interface Notes {
  /** Oldest first. */
  all(): Annotation[];
  readonly me: { id: string; name: string };
  readonly may: { comment: boolean; edit: boolean };
  /** The others. */
  readonly people: Person[];
  /** What to tell the reader: empty when all is well. */
  readonly words: string;
  /** Whether others see what is written. */
  readonly shared: boolean;
  add(draft: Draft): void;
  change(id: string, fields: Partial<Draft> & { resolved?: boolean }): void;
  remove(id: string): void;
  comment(id: string, text: string): void;
  editComment(id: string, comment: string, text: string): void;
  removeComment(id: string, comment: string): void;
  /** Take back what this person did last, where that can be done. */
  undo?(): void;
  point(where: Pointing): void;
  listen(listener: (what: Heard) => void): void;
  close(): void;
}
