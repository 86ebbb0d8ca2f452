import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { Bus } from '@everynode/bus';
import { exemptionsFrom } from '@everynode/pod-admission';
import { runService } from '@everynode/service-shell';
import { Store } from '@everynode/store';
import {
  agentBusFrom,
  oidcSettingsFrom,
  partsOf,
  serviceAccountKeysFrom,
  signingFrom,
} from './authentication-settings.js';
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
    const frontProxyCa =
      config.EVERYNODE_FRONT_PROXY_CA === '' ? undefined : await readFile(config.EVERYNODE_FRONT_PROXY_CA, 'utf8');
    const [serviceAccountKeys, oidc, signing] = await Promise.all([
      serviceAccountKeysFrom(config),
      oidcSettingsFrom(config),
      signingFrom(config),
    ]);
    const store = new Store({
      databaseUrl: config.DATABASE_URL,
      encryptionKeys: config.EVERYNODE_ENCRYPTION_KEYS,
      log,
    });
    onClose(() => store.close());
    const agentBus = await agentBusFrom(config, store);
    await store.migrateWhenReachable(signal);
    await store.refuseWrongKeys(signal);
    const credential = { credentialsFile: config.NATS_CREDS, caFile: config.NATS_CA };
    const access = { url: config.NATS_URL, credential, log, signal };
    const bus = Bus.connect({ ...access, name: `api ${replica}` });
    onClose(() => bus.close());
    const streamBus = Bus.connect({ ...access, name: `api ${replica} streams` });
    onClose(() => streamBus.close());
    // Not awaited: reads, writes and watches need no bus.
    void bus.ensureTopology();

    const { fastify, takeConnection, stop } = await startApi({
      ...shell,
      store,
      bus,
      streamBus,
      tls: { key, cert, clientCa, ...(frontProxyCa !== undefined && { frontProxyCa }) },
      frontProxyNames: partsOf(config.EVERYNODE_FRONT_PROXY_NAMES),
      serviceAccountKeys,
      bodyWorker: new URL('./body-worker.bundle.js', import.meta.url),
      bodyThreads: { threads: config.EVERYNODE_BODY_THREADS },
      oidc,
      signing,
      agentBus,
      agentRates: {
        messagesPerSecond: config.EVERYNODE_AGENT_MESSAGES_PER_SECOND,
        bytesPerSecond: config.EVERYNODE_AGENT_BYTES_PER_SECOND,
      },
      publicUrl: config.EVERYNODE_API_URL || `https://${config.EVERYNODE_API_HOST}:${config.EVERYNODE_API_PORT}`,
      limits: {
        seats: config.EVERYNODE_MAX_REQUESTS,
        queueLength: config.EVERYNODE_MAX_QUEUED,
        waitMs: config.EVERYNODE_MAX_WAIT_SECONDS * 1000,
      },
      authorizationMode: config.EVERYNODE_AUTHORIZATION_MODE,
      podSecurityExemptions: exemptionsFrom(config),
      auditLog: config.EVERYNODE_AUDIT_LOG,
      warnsOfInertKinds: config.EVERYNODE_WARN_INERT_KINDS,
      requestMs: config.EVERYNODE_REQUEST_SECONDS * 1000,
      watchStallMs: config.EVERYNODE_WATCH_STALL_SECONDS * 1000,
    });
    beforeStop(() => stop.firstRequests());
    process.on('message', (message: { type?: string } | null, socket?: unknown) => {
      if (message?.type !== 'connection' || !socket) return;
      takeConnection(socket as Socket);
    });
    if (config.EVERYNODE_API_PORT > 0) {
      await fastify.listen({ host: config.EVERYNODE_API_HOST, port: config.EVERYNODE_API_PORT });
      log.info({ host: config.EVERYNODE_API_HOST, port: config.EVERYNODE_API_PORT }, 'serving the Kubernetes API');
    }
  },
);
