import { readFile } from 'node:fs/promises';
import { Agent, type AgentOptions, request } from 'node:https';
import { join } from 'node:path';
import type { StatePaths } from '@everynode/local-stack/control';

/** A Kubernetes object, as far as the command line looks into it. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

export interface ApiResponse {
  status: number;
  body: unknown;
}

/** How a client reaches an api, and who it is. */
export interface ApiCredential {
  server: string;
  tls: Pick<AgentOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;
  headers: Record<string, string>;
}

interface Table {
  kind: 'Table';
  columnDefinitions: { name: string }[];
  rows: { cells: unknown[] }[];
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** A client of a cluster's API. */
export class ApiClient {
  readonly #endpoint: string;
  readonly #agent: Agent;
  readonly #headers: Record<string, string>;

  private constructor(endpoint: string, agent: Agent, headers: Record<string, string> = {}) {
    this.#endpoint = endpoint;
    this.#agent = agent;
    this.#headers = headers;
  }

  /** Takes the credential of a kubeconfig, or another one. Call `close` in the end. */
  static with({ server, tls, headers }: ApiCredential): ApiClient {
    return new ApiClient(server, new Agent({ keepAlive: true, maxSockets: 4, ...tls }), headers);
  }

  /** Reads the admin's certificate of a state directory. Call `close` in the end. */
  static async open(endpoint: string, paths: StatePaths): Promise<ApiClient> {
    const read = (name: string) => readFile(join(paths.pki, name));
    const [ca, cert, key] = await Promise.all([read('ca.crt'), read('admin.crt'), read('admin.key')]);
    return new ApiClient(endpoint, new Agent({ keepAlive: true, maxSockets: 4, ca, cert, key }));
  }

  close(): void {
    this.#agent.destroy();
  }

  /**
   * Any HTTP status is an answer.
   * @throws Error when the connection fails or the answer is not JSON.
   */
  call(
    method: string,
    path: string,
    options: { accept?: string; body?: unknown; contentType?: string } = {},
  ): Promise<ApiResponse> {
    const { accept = 'application/json', body, contentType = 'application/json' } = options;
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const headers = {
        ...this.#headers,
        accept,
        ...(text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
      };
      const url = `${this.#endpoint}${path}`;
      const asked = request(url, { method, agent: this.#agent, timeout: 30_000, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          try {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
          } catch (error) {
            reject(new Error(`${method} ${path}: the answer is not JSON (${response.statusCode})`, { cause: error }));
          }
        });
      });
      asked.once('timeout', () => asked.destroy(new Error(`${method} ${path}: no answer in 30 s`)));
      asked.once('error', reject);
      asked.end(text);
    });
  }

  /** Names of the nodes that are Ready. Asks for a table without objects: at 10,000 nodes the full list is 20 MB. */
  async readyNodes(): Promise<Set<string>> {
    const { status, body } = await this.call('GET', '/api/v1/nodes?includeObject=None', { accept: TABLE });
    if (status !== 200) throw new Error(`listing nodes: ${status} ${messageOf(body)}`);
    return readyIn(body as Table | NodeList);
  }
}

interface NodeList {
  kind: 'NodeList';
  items: { metadata: { name: string }; status?: { conditions?: { type: string; status: string }[] } }[];
}

/** Ready nodes in a table, or in a plain list from a server that makes no tables. */
function readyIn(body: Table | NodeList): Set<string> {
  if (body.kind === 'Table') {
    const column = (name: string) => body.columnDefinitions.findIndex((definition) => definition.name === name);
    const [name, status] = [column('Name'), column('Status')];
    // The status may go on: Ready,SchedulingDisabled.
    const rows = body.rows.filter(({ cells }) => String(cells[status]).split(',').includes('Ready'));
    return new Set(rows.map(({ cells }) => String(cells[name])));
  }
  const ready = body.items.filter(({ status }) =>
    status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
  );
  return new Set(ready.map(({ metadata }) => metadata.name));
}

/** The message of a Status object; the whole body when it has none. */
export function messageOf(body: unknown): string {
  const { message } = (body ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(body);
}
