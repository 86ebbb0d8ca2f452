import type { Bus } from '@everynode/bus';
import type { ContainerStreams } from '@everynode/container-streams';
import type { Logger } from '@everynode/service-shell';
import type { Config } from '../config.js';
import { type HostedNode, nodesFrom, onlyNode } from '../nodes/hosted-nodes.js';
import { thisMachine } from '../nodes/machine.js';
import type { NodesFile } from '../nodes/nodes-file.js';
import { contentsAsked } from '../objects/object-contents.js';
import { tokensAsked } from '../objects/tokens.js';
import { missingObjectsAsked } from '../pods/missing-objects.js';
import type { ReportListener, Runtime } from './runtime.js';
import { systemClock } from './timers.js';

/** The nodes of an agent, and what makes their runtime when the agent begins. */
interface ChosenRuntime {
  nodes: readonly HostedNode[];
  runtime: (onReport: ReportListener) => Runtime;
  /** What clients see of the containers of that runtime. */
  streams: (runtime: Runtime) => ContainerStreams;
}

interface RuntimeParts {
  config: Config;
  file: NodesFile;
  bus: Pick<Bus, 'request'>;
  log: Logger;
}

/**
 * The runtime that the configuration names. What only one kind needs is loaded for that kind alone.
 * @throws Error where the configuration or this machine does not allow it.
 */
export async function chooseRuntime({ config, file, bus, log }: RuntimeParts): Promise<ChosenRuntime> {
  const agent = config.EVERYNODE_AGENT;
  const clock = systemClock;
  const nodes = nodesFrom(file);
  if (config.EVERYNODE_RUNTIME === 'process') {
    const { ProcessRuntime, processSettings } = await import('./process/process-runtime.js');
    const settings = processSettings(config);
    const machine = await thisMachine('everynode-process://0.1.0', '/', config.EVERYNODE_NODE_ADDRESS);
    return {
      nodes: [onlyNode(nodes, machine)],
      runtime: (onReport) =>
        new ProcessRuntime({
          settings,
          clock,
          onReport,
          fetch: contentsAsked(bus, agent),
          issueToken: tokensAsked(bus, agent),
          log,
        }),
      streams: (runtime) => (runtime as InstanceType<typeof ProcessRuntime>).streams,
    };
  }
  const { SimulatedRuntime } = await import('./simulated/simulated-runtime.js');
  const { SimulatedStreams } = await import('./simulated/simulated-streams.js');
  const { settingsFrom } = await import('./simulated/simulation-settings.js');
  const settings = settingsFrom(config, file.simulation);
  const findMissing = missingObjectsAsked(bus, agent);
  return {
    nodes,
    runtime: (onReport) =>
      new SimulatedRuntime({ settings, seed: config.EVERYNODE_SEED, clock, onReport, findMissing }),
    streams: (runtime) => new SimulatedStreams((uid) => runtime.find(uid), clock),
  };
}
