import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { Bus } from '@everynode/bus';
import { runService } from '@everynode/service-shell';
import { Store } from '@everynode/store';
import { apiConfig } from './config.js';
import { startApi } from './index.js';

// The old generation may grow by a third before it is collected again. By default it grows to several times what is in
// use, which would be most of a replica's memory.
setFlagsFromString('--heap-growing-percent=33');

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
  async (shell) => {
    const { log, signal, onClose, beforeStop } = shell;
    const [key, cert, clientCa] = await Promise.all([
      readFile(config.EVERYNODE_TLS_KEY, 'utf8'),
      readFile(config.EVERYNODE_TLS_CERT, 'utf8'),
      readFile(config.EVERYNODE_CLIENT_CA, 'utf8'),
    ]);
    const keyFile = config.EVERYNODE_SERVICE_ACCOUNT_KEY;
    const serviceAccountKey = keyFile === '' ? key : await readFile(keyFile, 'utf8');
    const store = new Store({ databaseUrl: config.DATABASE_URL, log });
    onClose(() => store.close());
    await store.migrateWhenReachable(signal);
    const bus = Bus.connect({
      url: config.NATS_URL,
      user: config.NATS_USER,
      password: config.NATS_PASSWORD,
      name: `api ${replica}`,
      log,
      signal,
    });
    onClose(() => bus.close());
    // Not awaited: reads, writes and watches need no bus.
    void bus.ensureTopology();

    const { fastify, https, stop } = await startApi({
      ...shell,
      store,
      bus,
      tls: { key, cert, clientCa },
      ...(serviceAccountKey && { serviceAccountKey }),
      limits: {
        seats: config.EVERYNODE_MAX_REQUESTS,
        queueLength: config.EVERYNODE_MAX_QUEUED,
        waitMs: config.EVERYNODE_MAX_WAIT_SECONDS * 1000,
      },
      auditLog: config.EVERYNODE_AUDIT_LOG,
      requestMs: config.EVERYNODE_REQUEST_SECONDS * 1000,
      watchStallMs: config.EVERYNODE_WATCH_STALL_SECONDS * 1000,
    });
    beforeStop(() => stop.firstRequests());
    process.on('message', (message: { type?: string } | null, socket?: unknown) => {
      if (message?.type !== 'connection' || !socket) return;
      // The supervisor sends paused sockets, so that no byte is lost on the way.
      https.emit('connection', socket);
      // A server sets this on connections that it accepts by itself. Without it an answer in parts waits 40 ms for each
      // acknowledgement.
      (socket as Socket).setNoDelay(true);
      (socket as Socket).resume();
    });
    if (config.EVERYNODE_API_PORT > 0) {
      await fastify.listen({ host: config.EVERYNODE_API_HOST, port: config.EVERYNODE_API_PORT });
      log.info({ host: config.EVERYNODE_API_HOST, port: config.EVERYNODE_API_PORT }, 'serving the Kubernetes API');
    }
  },
);
