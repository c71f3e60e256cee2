import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import type TypeScript from 'typescript';
import { _n, __, english, speak } from '../src/words';
import { describe, elapsed } from '../src/job';

// The tests run as files of another folder, where packages are not found by their names.
const ts = createRequire(join(process.cwd(), 'package.json'))('typescript') as typeof TypeScript;

afterEach(() => speak(english));

test('texts are English with their holes filled, until another language is spoken', () => {
  assert.equal(__('%1 of %2', '3', '7'), '3 of 7');
  assert.deepEqual([1, 2].map(n => _n('%1 residue', '%1 residues', n)), ['1 residue', '2 residues']);
  speak({ __: text => text.toUpperCase(), _n: (_one, many) => many.toUpperCase() });
  const job = {
    id: 'x', name: 'x', state: 'queued' as const, progress: 0, message: '', engine: null, created: null,
    started: '2026-01-01T00:00:00Z', finished: null, position: 2, cached: false, error: null
  };
  assert.equal(describe(job), 'QUEUED, %1 BEFORE IT');
  assert.equal(elapsed(job, Date.parse('2026-01-01T00:00:30Z')), '%1 S');
});

/** Attributes and properties that a reader sees or hears. */
const SHOWN = new Set(['title', 'aria-label', 'placeholder', 'alt', 'aria-valuetext', 'textContent', 'innerText', 'label', 'caption', 'ariaLabel']);
/** Helpers and which of their arguments are shown. */
const CALLS: Record<string, (position: number) => boolean> = {
  make: i => i > 2, iconButton: i => i === 0, button: i => i === 0, field: i => i === 0, append: () => true, fillText: i => i === 0, say: i => i === 0
};
/** Names of things are the same in every language; so are symbols of units. */
const NAMES = /\b(FoldSight|UniProt|PDB|AlphaFold DB|Å|SASA|pLDDT|PAE)\b/g;

/** Literals with words that reach the reader as they are. */
function untranslated(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const literal = (node: TypeScript.Node): void => {
    if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(literal);
    else if (ts.isParenthesizedExpression(node)) literal(node.expression);
    else if (ts.isBinaryExpression(node)) [node.left, node.right].forEach(literal);
    else if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) note(node, node.text);
    else if (ts.isTemplateExpression(node)) {
      note(node, [node.head.text, ...node.templateSpans.map(span => span.literal.text)].join(' '));
      node.templateSpans.forEach(span => literal(span.expression));
    }
  };
  const note = (node: TypeScript.Node, text: string): void => {
    if (!/\p{Ll}{2}/u.test(text.replace(NAMES, ''))) return;
    found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${text}`);
  };
  const visit = (node: TypeScript.Node): void => {
    if (ts.isPropertyAssignment(node) && SHOWN.has(node.name.getText().replace(/['"]/g, ''))) literal(node.initializer);
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isPropertyAccessExpression(node.left)
      && SHOWN.has(node.left.name.text) && node.left.getText() !== 'style.textContent') literal(node.right);
    if (isSentence(node) && !exempt(node)) literal(node);
    if (ts.isCallExpression(node)) {
      const callee = node.expression;
      const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText();
      if (name === 'setAttribute' && ts.isStringLiteral(node.arguments[0]) && SHOWN.has(node.arguments[0].text)) literal(node.arguments[1]);
      node.arguments.filter((_, i) => CALLS[name]?.(i)).forEach(literal);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...new Set(found)];
}

/** Two words and more that begin with a capital are meant for a reader, wherever they stand. */
function isSentence(node: TypeScript.Node): boolean {
  const text = ts.isTemplateExpression(node) ? node.head.text : ts.isStringLiteralLike(node) ? node.text : '';
  return /^[A-Z][a-z]*(…|\.)? \p{L}*/u.test(text) && !/^[A-Z] ?[\d.]/.test(text);
}

/** Texts for translators, for whoever reads a trace or a list of plugins, and for the page. */
const FOR_OTHERS = new Set(['__', '_n', 'Error', 'shownArgs', 'opener']);

function exempt(node: TypeScript.Node): boolean {
  const { parent } = node;
  if (ts.isPropertyAssignment(parent)) return parent.name.getText() === 'description';
  if (!ts.isCallExpression(parent) && !ts.isNewExpression(parent)) return false;
  const callee = parent.expression;
  return FOR_OTHERS.has(ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText());
}

test('what the reader sees goes through the translator', () => {
  const folders = ['widgets/js/src', 'jupyter_extension/src'].map(folder => join(process.cwd(), folder));
  assert.ok(folders.every(folder => existsSync(folder)), 'run from the root of the repository');
  const files = folders.flatMap(folder => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(file => join(folder, file)));
  // What Mol* keeps in its own tree of objects nobody sees.
  const sources = files.filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.includes('/mol/'));
  assert.ok(sources.length > 60);
  assert.deepEqual(sources.flatMap(untranslated), []);
});
