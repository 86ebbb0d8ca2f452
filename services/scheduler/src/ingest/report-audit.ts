import { randomUUID } from 'node:crypto';
import { busUser } from '@everynode/contract';
import { microTimestamp } from '@everynode/objects';
import { LineLog, type Logger } from '@everynode/service-shell';
import type { Store, WriteResult } from '@everynode/store';
import { LRUCache } from 'lru-cache';

interface ReportAuditOptions {
  /** Path of the log. */
  path: string;
  store: Pick<Store, 'agentKeys'>;
  log: Logger;
}

/** What a report can write. */
type AuditedResource = 'nodes' | 'leases' | 'pods';

interface Write {
  resource: AuditedResource;
  namespace: string;
  name: string;
  outcome: WriteResult['outcome'];
}

const VERBS = { created: 'create', updated: 'update', deleted: 'delete' } as const;
const CODES = { created: 201, updated: 200, deleted: 200 } as const;
const VERSIONS = {
  nodes: { apiVersion: 'v1' },
  leases: { apiGroup: 'coordination.k8s.io', apiVersion: 'v1' },
  pods: { apiVersion: 'v1' },
} as const;

/** What one report has written, in any order. */
export type Writes = Write[];

/** So long the keys of an agent are believed, in ms: they change once in sixteen hours. */
const KEYS_MS = 60_000;

/**
 * Records what agents' reports have written, as the api records requests: events of audit.k8s.io/v1 at the level
 * Metadata. A message is a request, so the writes of a kind in one message are one event, which names all objects: a
 * rollout reports ten thousand pods within seconds. What a report does not change is no write, and heartbeats write
 * nothing.
 */
export class ReportAudit {
  readonly #options: ReportAuditOptions;
  readonly #lines: LineLog;
  readonly #keys = new LRUCache<string, string[]>({
    max: 10_000,
    ttl: KEYS_MS,
    fetchMethod: (agent) => this.#options.store.agentKeys(agent),
  });

  constructor(options: ReportAuditOptions) {
    this.#options = options;
    this.#lines = new LineLog(options.path, options.log);
  }

  /** Records the writes of one report, which came on `subject`. Never rejects. */
  async record(agent: string, subject: string, receivedAt: number, writes: readonly Write[]): Promise<void> {
    const groups = new Map<string, Write[]>();
    for (const write of writes) {
      if (write.outcome === 'kept') continue;
      const kind = `${write.resource} ${write.outcome}`;
      const group = groups.get(kind);
      if (group) group.push(write);
      else groups.set(kind, [write]);
    }
    if (groups.size === 0) return;
    const user = await this.#userOf(agent);
    for (const group of groups.values()) this.#lines.add(JSON.stringify(auditEvent(user, subject, receivedAt, group)));
  }

  /** Resolves when everything that was recorded is written. */
  close(): Promise<void> {
    return this.#lines.close();
  }

  /** The identity that the api knows the agent by, with the account of the bus and the keys that it has now. */
  async #userOf(agent: string): Promise<object> {
    const keys = await this.#keys.fetch(agent).catch((err: unknown) => {
      this.#options.log.warn({ err, agent }, 'the keys of an agent cannot be read, and are not in the audit log');
      return [];
    });
    return busUser(agent, keys ?? []);
  }
}

function auditEvent(user: object, subject: string, receivedAt: number, writes: readonly Write[]): object {
  const [first] = writes as [Write];
  const outcome = first.outcome as keyof typeof VERBS;
  const { namespace, name } = first;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: randomUUID(),
    stage: 'ResponseComplete',
    requestURI: subject,
    verb: VERBS[outcome],
    user,
    sourceIPs: [],
    objectRef: {
      resource: first.resource,
      ...(writes.length === 1 && { ...(namespace && { namespace }), name }),
      ...VERSIONS[first.resource],
      // What a report changes of a pod is its status. It removes the pod itself.
      ...(first.resource === 'pods' && outcome === 'updated' && { subresource: 'status' }),
    },
    responseStatus: { metadata: {}, code: CODES[outcome] },
    requestReceivedTimestamp: microTimestamp(receivedAt),
    stageTimestamp: microTimestamp(Date.now()),
    annotations: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason': 'the agent hosts the node, or was enrolled for it',
      'everynode.io/objects': writes.map((write) => [write.namespace, write.name].filter(Boolean).join('/')).join(','),
    },
  };
}
