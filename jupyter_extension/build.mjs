// Bundles the extension's source, then wraps it as a prebuilt labextension with Jupyter's builder.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const manifest = new URL('../widgets/foldsight_widgets/static/manifest.json', import.meta.url);
const { engine } = JSON.parse(readFileSync(manifest, 'utf8'));

await build({
  absWorkingDir: here, entryPoints: ['src/index.ts', 'src/lab.ts'], outdir: 'lib', bundle: true, format: 'esm',
  target: 'es2022', packages: 'external', loader: { '.css': 'text' }, logLevel: 'warning', define: { __ENGINE__: JSON.stringify(engine) }
});

const resolve = createRequire(import.meta.url).resolve;
execFileSync(process.execPath, [
  resolve('@jupyter/builder/lib/build-labextension.js'),
  '--core-package-file', resolve('@jupyterlab/core-meta/core.package.json'), here
], { cwd: here, stdio: ['ignore', 'ignore', 'inherit'] });
