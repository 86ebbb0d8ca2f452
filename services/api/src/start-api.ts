import { setMaxListeners } from 'node:events';
import type { Bus, TrafficRates } from '@everynode/bus';
import { CommitPublisher } from '@everynode/change-feed';
import { ApiTunnels } from '@everynode/container-streams';
import { Reflector } from '@everynode/list-watch';
import type { ResourceName } from '@everynode/objects';
import { NO_EXEMPTIONS, type PodSecurityExemptions } from '@everynode/pod-admission';
import { retryUntilDone, type ServiceContext } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import { Counter } from 'prom-client';
import { PolicyStatusWriter } from './admission/policies/policy-status.js';
import type { ApiContext } from './api-context.js';
import { AuditLog } from './audit/audit-log.js';
import { Authorization, type AuthorizationMode } from './auth/authorization.js';
import { CertificatePool } from './auth/certificate-pool.js';
import type { Credentials } from './auth/credentials.js';
import type { OidcSettings } from './auth/oidc/oidc-settings.js';
import { OidcTokens } from './auth/oidc/oidc-tokens.js';
import { ServiceAccountTokens } from './auth/service-account-tokens.js';
import { ClusterInfoSigner } from './bootstrap/cluster-info.js';
import { ensureJoinObjects } from './bootstrap/join-objects.js';
import { CACHED_RESOURCES, StoredKinds } from './cached-resources.js';
import type { AgentBus } from './certificates/agent-bus.js';
import type { CertificateAuthority } from './certificates/certificate-authority.js';
import { CertificateController } from './certificates/certificate-controller.js';
import { deleteExpired } from './certificates/expired-objects.js';
import { RevokedCertificates } from './certificates/revoked-certificates.js';
import { ensureClusterObjects } from './cluster-objects.js';
import { Collections } from './collection/collections.js';
import { DefinitionController } from './custom/definition-controller.js';
import { ServedDefinitions } from './custom/served-definitions.js';
import { FAIR_QUEUE_DEFAULTS, FairQueue, type FairQueueLimits } from './fairness/fair-queue.js';
import { LoopTurns } from './fairness/loop-turns.js';
import { BODY_BYTES } from './http/body-bytes.js';
import { BODY_THREAD_DEFAULTS, type BodyThreadLimits, BodyThreads } from './http/body-threads.js';
import { CONNECTION_TIMES, type ConnectionTimes } from './http/connection-limits.js';
import { addGauges } from './http/gauges.js';
import { REQUEST_MS, WATCH_STALL_MS } from './http/limits.js';
import { type ApiServer, buildServer, type TlsFiles } from './http/server.js';
import { keepClusterObjects } from './keep-cluster-objects.js';
import { NodeHeartbeats } from './leases/node-heartbeats.js';
import { FreshReads } from './read/fresh-reads.js';
import { ServiceAddressKeeper } from './services/service-address-keeper.js';
import { serveAgentTokens } from './subresource/agent-tokens.js';
import { NodeUsages } from './usage/node-usages.js';
import { LeaseRenewals, RENEWAL_MS } from './watch/lease-renewals.js';
import { WatchHub } from './watch/watch-hub.js';

/** Journal entries that a new replica begins its watch histories with. */
const HISTORY = 5000;

const SOURCE = '/everynode/api';

/** How often expired certificate requests and bootstrap tokens are deleted, in ms. */
const CLEANING_MS = 60_000;

/** How long a stop waits for requests in progress, in ms: half of the time that the service shell has for closing. */
const DRAIN_MS = 5000;

/** PEM texts. */
export interface ServiceAccountKeys {
  /** The private key that signs tokens. */
  signing: string;
  /** Keys beside it whose tokens are accepted. */
  accepted?: readonly string[];
  /** The longest that a token may live, in seconds. */
  maxTokenSeconds?: number | undefined;
}

