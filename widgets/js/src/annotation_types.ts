// Written by scripts/annotation-types from foldsight/annotation/schema.json; do not edit.

export const SCHEMA_VERSION = 1;

export interface ResidueAnchor {
  chain: string;
  auth_seq: number;
  ins_code: string;
  label_seq: number | null;
  uniprot: number | null;
  letter: string;
}

export interface Span {
  first: ResidueAnchor;
  last: ResidueAnchor;
}

export interface Edit {
  text: string;
  until: Moment;
}

export interface Comment {
  id: Id;
  author: UserId;
  author_name: UserName;
  text: string;
  created: Moment;
  edited: Moment | null;
  history: Edit[];
  mentions: UserId[];
}

export interface Annotation {
  id: Id;
  structure: string;
  ranges: Span[];
  layer: string;
  kind: string;
  colour: string;
  label: string;
  text: string;
  author: UserId;
  author_name: UserName;
  created: Moment;
  resolved: boolean;
  comments: Record<string, Comment>;
}

export interface Layer {
  id: Id;
  name: string;
  colour: string;
  order: number;
}

export interface SavedScene {
  id: Id;
  name: string;
  author: UserId;
  created: Moment;
  mvsj: string;
}

export interface Meta {
  schema_version: number;
}

export interface AnnotationDocument {
  annotations: Record<string, Annotation>;
  layers: Record<string, Layer>;
  scenes: Record<string, SavedScene>;
  meta: Meta;
}

export type Id = string;

export type UserId = string;

export type UserName = string;

export type Moment = string;
