// Builds the engine (Mol* and our views), the two widget modules, and says which engine it is.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = fileURLToPath(new URL('../foldsight_widgets/static/', import.meta.url));
const shared = {
  absWorkingDir: here, bundle: true, minify: true, format: 'esm', target: 'es2022', write: false,
  legalComments: 'none', logLevel: 'warning', loader: { '.css': 'text' }, metafile: true,
  define: { 'process.env.NODE_ENV': '"production"' }
};

async function bundle(entry, define = {}) {
  const result = await build({ ...shared, entryPoints: [entry], define: { ...shared.define, ...define } });
  return { content: result.outputFiles[0].contents, inputs: Object.keys(result.metafile.inputs) };
}

// The licences of what is inside the engine travel with it, as they ask.
function licences(inputs) {
  const folders = inputs.map(path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean);
  return [...new Set(folders)].sort().map(folder => {
    const root = new URL(`${folder}/`, new URL('.', import.meta.url));
    const { name, version, license } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
    const file = readdirSync(root).find(f => /^licen[cs]e/i.test(f));
    const text = file ? readFileSync(new URL(file, root), 'utf8') : '';
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  }).join(`\n${'-'.repeat(78)}\n\n`);
}

const { content: engine, inputs } = await bundle('src/engine.ts');
// The name carries the content, so a page can never run the engine of another version.
const name = `engine-${createHash('sha256').update(engine).digest('hex').slice(0, 16)}.js`;
const files = {
  [name]: engine,
  [`${name}.gz`]: gzipSync(engine, { level: 9 }),
  'structure-view.js': (await bundle('src/widget.ts', { __ENGINE__: JSON.stringify(name) })).content,
  'mvs-view.js': (await bundle('src/mvs_widget.ts', { __ENGINE__: JSON.stringify(name) })).content,
  'variant-map.js': (await bundle('src/variants.ts')).content,
  'job-progress.js': (await bundle('src/progress.ts')).content,
  'engine.LICENSES.txt': licences(inputs),
  'manifest.json': JSON.stringify({ engine: name })
};
mkdirSync(out, { recursive: true });
for (const [file, content] of Object.entries(files)) writeFileSync(out + file, content);
for (const file of readdirSync(out)) if (!(file in files)) rmSync(out + file, { recursive: true });