/** The connections and settings of an api. */
export interface ApiParts extends ServiceContext {
  store: Store;
  bus: Bus;
  /** A connection of its own, for what clients read of containers and write to them. */
  streamBus: Bus;
  tls: TlsFiles;
  /** For requests other than watches. Each limit that is left out has the default of the configuration. */
  limits?: Partial<FairQueueLimits>;
  /** For the bytes of bodies. Each limit that is left out has its default. */
  bodyBytes?: Partial<FairQueueLimits>;
  serviceAccountKeys: ServiceAccountKeys;
  /** The program of the threads that read bodies. */
  bodyWorker: URL;
  /** Each limit that is left out has its default. */
  bodyThreads?: Partial<BodyThreadLimits>;
  /** The cluster's authority, which signs certificates of nodes and clients; undefined: nothing is signed here. */
  signing?: CertificateAuthority | undefined;
  /** Issues the credentials of the bus that agents get beside certificates; undefined: they get none here. */
  agentBus?: AgentBus | undefined;
  /** What an agent may send to the bus. It is watched where {@link ApiParts.agentBus} is. */
  agentRates?: TrafficRates;
  /** The address at which nodes and clients reach the api. */
  publicUrl?: string;
  /** How often what has expired is looked for, in ms. */
  cleaningMs?: number;
  /** Common names of front proxies; any that their CA has signed when empty. */
  frontProxyNames?: readonly string[];
  oidc?: OidcSettings | undefined;
  /** How long clients may take to send their requests. */
  connectionTimes?: Partial<ConnectionTimes>;
  /** RBAC by default. */
  authorizationMode?: AuthorizationMode;
  /** What the Pod Security Standards do not concern; nothing by default. */
  podSecurityExemptions?: PodSecurityExemptions;
  /** Path of the audit log; none by default. */
  auditLog?: string;
  /** How often watches of leases show renewals, in ms. */
  renewalMs?: number;
  /** True by default: who creates an object that nothing acts on is warned. */
  warnsOfInertKinds?: boolean;
  /** The longest that a request other than a watch may take, in ms. */
  requestMs?: number;
  /** How long the socket of a watch may accept nothing while events wait for it, in ms. */
  watchStallMs?: number;
  /** How long what nodes use is shown, in ms. */
  usageKeepMs?: number;
}

function credentialsFrom({ tls, frontProxyNames = [], oidc, log }: ApiParts): Credentials {
  return {
    clients: new CertificatePool(tls.clientCa),
    frontProxies:
      tls.frontProxyCa === undefined
        ? undefined
        : { pool: new CertificatePool(tls.frontProxyCa), allowedNames: frontProxyNames },
    oidc: oidc && new OidcTokens(oidc, log),
  };
}

/**
 * Fills the caches and makes the server, which does not listen yet. Resolves when requests can be answered and the
 * objects that every cluster has exist.
 */
