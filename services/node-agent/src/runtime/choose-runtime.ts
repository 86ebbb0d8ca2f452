import type { Bus } from '@everynode/bus';
import { type HostedNode, type ReportListener, type Runtime, systemClock } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';
import type { Config } from '../config.js';
import { nodesFrom, onlyNode } from '../nodes/hosted-nodes.js';
import { thisMachine } from '../nodes/machine.js';
import type { NodesFile } from '../nodes/nodes-file.js';
import { contentsAsked } from '../objects/object-contents.js';
import { tokensAsked } from '../objects/tokens.js';
import { missingObjectsAsked } from '../pods/missing-objects.js';
import { machineSettings } from './machine-settings.js';

/** The nodes of an agent, and what makes their runtime when the agent begins. */
interface ChosenRuntime {
  nodes: readonly HostedNode[];
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

async function processRuntime(parts: RuntimeParts): Promise<ChosenRuntime> {
  const { config, file, log } = parts;
  const { ProcessRuntime, processSettings } = await import('./process/process-runtime.js');
  const settings = processSettings(config, log);
  const machine = await thisMachine('everynode-process://0.1.0', '/', config.EVERYNODE_NODE_ADDRESS);
  const enforcesLimits = ['cpu', 'memory'].every((resource) => settings.cgroups?.enforced.includes(resource));
  return {
    nodes: [onlyNode(nodesFrom(file), { ...machine, enforcesLimits })],
    runtime: (onReport) => new ProcessRuntime({ ...realParts(parts), settings, onReport }),
  };
}

async function dockerRuntime(parts: RuntimeParts): Promise<ChosenRuntime | undefined> {
  const { config, file, log, signal } = parts;
  const { DockerRuntime } = await import('./docker/docker-runtime.js');
  const { Engine, engineAnswers } = await import('./docker/engine.js');
  const { findContainers } = await import('./docker/found-containers.js');
  const settings = machineSettings(config);
  const engine = new Engine(config.EVERYNODE_DOCKER_SOCKET);
  const version = await engineAnswers(engine, log, signal);
  if (version === undefined) return undefined;
  const machine = await thisMachine(`docker://${version}`, '/', config.EVERYNODE_NODE_ADDRESS);
  const hosted = onlyNode(nodesFrom(file), { ...machine, enforcesLimits: true });
  const node = hosted.name;
  const found = await findContainers(engine, node);
  return {
    nodes: [hosted],
    runtime: (onReport) => new DockerRuntime({ ...realParts(parts), settings, engine, node, found, onReport }),
  };
}
