/** The simulated fleet of a local stack, as agents read it from their nodes files. */
export interface NodeSpec {
  name: string;
  labels?: Record<string, string>;
  taints?: Taint[];
}

export interface Taint {
  key: string;
  value?: string;
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** Delays of simulated containers, in ms: a number, or `from-to` to pick from at random. */
interface Simulation {
  startMs?: string;
  readyMs?: string;
  stopMs?: string;
}

/** Nodes of one agent. `generate` numbers `count` plain workers from `from` on; zones go round by number. */
export interface NodesFile {
  nodes: NodeSpec[];
  generate?: { count: number; from: number; pattern: string; zones: string[] };
  simulation?: Simulation;
}

export interface AgentSpec {
  agent: string;
  file: NodesFile;
}

export interface Fleet {
  kind: 'demo' | 'numbered';
  agents: AgentSpec[];
}

const PATTERN = 'node-%05d';
const ZONES = ['zone-a', 'zone-b', 'zone-c'];
/** Long enough to watch, short enough not to wait. */
const DEMO_SIMULATION: Simulation = { startMs: '300-1200', readyMs: '0', stopMs: '500-1500' };

const agentName = (number: number) => `agent-${number}`;
const generatedName = (pattern: string, number: number) =>
  pattern.replace(/%0(\d)d/, (_, width: string) => String(number).padStart(Number(width), '0'));

/** The labels that a kubelet puts on its node (kubernetes.io/docs/reference/node/node-labels). */
function hostLabels(name: string): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
  };
}

export function workerNode(name: string, labels: Record<string, string> = {}, taints: Taint[] = []): NodeSpec {
  return { name, labels: { ...hostLabels(name), ...labels }, ...(taints.length === 0 ? {} : { taints }) };
}

/** What makes a node of the demo a master: the key of its taint, and of a label that only an administrator may set. */
export const MASTER_ROLE = 'node-role.kubernetes.io/master';

const masterNode = (name: string): NodeSpec => workerNode(name, {}, [{ key: MASTER_ROLE, effect: 'NoSchedule' }]);

/** Names of the masters of the demo. */
export const DEMO_MASTERS: readonly string[] = [1, 2, 3].map((number) => `k8s-master-0${number}`);

/**
 * Three masters on the first agent, three workers dealt to the others; everything on one agent if there is only one.
 */
export function demoFleet(agents: number): Fleet {
  const numbers = [1, 2, 3];
  const masters = DEMO_MASTERS.map(masterNode);
  const workers = numbers.map((number) => workerNode(`k8s-0${number}`));
  const specs = Array.from({ length: agents }, (_, index): AgentSpec => {
    const mine = workers.filter((_worker, at) => (agents === 1 ? 0 : 1 + (at % (agents - 1))) === index);
    const nodes = index === 0 ? [...masters, ...mine] : mine;
    return { agent: agentName(index + 1), file: { nodes, simulation: DEMO_SIMULATION } };
  });
  return { kind: 'demo', agents: specs };
}

/** `nodes` plain workers, `node-00001` and on, in runs of nearly equal length on `agents` agents. */
export function numberedFleet(nodes: number, agents: number): Fleet {
  const share = (index: number) => Math.floor((nodes * index) / agents);
  const specs = Array.from({ length: agents }, (_, index): AgentSpec => {
    const generate = { count: share(index + 1) - share(index), from: share(index) + 1, pattern: PATTERN, zones: ZONES };
    return { agent: agentName(index + 1), file: { nodes: [], generate } };
  });
  return { kind: 'numbered', agents: specs };
}

/** Names of the nodes that a file asks for. */
export function nodeNames({ nodes, generate }: NodesFile): string[] {
  const numbered = Array.from({ length: generate?.count ?? 0 }, (_, index) =>
    generatedName(generate?.pattern ?? PATTERN, (generate?.from ?? 1) + index),
  );
  return [...nodes.map(({ name }) => name), ...numbered];
}

/** The nodes that an agent may register, as names and as the beginning of numbered ones. */
export function enrolmentOf({ file: { nodes, generate } }: AgentSpec): string[] {
  const prefix = generate?.pattern.replace(/%.*$/, '*');
  return [...nodes.map(({ name }) => name), ...(prefix === undefined ? [] : [prefix])];
}

export function nodeCount(fleet: Fleet): number {
  return fleet.agents.reduce((sum, { file }) => sum + file.nodes.length + (file.generate?.count ?? 0), 0);
}

const NODE_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * An agent that is new to the fleet, with the given nodes: it has the next free number.
 * @throws Error when a name is not a DNS subdomain (the rule for node names), or the fleet has it already.
 */
export function nextAgent(fleet: Fleet, nodes: NodeSpec[]): AgentSpec {
  const taken = new Set(fleet.agents.flatMap(({ file }) => nodeNames(file)));
  for (const { name } of nodes) {
    if (name.length > 253 || !NODE_NAME.test(name)) throw new Error(`not a node name: ${JSON.stringify(name)}`);
    if (taken.has(name)) throw new Error(`there is a node ${name} already`);
    taken.add(name);
  }
  const numbers = fleet.agents.map(({ agent }) => Number(/^agent-(\d+)$/.exec(agent)?.[1] ?? 0));
  const simulation = fleet.kind === 'demo' ? { simulation: DEMO_SIMULATION } : {};
  return { agent: agentName(Math.max(0, ...numbers) + 1), file: { nodes, ...simulation } };
}

/** `count` names after the highest `node-…` number of the fleet. */
export function nextNodeNames(fleet: Fleet, count: number): string[] {
  const numbers = fleet.agents
    .flatMap(({ file }) => nodeNames(file))
    .map((name) => Number(/^node-(\d+)$/.exec(name)?.[1] ?? 0));
  const last = numbers.reduce((highest, number) => Math.max(highest, number), 0);
  return Array.from({ length: count }, (_, index) => generatedName(PATTERN, last + 1 + index));
}
