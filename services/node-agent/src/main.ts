import { Bus, type Delivery } from '@everynode/bus';
import { eventType, inboxPrefix, streams, subjects } from '@everynode/contract';
import { runService } from '@everynode/service-shell';
import { Counter, Gauge } from 'prom-client';
import { agentConfig, type Config } from './config.js';
import { type DelayRange, NO_DELAY, parseDelayRange } from './delay-range.js';
import { type NodesFile, nodesFrom, readNodesFile } from './nodes-file.js';
import { PodSync } from './pod-sync.js';
import { beat, type FleetOptions, registerNodes } from './registration.js';
import { SimulatedRuntime } from './runtime/simulated.js';
import type { SimulationSettings } from './runtime/simulation-settings.js';
import { systemClock } from './runtime/timers.js';
import { StatusOutbox } from './status-outbox.js';

const config = agentConfig();
const agent = config.EVERYNODE_AGENT;

/** The environment goes before the file: it is what one start changes. */
function settingsFrom(env: Config, { simulation }: NodesFile): SimulationSettings {
  const delay = (own: string | undefined, shared: string | number | undefined): DelayRange => {
    const value = own ?? shared;
    return value === undefined ? NO_DELAY : parseDelayRange(value);
  };
  return {
    start: delay(env.EVERYNODE_SIM_START_MS, simulation?.startMs),
    ready: delay(env.EVERYNODE_SIM_READY_MS, simulation?.readyMs),
    stop: delay(env.EVERYNODE_SIM_STOP_MS, simulation?.stopMs),
    failureRate: env.EVERYNODE_SIM_FAILURE_RATE,
    events: env.EVERYNODE_SIM_EVENTS,
  };
}

await runService(
  {
    service: 'node-agent',
    replica: agent,
    logLevel: config.EVERYNODE_LOG_LEVEL,
    healthPort: config.EVERYNODE_HEALTH_PORT,
    healthHost: config.EVERYNODE_HEALTH_HOST,
  },
  async ({ log, metrics, readiness, signal, onClose }) => {
    const file = await readNodesFile(config.EVERYNODE_NODES_FILE);
    const nodes = nodesFrom(file);
    const bus = await Bus.connect({
      url: config.NATS_URL,
      user: config.NATS_USER,
      password: config.NATS_PASSWORD,
      name: `agent ${agent}`,
      inboxPrefix: inboxPrefix(agent),
      log,
      signal,
    });
    onClose(() => bus.close());

    const incarnation = Date.now();
    const fleet: FleetOptions = { agent, incarnation, nodes, bus, log, signal };
    const reports = new Counter({
      name: 'everynode_agent_reports_total',
      help: 'Messages with pod statuses that the bus has taken.',
      registers: [metrics],
    });
    const outbox = new StatusOutbox({
      incarnation,
      log,
      signal,
      publish: async (body) => {
        const event = { type: eventType('pod-status'), source: `/everynode/agent/${agent}` };
        await bus.publish(subjects.report(agent, 'pod-status'), event, body);
        reports.inc();
      },
    });
    onClose(() => outbox.flushed());
    const runtime = new SimulatedRuntime({
      settings: settingsFrom(config, file),
      seed: config.EVERYNODE_SEED,
      clock: systemClock,
      onReport: (pod, report) => {
        if (report.stopped) sync.stopped(pod.metadata.uid);
        outbox.add(pod, report);
      },
    });
    onClose(async () => runtime.close());
    const sync = new PodSync({
      agent,
      bus,
      runtime,
      nodes: new Map(nodes.map((node) => [node.name, node])),
      log,
      signal,
    });

    readiness.add('nats', () => (bus.connected ? undefined : 'not connected'));
    readiness.add('pods', () => sync.trouble);
    new Gauge({
      name: 'everynode_agent_pods',
      help: 'Pods that this agent runs.',
      registers: [metrics],
      collect() {
        this.set(sync.running);
      },
    });

    await registerNodes(fleet);
    void beat(fleet, config.EVERYNODE_HEARTBEAT_SECONDS);
    void bus.follow(streams.commands.name, subjects.commandsOf(agent), {
      // Commands may have been missed before this point.
      onReset: () => void sync.resync(),
      onMessage: (delivery: Delivery) => {
        try {
          sync.command(delivery);
        } catch (err) {
          log.warn({ err, subject: delivery.subject }, 'a command was not understood');
          void sync.resync();
        }
      },
    });
    sync.repeat();
  },
);
