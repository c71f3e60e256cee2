/** Annotations in a Yjs document: the shape that `docs/developers/rooms.md` describes. */
import * as Y from 'yjs';
import type { Annotation, Comment } from '../annotation_types';
import type { Draft } from './notes';

export type Author = { id: string; name: string };

/** At most this many old texts of a comment are kept; the schema allows no more. */
const MOST_HISTORY = 100;

export function annotationsOf(doc: Y.Doc): Y.Map<Y.Map<unknown>> {
  return doc.getMap('annotations');
}

/** All annotations as plain values, oldest first; what is not one is left out. */
export function readAll(doc: Y.Doc): Annotation[] {
  const found: Annotation[] = [];
  annotationsOf(doc).forEach(held => {
    if (!(held instanceof Y.Map)) return;
    const data = held.toJSON() as Annotation;
    if (Array.isArray(data.ranges) && typeof data.text === 'string') found.push(data);
  });
  return found.sort((a, b) => a.created.localeCompare(b.created) || a.id.localeCompare(b.id));
}

/** Add an annotation, whole, in one transaction: half of one breaks the schema. */
export function addAnnotation(doc: Y.Doc, draft: Draft & { structure: string }, author: Author, origin: unknown): string {
  const id = newId();
  doc.transact(() => {
    const made = new Y.Map<unknown>();
    const facts = { id, ...draft, author: author.id, author_name: author.name, created: now(), resolved: false };
    for (const [name, value] of Object.entries(facts)) if (name !== 'text') made.set(name, value);
    made.set('text', new Y.Text(draft.text));
    made.set('comments', new Y.Map());
    annotationsOf(doc).set(id, made);
  }, origin);
  return id;
}

export function changeAnnotation(doc: Y.Doc, id: string, fields: Record<string, unknown>, origin: unknown): void {
  const held = annotationsOf(doc).get(id);
  if (!held) return;
  doc.transact(() => {
    for (const [name, value] of Object.entries(fields)) {
      if (name === 'text') replaceText(held.get('text') as Y.Text, String(value));
      else held.set(name, value);
    }
  }, origin);
}

export function addComment(doc: Y.Doc, id: string, text: string, author: Author, origin: unknown): void {
  const comments = annotationsOf(doc).get(id)?.get('comments') as Y.Map<unknown> | undefined;
  if (!comments) return;
  const said: Comment = {
    id: newId(), author: author.id, author_name: author.name, text, created: now(), edited: null, history: [], mentions: mentionsOf(text)
  };
  doc.transact(() => comments.set(said.id, mapOf(said)), origin);
}

/** Change one's own comment; what it said before stays in its history. */
export function editComment(doc: Y.Doc, id: string, comment: string, text: string, origin: unknown): void {
  const held = commentOf(doc, id, comment);
  if (!held) return;
  const at = now(), history = [...(held.get('history') as Comment['history']), { text: String(held.get('text')), until: at }];
  doc.transact(() => {
    held.set('history', history.slice(-MOST_HISTORY));
    held.set('mentions', mentionsOf(text));
    held.set('text', text);
    held.set('edited', at);
  }, origin);
}

export function removeComment(doc: Y.Doc, id: string, comment: string, origin: unknown): void {
  const comments = annotationsOf(doc).get(id)?.get('comments') as Y.Map<unknown> | undefined;
  doc.transact(() => comments?.delete(comment), origin);
}

function commentOf(doc: Y.Doc, id: string, comment: string): Y.Map<unknown> | undefined {
  return (annotationsOf(doc).get(id)?.get('comments') as Y.Map<Y.Map<unknown>> | undefined)?.get(comment);
}

function mapOf(values: object): Y.Map<unknown> {
  return new Y.Map(Object.entries(values));
}

/** Touch only what differs, so that what others write meanwhile stays. */
function replaceText(shared: Y.Text, text: string): void {
  const old = shared.toString();
  let start = 0, end = 0;
  while (start < Math.min(old.length, text.length) && old[start] === text[start]) start++;
  while (end < Math.min(old.length, text.length) - start && old[old.length - 1 - end] === text[text.length - 1 - end]) end++;
  shared.delete(start, old.length - end - start);
  shared.insert(start, text.slice(start, text.length - end));
}

/** Whom a text mentions: `@name`, where no word or other `@` stands before it. */
export function mentionsOf(text: string): string[] {
  return [...new Set([...text.matchAll(/(?<![\w@])@(\w[\w.-]{0,198}\w|\w)/g)].map(m => m[1]))].slice(0, 50);
}

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_');
}

function now(): string {
  return new Date().toISOString();
}
