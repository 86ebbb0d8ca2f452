import { Agent, request } from 'node:https';
import type { ApiObservation } from '../observations.js';
import { parseChecks } from './health.js';
import type { ApiAccess } from './kubeconfig.js';

const DEADLINE_MS = 5000;
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

interface Answer {
  status: number;
  text: string;
}

interface Table {
  columnDefinitions?: { name: string }[];
  rows?: { cells: unknown[] }[];
  message?: string;
}

/** Asks the api as a client does, on a new connection. */
export async function observeApi(access: ApiAccess): Promise<ApiObservation> {
  const agent = new Agent({ ...access.tls, maxSockets: 2 });
  const get = (path: string, accept: string) => ask(access, agent, path, accept);
  try {
    const [ready, nodes] = await Promise.all([
      get('/readyz?verbose', 'text/plain'),
      get('/api/v1/nodes?includeObject=None', TABLE),
    ]);
    if (ready.status === 503 && ready.text.includes('no replica of the api serves')) return { kind: 'no replica' };
    const table = nodes.status === 200 ? (JSON.parse(nodes.text) as Table) : undefined;
    return {
      kind: 'answers',
      ready: ready.status === 200,
      checks: parseChecks(ready.text),
      nodes: table ? nodesIn(table) : null,
      listError: table ? null : `${nodes.status} ${statusMessage(nodes.text)}`,
    };
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    if (/ECONNREFUSED|ENOENT|ENOTFOUND/.test(code)) return { kind: 'refused', message: code };
    return { kind: code === 'ETIMEDOUT' ? 'silent' : 'cut', message: code || message };
  } finally {
    agent.destroy();
  }
}

function ask({ server, headers }: ApiAccess, agent: Agent, path: string, accept: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const asked = request(new URL(path, server), { agent, headers: { ...headers, accept } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    signal.addEventListener('abort', () => asked.destroy(late), { once: true });
    asked.once('error', reject);
    asked.end();
  });
}

function nodesIn({ columnDefinitions = [], rows = [] }: Table): { total: number; notReady: string[] } {
  const column = (name: string) => columnDefinitions.findIndex((definition) => definition.name === name);
  const [name, status] = [column('Name'), column('Status')];
  // The status may go on: Ready,SchedulingDisabled.
  const notReady = rows.filter(({ cells }) => !String(cells[status]).split(',').includes('Ready'));
  return { total: rows.length, notReady: notReady.map(({ cells }) => String(cells[name])) };
}

function statusMessage(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text; // No Status: something else than an api answers.
  }
}