export async function startApi(parts: ApiParts): Promise<ApiServer & { context: ApiContext }> {
  const { store, bus, tls, log, metrics, readiness, signal, onClose } = parts;
  // Each watch adds a listener.
  setMaxListeners(0, signal);
  const kinds = new StoredKinds();
  const others = { kindOf: (resource: ResourceName) => kinds.get(resource) };
  const reflector = new Reflector({ bus, store, log, signal, resources: CACHED_RESOURCES, others });
  const publisher = new CommitPublisher({ store, bus, reflector, source: SOURCE, log, signal });
  const stopPublishing = publisher.start();
  onClose(stopPublishing);
  const watches = new WatchHub(reflector);
  const bodies = new BodyThreads(parts.bodyWorker, { ...BODY_THREAD_DEFAULTS, ...parts.bodyThreads });
  onClose(() => bodies.close());
  const tunnels = new ApiTunnels(parts.streamBus);
  tunnels.start();
  signal.addEventListener('abort', () => tunnels.close(), { once: true });
  const context: ApiContext = {
    bodies,
    tunnels,
    usages: new NodeUsages(tunnels, log, parts.usageKeepMs),
    store,
    reflector,
    collections: new Collections(reflector, (resource, revision) => watches.changesAfter(resource, revision)),
    freshReads: new FreshReads(store, reflector),
    watches,
    watchStallMs: parts.watchStallMs ?? WATCH_STALL_MS,
    heartbeats: new NodeHeartbeats(reflector),
    authorization: new Authorization(reflector, parts.authorizationMode ?? 'RBAC'),
    tokens: new ServiceAccountTokens(parts.serviceAccountKeys.signing, parts.serviceAccountKeys.accepted),
    maxTokenSeconds: parts.serviceAccountKeys.maxTokenSeconds,
    podSecurityExemptions: parts.podSecurityExemptions ?? NO_EXEMPTIONS,
    credentials: credentialsFrom(parts),
    revoked: new RevokedCertificates(),
    log,
    signal,
    warnsOfInertKinds: parts.warnsOfInertKinds ?? true,
    rootCa: tls.clientCa,
  };
  readiness.add('ping', () => undefined);
  readiness.add('postgres', () => store.trouble);
  // Reads and writes go on without the bus: the caches follow the journal.
  readiness.add('nats', () => bus.trouble, { gates: false });
  readiness.add('cache', () => reflector.trouble);
  readiness.add('shutdown', () => (signal.aborted ? 'the server is shutting down' : undefined));

  await reflector.start();
  new ServedDefinitions(context, kinds).start();
  await watches.beginWithTail(store, HISTORY, kinds);
  void context.heartbeats.follow(bus, log);
  new LeaseRenewals(context).start(signal, parts.renewalMs ?? RENEWAL_MS);

  const queue = new FairQueue({ ...FAIR_QUEUE_DEFAULTS, ...parts.limits });
  const bytes = new FairQueue({ ...BODY_BYTES, ...parts.bodyBytes });
  const loop = new LoopTurns();
  addGauges(metrics, { queue, bytes, loop }, watches, context);
  const audit = parts.auditLog ? new AuditLog(parts.auditLog, log) : undefined;
  if (audit) onClose(() => audit.close());
  const { requestMs = REQUEST_MS } = parts;
  const times = { ...CONNECTION_TIMES, ...parts.connectionTimes };
  const server = buildServer(context, tls, { readiness, metrics, queue, bytes, loop, audit, requestMs, times });
  onClose(async () => {
    await server.stop.idle(DRAIN_MS);
    await server.fastify.close();
  });
  await server.fastify.ready();
  const { publicUrl = 'https://localhost:6443' } = parts;
  await retryUntilDone(() => ensureClusterObjects(context, publicUrl), {
    signal,
    onFailure: (err, failures) => log.warn({ err, failures }, 'the objects of a new cluster cannot be created'),
  });
  onClose(keepClusterObjects(context, publicUrl));
  await startJoining(context, parts, publicUrl, audit);
  serveAgentTokens(context, bus, audit);
  new PolicyStatusWriter(context).start();
  const definitions = new DefinitionController(context);
  definitions.start();
  onClose(() => definitions.close());
  return { ...server, context };
}

/** Lets nodes join: publishes and signs the cluster's information, and signs certificates. */
async function startJoining(
  context: ApiContext,
  parts: ApiParts,
  publicUrl: string,
  audit: AuditLog | undefined,
): Promise<void> {
  const { signal, onClose, log, signing, agentBus, cleaningMs = CLEANING_MS } = parts;
  await retryUntilDone(() => ensureJoinObjects(context, publicUrl), {
    signal,
    onFailure: (err, failures) => log.warn({ err, failures }, 'the objects for nodes that join cannot be created'),
  });
  if (agentBus) watchTraffic(agentBus, parts);
  await context.revoked.start({ ...context, bus: agentBus, services: parts.bus });
  const signer = new ClusterInfoSigner(context);
  signer.start();
  onClose(() => signer.close());
  const controller = signing && new CertificateController(context, signing, agentBus, audit);
  controller?.start();
  if (controller) onClose(() => controller.close());
  const addresses = new ServiceAddressKeeper(context);
  addresses.start();
  void deleteExpired(context, cleaningMs, () => {
    void addresses.sweep(Date.now());
    signer.run();
    context.revoked.refresh();
    controller?.addAll();
  });
}

/** Closes the accounts of agents that flood the bus, for a while. */
function watchTraffic(agentBus: AgentBus, { agentRates, log, signal, metrics, onClose }: ApiParts): void {
  const suspended = new Counter({
    name: 'everynode_agents_suspended_total',
    help: 'Times that an agent had sent more to the bus than it may, and its account was closed for a while.',
    registers: [metrics],
  });
  const watching = agentBus.watchTraffic({ rates: agentRates, log, signal, onSuspended: () => suspended.inc() });
  onClose(async () => {
    await agentBus.close();
    await watching;
  });
}
