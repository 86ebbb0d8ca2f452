import { Bus } from '@everynode/bus';
import { inboxPrefix } from '@everynode/contract';
import { runService } from '@everynode/service-shell';
import { agentConfig } from './config.js';
import { startNodeAgent } from './index.js';
import { nodesFrom } from './nodes/hosted-nodes.js';
import { readNodesFile } from './nodes/nodes-file.js';
import { SimulatedRuntime } from './runtime/simulated/simulated-runtime.js';
import { SimulatedStreams } from './runtime/simulated/simulated-streams.js';
import { settingsFrom } from './runtime/simulated/simulation-settings.js';
import { systemClock } from './runtime/timers.js';

const config = agentConfig();
const agent = config.EVERYNODE_AGENT;

await runService(
  {
    service: 'node-agent',
    replica: agent,
    logLevel: config.EVERYNODE_LOG_LEVEL,
    healthPort: config.EVERYNODE_HEALTH_PORT,
    healthHost: config.EVERYNODE_HEALTH_HOST,
  },
  async (shell) => {
    const { log, signal, onClose } = shell;
    const file = await readNodesFile(config.EVERYNODE_NODES_FILE);
    const settings = settingsFrom(config, file.simulation);
    const nodes = nodesFrom(file);
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
      // The process that has the identity knows the api, and asks it whether the agent was revoked.
      onRefused: () => process.send?.({ type: 'bus-refused' }),
    });
    onClose(() => bus.close());
    await startNodeAgent({
      ...shell,
      agent,
      nodes,
      heartbeatSeconds: config.EVERYNODE_HEARTBEAT_SECONDS,
      bus,
      runtime: (onReport, findMissing) =>
        new SimulatedRuntime({ settings, seed: config.EVERYNODE_SEED, clock: systemClock, onReport, findMissing }),
      streams: (runtime) => new SimulatedStreams((uid) => runtime.find(uid), systemClock),
      connect: () => Bus.connect({ ...access, name: `agent ${agent} streams` }),
      streamRates: {
        messagesPerSecond: config.EVERYNODE_STREAM_MESSAGES_PER_SECOND,
        bytesPerSecond: config.EVERYNODE_STREAM_BYTES_PER_SECOND,
      },
    });
  },
);
