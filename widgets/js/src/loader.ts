/** Find the engine: the page has it, else our server serves it, else the kernel sends it. No CDN.
 * The comments in its `import()` calls keep bundlers from rewriting them. */

export type Engine = typeof import('./engine');

/** Where the Jupyter server of this page answers, or null. */
export function baseUrl(): string | null {
  const config = document.getElementById('jupyter-config-data')?.textContent;
  return config ? (JSON.parse(config).baseUrl ?? null) : null;
}

async function fromServer(): Promise<Engine> {
  const base = baseUrl();
  if (base === null) throw new Error('This page is not from a Jupyter server.');
  return import(/* webpackIgnore: true */ /* @vite-ignore */ `${location.origin}${base}foldsight/static/${__ENGINE__}`);
}

/** Turn gzipped source, as the kernel sends it, into a module. */
async function fromBytes(bytes: BlobPart): Promise<Engine> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const url = URL.createObjectURL(new Blob([await new Response(stream).blob()], { type: 'text/javascript' }));
  return import(/* webpackIgnore: true */ /* @vite-ignore */ url).finally(() => URL.revokeObjectURL(url));
}

/** Load the engine once for the whole page; a failure is not remembered. */
export function loadEngine(ask?: () => Promise<BlobPart>): Promise<Engine> {
  const page = globalThis as unknown as Record<string, Promise<Engine> | undefined>;
  const key = `foldsight:${__ENGINE__}`;
  const load = () => fromServer().catch(async error => {
    if (!ask) throw error;
    return fromBytes(await ask());
  });
  return (page[key] ??= load().catch(error => {
    page[key] = undefined;
    throw error;
  }));
}
