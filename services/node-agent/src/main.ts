import { Bus } from '@everynode/bus';
import { inboxPrefix } from '@everynode/contract';
import { runService } from '@everynode/service-shell';
import { agentConfig, drainDeadlineMs } from './config.js';
import { startNodeAgent } from './index.js';
import { readNodesFile } from './nodes/nodes-file.js';
import { chooseRuntime } from './runtime/choose-runtime.js';

/** What keeps the identity in this process hears it, and asks the api whether the agent was revoked. */
const BUS_REFUSED = { type: 'bus-refused' };

const config = agentConfig();
const agent = config.EVERYNODE_AGENT;

await runService(
  {
    service: 'node-agent',
    replica: agent,
    logLevel: config.EVERYNODE_LOG_LEVEL,
    healthPort: config.EVERYNODE_HEALTH_PORT,
    healthHost: config.EVERYNODE_HEALTH_HOST,
    ...(config.EVERYNODE_DRAIN_ON_STOP && { closeDeadlineMs: drainDeadlineMs(config) }),
  },
  async (shell) => {
    const { log, signal, onClose } = shell;
    const file = await readNodesFile(config.EVERYNODE_NODES_FILE);
    const access = {
      url: config.NATS_URL,
      credential: { credentialsFile: config.NATS_CREDS, caFile: config.NATS_CA },
      inboxPrefix: inboxPrefix(agent),
      log,
      signal,
    };
    const bus = Bus.connect({
      ...access,
      name: `agent ${agent}`,
      onRefused: () => process.emit('message', BUS_REFUSED, undefined),
    });
    onClose(() => bus.close());
    const chosen = await chooseRuntime({ config, file, bus, log, signal });
    if (!chosen) return;
    await startNodeAgent({
      ...shell,
      ...chosen,
      agent,
      heartbeatSeconds: config.EVERYNODE_HEARTBEAT_SECONDS,
      bus,
      drainsOnStop: config.EVERYNODE_DRAIN_ON_STOP,
      stateFolder: config.EVERYNODE_STATE_FOLDER,
      connect: () => Bus.connect({ ...access, name: `agent ${agent} streams` }),
      streamRates: {
        messagesPerSecond: config.EVERYNODE_STREAM_MESSAGES_PER_SECOND,
        bytesPerSecond: config.EVERYNODE_STREAM_BYTES_PER_SECOND,
      },
    });
  },
);
