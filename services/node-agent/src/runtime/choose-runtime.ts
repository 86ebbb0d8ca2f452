import type { Bus } from '@everynode/bus';
import { parseEvictionThresholds } from '@everynode/kubelet';
import { type HostedNode, type ReportListener, type Runtime, systemClock } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';
import type { Config } from '../config.js';
import { MachineHost } from '../machine/machine-host.js';
import { MachineNode } from '../machine/machine-node.js';
import { readObservations } from '../machine/readings.js';
import { nodesFrom, onlyNode } from '../nodes/hosted-nodes.js';
import { thisMachine } from '../nodes/machine.js';
import type { NodesFile } from '../nodes/nodes-file.js';
import { contentsAsked } from '../objects/object-contents.js';
import { tokensAsked } from '../objects/tokens.js';
import { missingObjectsAsked } from '../pods/missing-objects.js';
import { holdFolder } from '../state/hold-folder.js';
import { machineSettings } from './machine-settings.js';

/** The nodes of an agent, and what makes their runtime when the agent begins. */
interface ChosenRuntime {
  nodes: readonly HostedNode[];
  /** The machine that is the node, where its pods are real. */
  machine?: MachineHost;
  runtime: (onReport: ReportListener) => Runtime;
}

interface RuntimeParts {
  config: Config;
  file: NodesFile;
  bus: Pick<Bus, 'request'>;
  log: Logger;
  signal: AbortSignal;
}

/**
 * The runtime that the configuration names; undefined when the signal aborts before what it needs answers. What only
 * one kind needs is loaded for that kind alone.
 * @throws Error where the configuration or this machine does not allow it.
 */
export function chooseRuntime(parts: RuntimeParts): Promise<ChosenRuntime | undefined> {
  switch (parts.config.EVERYNODE_RUNTIME) {
    case 'simulated':
      return simulatedRuntime(parts);
    case 'process':
      return processRuntime(parts);
    case 'docker':
      return dockerRuntime(parts);
  }
}

async function simulatedRuntime({ config, file, bus }: RuntimeParts): Promise<ChosenRuntime> {
  const { SimulatedRuntime } = await import('@everynode/pod-runtime/simulated');
  const { settingsFrom } = await import('./simulated/simulation-settings.js');
  const clock = systemClock;
  const settings = settingsFrom(config, file.simulation);
  const findMissing = missingObjectsAsked(bus, config.EVERYNODE_AGENT);
  return {
    nodes: nodesFrom(file),
    runtime: (onReport) =>
      new SimulatedRuntime({ settings, seed: config.EVERYNODE_SEED, clock, onReport, findMissing }),
  };
}

/** What every runtime of real pods asks for. */
const realParts = ({ config, bus, log }: RuntimeParts) => ({
  clock: systemClock,
  fetch: contentsAsked(bus, config.EVERYNODE_AGENT),
  issueToken: tokensAsked(bus, config.EVERYNODE_AGENT),
  log,
});

/** What is done for the machine itself. @throws Error for thresholds that cannot be read. */
function machineHost({ config, log }: RuntimeParts, node: string, imageFolder: string | undefined): MachineHost {
  const { EVERYNODE_STATE_FOLDER: stateFolder, EVERYNODE_EVICTION_TRANSITION_SECONDS: seconds } = config;
  return new MachineHost({
    node: new MachineNode(node, systemClock),
    eviction: { thresholds: parseEvictionThresholds(config.EVERYNODE_EVICTION_HARD), transitionMs: seconds * 1000 },
    grace: {
      totalMs: config.EVERYNODE_SHUTDOWN_GRACE_SECONDS * 1000,
      criticalMs: config.EVERYNODE_SHUTDOWN_GRACE_CRITICAL_SECONDS * 1000,
    },
    read: () => readObservations({ stateFolder, imageFolder, proc: '/proc' }),
    clock: systemClock,
    log,
  });
}

async function processRuntime(parts: RuntimeParts): Promise<ChosenRuntime> {
  const { config, file, log } = parts;
  const { ProcessRuntime, processSettings } = await import('./process/process-runtime.js');
  holdFolder(config.EVERYNODE_STATE_FOLDER);
  const settings = processSettings(config, log);
  const facts = await thisMachine('everynode-process://0.1.0', '/', config.EVERYNODE_NODE_ADDRESS);
  const enforcesLimits = ['cpu', 'memory'].every((resource) => settings.cgroups?.enforced.includes(resource));
  const hosted = onlyNode(nodesFrom(file), { ...facts, enforcesLimits });
  const machine = machineHost(parts, hosted.name, undefined);
  const { node } = machine;
  const real = { ...realParts(parts), nodeRefusalOf: node.refusalOf.bind(node) };
  return {
    nodes: [hosted],
    machine,
    runtime: (onReport) => machine.runs(new ProcessRuntime({ ...real, settings, onReport })),
  };
}

async function dockerRuntime(parts: RuntimeParts): Promise<ChosenRuntime | undefined> {
  const { config, file, log, signal } = parts;
  const { DockerRuntime } = await import('./docker/docker-runtime.js');
  const { Engine, engineAnswers } = await import('./docker/engine.js');
  const { findContainers } = await import('./docker/found-containers.js');
  holdFolder(config.EVERYNODE_STATE_FOLDER);
  const settings = machineSettings(config);
  const engine = new Engine(config.EVERYNODE_DOCKER_SOCKET);
  const version = await engineAnswers(engine, log, signal);
  if (version === undefined) return undefined;
  const facts = await thisMachine(`docker://${version}`, '/', config.EVERYNODE_NODE_ADDRESS);
  const hosted = onlyNode(nodesFrom(file), { ...facts, enforcesLimits: true });
  const { name } = hosted;
  const found = await findContainers(engine, name);
  const machine = machineHost(parts, name, await engine.rootFolder());
  const real = { ...realParts(parts), nodeRefusalOf: machine.node.refusalOf.bind(machine.node) };
  return {
    nodes: [hosted],
    machine,
    runtime: (onReport) => machine.runs(new DockerRuntime({ ...real, settings, engine, node: name, found, onReport })),
  };
}
