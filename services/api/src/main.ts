import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { Bus } from '@everynode/bus';
import { type KindName, Reflector } from '@everynode/list-watch';
import { apiVersionOf, resources } from '@everynode/objects';
import { retryUntilDone, runService } from '@everynode/service-shell';
import { Store } from '@everynode/store';
import { Gauge } from 'prom-client';
import type { ApiContext } from './api-context.js';
import { ensureClusterObjects } from './cluster-objects.js';
import { apiConfig } from './config.js';
import { NodeHeartbeats } from './node-heartbeats.js';
import { FreshReads } from './rest/fresh-reads.js';
import { buildServer } from './server.js';
import { WatchHub } from './watch/watch-hub.js';

/** Journal entries that a new replica begins its watch histories with. */
const HISTORY = 5000;

const config = apiConfig();
const replica = config.EVERYNODE_REPLICA;

await runService(
  {
    service: 'api',
    replica,
    logLevel: config.EVERYNODE_LOG_LEVEL,
    healthPort: config.EVERYNODE_HEALTH_PORT,
    healthHost: config.EVERYNODE_HEALTH_HOST,
  },
  async ({ log, metrics, readiness, signal, onClose }) => {
    const [key, cert, clientCa] = await Promise.all(
      [config.EVERYNODE_TLS_KEY, config.EVERYNODE_TLS_CERT, config.EVERYNODE_CLIENT_CA].map((path) =>
        readFile(path, 'utf8'),
      ),
    );
    const store = new Store({ databaseUrl: config.DATABASE_URL, log });
    onClose(() => store.close());
    await store.migrateWhenReachable(signal);
    const bus = await Bus.connect({
      url: config.NATS_URL,
      user: config.NATS_USER,
      password: config.NATS_PASSWORD,
      name: `api ${replica}`,
      log,
      signal,
    });
    onClose(() => bus.close());
    await bus.declareWhenReachable(signal);

    // Two definitions may show one stored resource; the one that does not convert names its kind.
    const kinds = new Map<string, KindName>(
      resources
        .filter((definition) => !definition.convert)
        .map((definition) => [definition.storage, { apiVersion: apiVersionOf(definition), kind: definition.kind }]),
    );
    const byPlacement = {
      byPlacement: ({ record }: { record: { placement: string | null } }) =>
        record.placement === null ? [] : [record.placement],
    };
    const reflector = new Reflector({
      bus,
      store,
      log,
      signal,
      resources: [...kinds].map(([resource, kind]) => ({
        resource,
        kind,
        ...(resource === 'pods' && { indexers: byPlacement }),
      })),
    });
    const watches = new WatchHub(reflector);
    const heartbeats = new NodeHeartbeats();
    const context: ApiContext = {
      store,
      reflector,
      freshReads: new FreshReads(store, reflector),
      watches,
      heartbeats,
      log,
      signal,
      rootCa: clientCa ?? '',
    };
    readiness.add('postgres', () => store.trouble);
    readiness.add('nats', () => (bus.connected ? undefined : 'not connected'));
    readiness.add('cache', () => reflector.trouble);
    new Gauge({
      name: 'everynode_api_watchers',
      help: 'Open watches.',
      registers: [metrics],
      collect() {
        this.set(watches.watchers);
      },
    });

    await reflector.start();
    watches.begin(await store.journalTail(HISTORY, reflector.revision), reflector.revision, kinds);
    void heartbeats.follow(bus, log);

    const { fastify, https } = buildServer(
      context,
      { key: key ?? '', cert: cert ?? '', clientCa: clientCa ?? '' },
      readiness,
      metrics,
    );
    onClose(() => fastify.close());
    await fastify.ready();
    process.on('message', (message: { type?: string } | null, socket?: unknown) => {
      if (message?.type !== 'connection' || !socket) return;
      // The supervisor hands over paused sockets, so that no byte is lost on the way.
      https.emit('connection', socket);
      (socket as Socket).resume();
    });
    await retryUntilDone(() => ensureClusterObjects(context), {
      signal,
      onFailure: (err, failures) => log.warn({ err, failures }, 'the objects of a new cluster cannot be created'),
    });
    if (config.EVERYNODE_API_PORT > 0) {
      await fastify.listen({ host: config.EVERYNODE_API_HOST, port: config.EVERYNODE_API_PORT });
      log.info({ host: config.EVERYNODE_API_HOST, port: config.EVERYNODE_API_PORT }, 'serving the Kubernetes API');
    }
  },
);
