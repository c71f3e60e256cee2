// Builds the engine (Mol* and our views), the two widget modules, and says which engine it is.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = fileURLToPath(new URL('../foldsight_widgets/static/', import.meta.url));
const shared = {
  absWorkingDir: here, bundle: true, minify: true, format: 'esm', target: 'es2022', write: false,
  legalComments: 'none', logLevel: 'warning', loader: { '.css': 'text' },
  define: { 'process.env.NODE_ENV': '"production"' }
};

async function bundle(entry, define = {}) {
  const result = await build({ ...shared, entryPoints: [entry], define: { ...shared.define, ...define } });
  return result.outputFiles[0].contents;
}

const engine = await bundle('src/engine.ts');
// The name carries the content, so a page can never run the engine of another version.
const name = `engine-${createHash('sha256').update(engine).digest('hex').slice(0, 16)}.js`;
const files = {
  [name]: engine,
  [`${name}.gz`]: gzipSync(engine, { level: 9 }),
  'structure-view.js': await bundle('src/widget.ts', { __ENGINE__: JSON.stringify(name) }),
  'job-progress.js': await bundle('src/progress.ts'),
  'manifest.json': JSON.stringify({ engine: name })
};
mkdirSync(out, { recursive: true });
for (const [file, content] of Object.entries(files)) writeFileSync(out + file, content);
for (const file of readdirSync(out)) if (!(file in files)) rmSync(out + file, { recursive: true });
