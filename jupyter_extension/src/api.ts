/** The server's REST interface, as far as Lab uses it. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Job } from '../../widgets/js/src/job';
import type { MvsScene } from '../../widgets/js/src/mol/mvs';
import type { SavedView } from '../../widgets/js/src/saved';

export interface LabJob extends Job {
  kind: string;
  request: Record<string, unknown>;
}

export interface Forecast {
  allowed: boolean;
  reason: string | null;
  cost: number;
  left: number | null;
  position: number;
  cached: boolean;
}

/** What a file holds: structures for the workbench, or a scene that is shown as it is. */
export type Opened = SavedView | { mvs: MvsScene };

export interface EngineInfo {
  id: string;
  title: string;
  ready: boolean;
  reason: string;
  sends: string;
}

export interface Found {
  total: number | null;
  rows: Record<string, unknown>[];
  /** What left the server, in sentences. */
  sent: string[];
  notes: string[];
}

export interface Sequence {
  name: string;
  sequence: string;
}

export interface FoldRequest {
  sequence: string;
  name: string;
  engine: string;
}

/** What the server said no with: one sentence, and what would be right. */
export class ApiError extends Error {}

async function call<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const settings = ServerConnection.makeSettings();
  const url = URLExt.join(settings.baseUrl, 'foldsight', path);
  const init: RequestInit = { method, body: body === undefined ? undefined : JSON.stringify(body) };
  const response = await ServerConnection.makeRequest(url, init, settings);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError([answer.detail ?? answer.message ?? response.statusText, answer.hint].filter(Boolean).join(' '));
  return answer as T;
}

const API = 'api/v1';

export const api = {
  jobs: async () => (await call<{ jobs: LabJob[] }>(`${API}/jobs?limit=100`)).jobs,
  engines: async () => (await call<{ engines: EngineInfo[] }>(`${API}/engines`)).engines,
  forecast: (request: FoldRequest) => call<Forecast>(`${API}/jobs/forecast`, 'POST', request),
  submit: (request: object) => call<LabJob>(`${API}/jobs`, 'POST', request),
  cancel: (id: string) => call<unknown>(`${API}/jobs/${id}/cancel`, 'POST', {}),
  scene: (path: string) => call<Opened>(`scene?path=${encodeURIComponent(path)}`),
  result: (id: string) => call<SavedView>(`scene?job=${encodeURIComponent(id)}`),
  entry: (name: string) => call<SavedView>(`scene?entry=${encodeURIComponent(name)}`),
  structure: (id: string) => call<SavedView>(`scene?structure=${encodeURIComponent(id)}`),
  search: (words: string, where: string) =>
    call<Found>(`${API}/sources/search?${new URLSearchParams({ q: words, where, limit: '50' })}`),
  sequence: (entry: string) => call<Sequence>(`${API}/sources/sequence?id=${encodeURIComponent(entry)}`),
  own: async (words: string) =>
    (await call<{ hits: Record<string, unknown>[] }>(`${API}/search?${new URLSearchParams({ q: words, limit: '50' })}`)).hits
};

/** The body that submits the work of a job again. */
export function again(job: LabJob): object {
  const { sequence, name, engine, settings, seed, network, kind } = job.request as Record<string, unknown>;
  return { sequence, name, engine, settings, seed, network, kind };
}
