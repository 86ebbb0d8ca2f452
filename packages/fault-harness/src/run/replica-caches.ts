import { isDeepStrictEqual } from 'node:util';
import { KubeClient } from '../clients/kube-client.js';
import { NAMESPACE } from '../clients/recorded-calls.js';
import type { Cluster } from '../cluster/cluster.js';

const PATIENCE_MS = 3000;
const PATHS = [
  `/api/v1/namespaces/${NAMESPACE}/configmaps`,
  `/api/v1/namespaces/${NAMESPACE}/pods`,
  `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets`,
  '/api/v1/nodes',
];

interface List {
  metadata: { resourceVersion: string };
  items: { metadata: { name: string; resourceVersion: string } }[];
}

/** Compares what each api replica has in its caches with what the store has. */
export class ReplicaCaches {
  readonly #cluster: Cluster;
  readonly #clients = new Map<string, KubeClient>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /**
   * A list that a cache may answer (`resourceVersion=0`) is not older than `revision`, and has exactly the objects that
   * the store had at the list's own revision. Returns what is wrong first, or undefined.
   */
  async trouble(revision: number): Promise<string | undefined> {
    for (let number = 1; number <= this.#cluster.size.apiReplicas; number += 1) {
      const replica = `api-${number}`;
      for (const path of PATHS) {
        const trouble = await this.#compare(replica, path, revision);
        if (trouble !== undefined) return `${replica}: GET ${path}?resourceVersion=0 ${trouble}`;
      }
    }
    return undefined;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  async #compare(replica: string, path: string, revision: number): Promise<string | undefined> {
    const cached = await this.#list(replica, `${path}?resourceVersion=0`);
    if (typeof cached === 'string') return cached;
    const { resourceVersion } = cached.metadata;
    if (Number(resourceVersion) < revision) return `is of revision ${resourceVersion}, before ${revision}`;
    const exact = await this.#list(replica, `${path}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
    if (typeof exact === 'string') return `could not be compared: ${exact}`;
    return difference(cached, exact);
  }

  /** Returns the list, or why there is none. */
  async #list(replica: string, path: string): Promise<List | string> {
    const { kubeconfig, routes } = this.#cluster;
    const client = this.#clients.get(replica) ?? (await KubeClient.open(kubeconfig, routes.of(replica).apiPort));
    this.#clients.set(replica, client);
    const answer = await client.call({ method: 'GET', path, patienceMs: PATIENCE_MS });
    if ('noAnswer' in answer) return `has no answer (${answer.noAnswer})`;
    return answer.status === 200 ? (answer.body as List) : `is answered with ${answer.status}`;
  }
}

function difference(cached: List, exact: List): string | undefined {
  const at = `at revision ${cached.metadata.resourceVersion}`;
  const stored = new Map(exact.items.map((item) => [item.metadata.name, item]));
  for (const item of cached.items) {
    const { name, resourceVersion } = item.metadata;
    const other = stored.get(name);
    stored.delete(name);
    if (other === undefined) return `has ${name} ${at}, and the store does not`;
    if (!isDeepStrictEqual(item, other)) {
      return `has ${name} of ${resourceVersion} ${at}, and the store another of ${other.metadata.resourceVersion}`;
    }
  }
  const [missing] = stored.keys();
  return missing && `does not have ${missing} ${at}`;
}
