import { setMaxListeners } from 'node:events';
import type { Bus } from '@everynode/bus';
import { CommitPublisher } from '@everynode/change-feed';
import type { ControllerName } from '@everynode/contract/controllers';
import { Reflector } from '@everynode/list-watch';
import { NO_EXEMPTIONS, type PodSecurityExemptions } from '@everynode/pod-admission';
import type { ServiceContext } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import { serveAgentRequests } from './assignment/agent-requests.js';
import { cachedResources, otherResources } from './cached-resources.js';
import { startControllers } from './controllers/start-controllers.js';
import { OwnedChanges } from './controllers/workloads/owned-changes.js';
import { CustomKinds } from './custom-kinds.js';
import type { EventRecorder } from './events/event-recorder.js';
import { expireEvents } from './events/expiry.js';
import { StoreEventRecorder } from './events/store-event-recorder.js';
import { AgentLimits } from './ingest/agent-limits.js';
import { Enrolments } from './ingest/enrolments.js';
import { Incarnations } from './ingest/incarnations.js';
import { Ingest } from './ingest/ingest.js';
import { ReportAudit } from './ingest/report-audit.js';
import { schedulerMetrics } from './metrics.js';
import { NodeCapacity } from './placement/node-capacity.js';
import { Relay } from './relay/relay.js';
import type { SchedulerContext } from './scheduler-context.js';
import { Shards } from './shard/shards.js';

/** What the scheduler is made from: open connections, its settings, and the shell it runs in. */
export interface SchedulerParts extends ServiceContext {
  store: Store;
  bus: Bus;
  /** Names this process among the replicas: in the leases of shards, and as the source of what it publishes. */
  replica: string;
  /** The controllers that run here. */
  controllers: ReadonlySet<ControllerName>;
  /** Path of the file of agents that do not join by a request; none by default. */
  enrolmentsFile?: string;
  /** Path of the audit log of what agents' reports write; none by default. */
  auditLog?: string | undefined;
  /** What the Pod Security Standards do not concern; nothing by default. */
  podSecurityExemptions?: PodSecurityExemptions;
  /** A node that is silent for this long is unreachable. */
  nodeMonitorGraceSeconds: number;
  /** Where controllers record events; by default as Event objects in the store. */
  recorder?: EventRecorder;
}

/**
 * Fills the caches and starts everything that the scheduler does: the controllers, the relay, the ingest of reports,
 * and the answers to agents. Resolves when the caches are filled and all of it works. `onClose` gets what has to be
 * awaited once `signal` has aborted, in order.
 */
export async function startScheduler(parts: SchedulerParts): Promise<SchedulerContext> {
  const { store, bus, replica, log, metrics, readiness, signal, onClose } = parts;
  // Every key that waits for the caches listens for the stop.
  setMaxListeners(0, signal);
  const kinds = new CustomKinds();
  const others = otherResources(kinds);
  const reflector = new Reflector({ bus, store, log, signal, resources: cachedResources, others });
  kinds.follow(reflector);
  const counters = schedulerMetrics(metrics, { store, bus, reflector });
  const publishing = { store, bus, reflector, log, signal };
  const publisher = new CommitPublisher({ ...publishing, source: `/everynode/scheduler/${replica}` });
  // Publishing starts before the first writer and stops after the last one.
  const stopPublishing = publisher.start();
  onClose(stopPublishing);
  const shards = new Shards({ store, reflector, replica, log, signal });
  const recorder = parts.recorder ?? storeRecorder(parts, reflector);
  const capacity = new NodeCapacity(reflector.cache('pods'), reflector.cache('nodes'));
  const { podSecurityExemptions = NO_EXEMPTIONS } = parts;
  const limits = new AgentLimits({ nodes: reflector.cache('nodes'), onLimited: counters.limited });
  const owned = new OwnedChanges();
  reflector.addListener({ onChanges: (changes) => owned.handle(changes) });
  const shared = { store, bus, reflector, log, signal, limits };
  const context: SchedulerContext = { ...shared, kinds, shards, capacity, owned, recorder, podSecurityExemptions };
  // Controllers listen to the caches from before the first list.
  startControllers(context, parts, onClose);

  readiness.add('postgres', () => store.trouble);
  readiness.add('nats', () => bus.trouble);
  readiness.add('informers', () => reflector.trouble);
  readiness.add('shards', () => shards.trouble);

  await reflector.start();
  const relay = new Relay({ ...publishing, source: '/everynode/relay', agentOf: (node) => publisher.agentOf(node) });
  const incarnations = new Incarnations(store);
  const audit = parts.auditLog ? new ReportAudit({ path: parts.auditLog, store, log }) : undefined;
  const ingest = new Ingest({
    audit,
    store,
    bus,
    nodes: reflector.cache('nodes'),
    incarnations,
    enrolments: new Enrolments({ store, file: parts.enrolmentsFile ?? '' }),
    recorder,
    limits,
    log,
    onRefused: counters.refused,
  });
  const working = [relay.run(), shards.run(), expireEvents({ store, shards, log, signal }), ingest.run()];
  serveAgentRequests({ bus, store, reflector, incarnations, limits });
  onClose(async () => {
    await Promise.all(working);
    await audit?.close();
  });
  return context;
}

/** Events are not written into a namespace that does not exist or is being deleted. */
function storeRecorder({ store, log, metrics, signal, onClose }: SchedulerParts, reflector: Reflector): EventRecorder {
  const namespaces = reflector.cache('namespaces');
  const isOpen = (name: string): boolean => {
    const namespace = namespaces.get('', name);
    return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined;
  };
  const recorder = new StoreEventRecorder({ store, log, metrics, signal, isOpen });
  onClose(() => recorder.close());
  return recorder;
}
