import { setMaxListeners } from 'node:events';
import { Bus } from '@everynode/bus';
import { agentsIn, CommitPublisher } from '@everynode/change-feed';
import type { ControllerName } from '@everynode/contract/controllers';
import { type CachedObject, Reflector } from '@everynode/list-watch';
import { runService } from '@everynode/service-shell';
import { Store } from '@everynode/store';
import { serveAgentRequests } from './assignment/agent-requests.js';
import { cachedResources } from './cached-resources.js';
import { chosenControllers, schedulerConfig } from './config.js';
import { DaemonSetController } from './controllers/daemonset/daemonset-controller.js';
import { followManifestApplied } from './controllers/daemonset/follow-manifest-applied.js';
import { DisruptionController } from './controllers/disruption/disruption-controller.js';
import { GarbageCollector } from './controllers/garbage-collection/garbage-collector.js';
import { NamespaceController } from './controllers/namespace/namespace-controller.js';
import { NodeLifecycleController } from './controllers/node-lifecycle/node-lifecycle-controller.js';
import { PodPlacementController } from './controllers/pod-placement/pod-placement-controller.js';
import { expireEvents } from './events/expiry.js';
import { StoreEventRecorder } from './events/store-event-recorder.js';
import { Ingest } from './ingest/ingest.js';
import { schedulerMetrics } from './metrics.js';
import { NodeCapacity } from './placement/node-capacity.js';
import { Relay } from './relay/relay.js';
import type { Controller, SchedulerContext } from './scheduler-context.js';
import { Shards } from './shard/shards.js';

/** Events are written where they can stay. */
function isOpenNamespace(namespace: CachedObject | undefined): boolean {
  return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined;
}

const config = schedulerConfig();
const replica = config.EVERYNODE_REPLICA;
const chosen = chosenControllers(config);

await runService(
  {
    service: 'scheduler',
    replica,
    logLevel: config.EVERYNODE_LOG_LEVEL,
    healthPort: config.EVERYNODE_HEALTH_PORT,
    healthHost: config.EVERYNODE_HEALTH_HOST,
  },
  async ({ log, metrics, readiness, signal, onClose }) => {
    // Every key that waits for the caches listens for the stop.
    setMaxListeners(0, signal);
    const store = new Store({ databaseUrl: config.DATABASE_URL, log });
    onClose(() => store.close());
    await store.migrateWhenReachable(signal);

    const bus = await Bus.connect({
      url: config.NATS_URL,
      user: config.NATS_USER,
      password: config.NATS_PASSWORD,
      name: `scheduler ${replica}`,
      log,
      signal,
    });
    onClose(() => bus.close());
    await bus.declareWhenReachable(signal);

    const counters = schedulerMetrics(metrics, { store, bus });
    const reflector = new Reflector({ bus, store, log, signal, resources: cachedResources });
    const agentOf = agentsIn(reflector);
    const publishing = { store, bus, reflector, source: `/everynode/scheduler/${replica}`, agentOf, log, signal };
    // Starts before the first writer and stops after the last one.
    const stopPublishing = new CommitPublisher(publishing).start();
    onClose(stopPublishing);
    const shards = new Shards({ store, replica, log, signal });
    const recorder = new StoreEventRecorder({
      store,
      log,
      metrics,
      signal,
      isOpen: (namespace) => isOpenNamespace(reflector.cache('namespaces').get('', namespace)),
    });
    onClose(() => recorder.close());
    const capacity = new NodeCapacity(reflector.cache('pods'), reflector.cache('nodes'));
    const context: SchedulerContext = { store, bus, reflector, shards, capacity, recorder, log, signal };

    const run = <C extends Controller>(name: ControllerName, make: () => C): C | undefined => {
      if (!chosen.has(name)) return undefined;
      const controller = make();
      onClose(() => controller.close());
      return controller;
    };
    const daemonSets = run('daemonset', () => new DaemonSetController(context));
    const graceSeconds = config.EVERYNODE_NODE_MONITOR_GRACE_SECONDS;
    run('node-lifecycle', () => new NodeLifecycleController(context, { graceSeconds }));
    run('garbage-collector', () => new GarbageCollector(context));
    run('disruption', () => new DisruptionController(context));
    run('pod-placement', () => new PodPlacementController(context));
    // Whoever empties them: every namespace has its service account and its copy of the CA.
    const namespaces = new NamespaceController(context, { empties: chosen.has('namespace') });
    onClose(() => namespaces.close());
    log.info({ controllers: [...chosen] }, 'these controllers run here');

    readiness.add('postgres', () => store.trouble);
    readiness.add('nats', () => (bus.connected ? undefined : 'not connected'));
    readiness.add('informers', () => reflector.trouble);
    readiness.add('shards', () => shards.trouble);

    await reflector.start();
    const working = [
      new Relay({ ...publishing, source: '/everynode/relay' }).run(),
      shards.run(),
      expireEvents({ store, shards, log, signal }),
      ...(daemonSets ? [followManifestApplied(bus, log, (key) => daemonSets.enqueue(key))] : []),
      new Ingest({ store, bus, nodes: reflector.cache('nodes'), recorder, log, onRefused: counters.refused }).run(),
    ];
    serveAgentRequests(bus, store);
    onClose(async () => {
      await Promise.all(working);
    });
  },
);
