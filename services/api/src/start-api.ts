import { setMaxListeners } from 'node:events';
import type { Bus } from '@everynode/bus';
import { CommitPublisher } from '@everynode/change-feed';
import { type Indexer, type KindName, Reflector, type ReflectorOptions } from '@everynode/list-watch';
import type { ResourceName } from '@everynode/objects';
import { apiVersionOf, resources } from '@everynode/objects';
import { retryUntilDone, type ServiceContext } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import { Gauge, type Registry } from 'prom-client';
import type { ApiContext } from './api-context.js';
import { AuditLog } from './audit/audit-log.js';
import { ServiceAccountTokens } from './auth/service-account-tokens.js';
import { ensureClusterObjects } from './cluster-objects.js';
import { Collections } from './collection/collections.js';
import { FAIR_QUEUE_DEFAULTS, FairQueue, type FairQueueLimits } from './fairness/fair-queue.js';
import { REQUEST_MS, WATCH_STALL_MS } from './http/limits.js';
import { type ApiServer, buildServer, type TlsFiles } from './http/server.js';
import { NodeHeartbeats } from './leases/node-heartbeats.js';
import { FreshReads } from './read/fresh-reads.js';
import { LeaseRenewals, RENEWAL_MS } from './watch/lease-renewals.js';
import { WatchHub } from './watch/watch-hub.js';

/** Journal entries that a new replica begins its watch histories with. */
const HISTORY = 5000;

const SOURCE = '/everynode/api';

/** How long requests may take that are being answered when the service stops: half of what its shell gives it to close. */
const DRAIN_MS = 5000;

/** Two definitions may show one stored resource; the one that does not convert names its kind. */
const KINDS: ReadonlyMap<ResourceName, KindName> = new Map(
  resources
    .filter((definition) => !definition.convert)
    .map((definition) => [
      definition.storage,
      { apiVersion: apiVersionOf(definition), kind: definition.kind, forgetsParsed: true },
    ]),
);

const byPlacement: Indexer = ({ record }) => (record.placement === null ? [] : [record.placement]);

const CACHED: ReflectorOptions['resources'] = [...KINDS].map(([resource, kind]) => ({
  resource,
  kind,
  ...(resource === 'pods' && { indexers: { byPlacement } }),
}));

function queueMetrics(queue: FairQueue, registry: Registry): void {
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  };
  gauge('everynode_api_requests_inflight', 'Requests that are worked on, watches apart.', () => queue.taken);
  gauge('everynode_api_requests_waiting', 'Requests that wait for their turn.', () => queue.waiting);
  gauge('everynode_api_requests_refused', 'Requests that were answered with 429 since the start.', () => queue.refused);
}

/** What the api is made from: open connections, and the shell it runs in. */
export interface ApiParts extends ServiceContext {
  store: Store;
  bus: Bus;
  tls: TlsFiles;
  /** For requests, watches apart; what is left out is as the configuration's defaults. */
  limits?: Partial<FairQueueLimits>;
  /** PEM of the private key that signs the tokens of service accounts; the key of the serving certificate by default. */
  serviceAccountKey?: string;
  /** Path of the audit log. */
  auditLog?: string;
  /** How often watchers of leases are told of renewals. */
  renewalMs?: number;
  /** The longest that a request may take which is no watch, in ms. */
  requestMs?: number;
  /** How long a watcher's socket may take nothing while something waits for it, in ms. */
  watchStallMs?: number;
}

/**
 * Fills the cache and makes the server, which does not listen yet. Resolves when requests can be answered and the objects
 * that every cluster has are there.
 */
export async function startApi(parts: ApiParts): Promise<ApiServer & { context: ApiContext }> {
  const { store, bus, tls, log, metrics, readiness, signal, onClose } = parts;
  // Every watcher listens for the stop.
  setMaxListeners(0, signal);
  const reflector = new Reflector({ bus, store, log, signal, resources: CACHED });
  const publisher = new CommitPublisher({ store, bus, reflector, source: SOURCE, log, signal });
  const stopPublishing = publisher.start();
  onClose(stopPublishing);
  const watches = new WatchHub(reflector);
  const collections = new Collections(reflector, (resource, revision) => watches.changesAfter(resource, revision));
  const heartbeats = new NodeHeartbeats();
  const freshReads = new FreshReads(store, reflector);
  const context: ApiContext = {
    store,
    reflector,
    collections,
    freshReads,
    watches,
    watchStallMs: parts.watchStallMs ?? WATCH_STALL_MS,
    heartbeats,
    tokens: new ServiceAccountTokens(parts.serviceAccountKey ?? tls.key),
    log,
    signal,
    rootCa: tls.clientCa,
  };
  readiness.add('postgres', () => store.trouble);
  readiness.add('nats', () => (bus.connected ? undefined : 'not connected'));
  readiness.add('cache', () => reflector.trouble);
  readiness.add('shutdown', () => (signal.aborted ? 'the server is shutting down' : undefined));
  new Gauge({
    name: 'everynode_api_watchers',
    help: 'Open watches.',
    registers: [metrics],
    collect() {
      this.set(watches.watchers);
    },
  });
  new Gauge({
    name: 'everynode_api_watchers_dropped',
    help: 'Watchers that were cut off since the start because they read nothing.',
    registers: [metrics],
    collect() {
      this.set(watches.dropped);
    },
  });

  await reflector.start();
  await watches.beginWithTail(store, HISTORY, KINDS);
  void heartbeats.follow(bus, log);
  new LeaseRenewals(context).start(signal, parts.renewalMs ?? RENEWAL_MS);

  const queue = new FairQueue({ ...FAIR_QUEUE_DEFAULTS, ...parts.limits });
  queueMetrics(queue, metrics);
  const audit = parts.auditLog ? new AuditLog(parts.auditLog, log) : undefined;
  if (audit) onClose(() => audit.close());
  const server = buildServer(context, tls, {
    readiness,
    metrics,
    queue,
    audit,
    requestMs: parts.requestMs ?? REQUEST_MS,
  });
  onClose(async () => {
    await server.stop.idle(DRAIN_MS);
    await server.fastify.close();
  });
  await server.fastify.ready();
  await retryUntilDone(() => ensureClusterObjects(context), {
    signal,
    onFailure: (err, failures) => log.warn({ err, failures }, 'the objects of a new cluster cannot be created'),
  });
  return { ...server, context };
}
