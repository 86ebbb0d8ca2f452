import type { AddedNodes, NodesRequest } from '../control-channel.js';
import type { AgentStatus, FleetStatus } from '../stack-status.js';
import { readFleet, writeEnrolments, writeFleet, writeNodesFile } from '../state/fleet-file.js';
import type { StatePaths } from '../state/state-directory.js';
import { type AgentSpec, type Fleet, nextAgent, nextNodeNames, nodeCount, nodeNames, workerNode } from './fleet.js';
import { agentEnvironment, type BusAccess } from './service-environment.js';
import type { ServiceGroup } from './service-group.js';

interface RunningFleetOptions {
  paths: StatePaths;
  services: ServiceGroup;
  fleet: Fleet;
  /** Called when an agent is started; throws while there is no bus. */
  bus: () => BusAccess;
}

/** The fleet of a stack: recorded in the state directory, and run by one process for each agent. */
export class RunningFleet {
  readonly #options: RunningFleetOptions;
  #fleet: Fleet;

  constructor(options: RunningFleetOptions) {
    this.#options = options;
    this.#fleet = options.fleet;
  }

  get agentNames(): string[] {
    return this.#fleet.agents.map(({ agent }) => agent);
  }

  /** Takes over the fleet that an earlier run recorded, unless `replace`. The result is recorded. */
  async load(replace: boolean): Promise<void> {
    const { paths } = this.#options;
    if (!replace) this.#fleet = (await readFleet(paths)) ?? this.#fleet;
    await this.#record();
  }

  /** Resolves when every agent runs. */
  async start(): Promise<void> {
    await Promise.all(this.#fleet.agents.map((spec) => this.#startAgent(spec)));
  }

  /** Records one more agent with these nodes, and resolves when it runs. */
  async addNodes({ names, count = 0, labels, taints, absent = [] }: NodesRequest): Promise<AddedNodes> {
    const wanted = names ?? nextNodeNames(this.#fleet, count);
    if (wanted.length === 0) throw new Error('name at least one node, or give a count');
    const host = (node: string) => this.#fleet.agents.find(({ file }) => nodeNames(file).includes(node))?.agent;
    const known = wanted.filter((node) => absent.includes(node) && host(node) !== undefined);
    const again = known.map((name) => workerNode(name, labels, taints));
    const nodes = wanted.filter((node) => !known.includes(node));
    const [first] = known;
    if (first !== undefined && nodes.length === 0) return { agent: host(first) ?? '', nodes: wanted, again };
    const spec = nextAgent(
      this.#fleet,
      nodes.map((name) => workerNode(name, labels, taints)),
    );
    this.#fleet = { ...this.#fleet, agents: [...this.#fleet.agents, spec] };
    await this.#record();
    await this.#startAgent(spec);
    return { agent: spec.agent, nodes: wanted, again };
  }

  status(): FleetStatus {
    return { kind: this.#fleet.kind, nodes: nodeCount(this.#fleet) };
  }

  /** Of the agents that have been started once. */
  agentStatus(): AgentStatus[] {
    return this.#fleet.agents.flatMap((spec) => {
      const agent = this.#options.services.agentStatus(spec.agent);
      return agent === undefined ? [] : [{ ...agent, nodes: nodeCount({ ...this.#fleet, agents: [spec] }) }];
    });
  }

  /** The agents of the fleet need no request to join: this process is the authority of their bus. */
  async #record(): Promise<void> {
    const { paths } = this.#options;
    await writeFleet(paths, this.#fleet);
    await writeEnrolments(paths, this.#fleet);
  }

  async #startAgent(spec: AgentSpec): Promise<void> {
    const { bus, paths, services } = this.#options;
    const nodesFile = await writeNodesFile(paths, spec);
    const environment = await agentEnvironment(bus(), spec.agent, nodesFile);
    await services.bringUp(services.addAgent(spec.agent, environment));
  }
}
