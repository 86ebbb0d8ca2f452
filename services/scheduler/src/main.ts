import { Bus } from '@everynode/bus';
import { exemptionsFrom } from '@everynode/pod-admission';
import { runService } from '@everynode/service-shell';
import { Store } from '@everynode/store';
import { chosenControllers, schedulerConfig } from './config.js';
import { startScheduler } from './index.js';

const config = schedulerConfig();
const replica = config.EVERYNODE_REPLICA;
const controllers = chosenControllers(config);

await runService(
  {
    service: 'scheduler',
    replica,
    logLevel: config.EVERYNODE_LOG_LEVEL,
    healthPort: config.EVERYNODE_HEALTH_PORT,
    healthHost: config.EVERYNODE_HEALTH_HOST,
  },
  async (service) => {
    const { log, signal, onClose } = service;
    const store = new Store({
      databaseUrl: config.DATABASE_URL,
      encryptionKeys: config.EVERYNODE_ENCRYPTION_KEYS,
      log,
    });
    onClose(() => store.close());
    await store.migrateWhenReachable(signal);
    await store.refuseWrongKeys(signal);

    const bus = Bus.connect({
      url: config.NATS_URL,
      credential: { credentialsFile: config.NATS_CREDS, caFile: config.NATS_CA },
      name: `scheduler ${replica}`,
      log,
      signal,
    });
    onClose(() => bus.close());
    // Not awaited: decisions need no bus. Commands reach the agents when it is there.
    void bus.ensureTopology();

    const nodeMonitorGraceSeconds = config.EVERYNODE_NODE_MONITOR_GRACE_SECONDS;
    const enrolmentsFile = config.EVERYNODE_ENROLMENTS;
    const podSecurityExemptions = exemptionsFrom(config);
    const auditLog = config.EVERYNODE_AUDIT_LOG;
    const settings = { replica, controllers, enrolmentsFile, auditLog, nodeMonitorGraceSeconds, podSecurityExemptions };
    await startScheduler({ ...service, store, bus, ...settings });
  },
);
