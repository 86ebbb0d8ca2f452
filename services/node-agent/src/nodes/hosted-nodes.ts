import { type HostedNode, type Machine, seedOf } from '@everynode/pod-runtime';
import type { NodesFile } from './nodes-file.js';

/** Numbers of named nodes lie above those of generated ones, so that their addresses differ. A number has 16 bits. */
const NAMED_FROM = 50_000;
const NAMED_RANGE = 15_000;
/** `%d`, or `%05d` to pad the number with zeros. */
const NUMBER = /%(?:0(\d+))?d/;

const ownLabels = (name: string): Record<string, string> => ({
  'kubernetes.io/arch': 'amd64',
  'kubernetes.io/hostname': name,
  'kubernetes.io/os': 'linux',
});

/**
 * The nodes that the file asks for.
 * @throws Error for two nodes of one name, for a pattern without a place for the number, and for numbers and counts
 *   outside the address space.
 */
export function nodesFrom(file: NodesFile): HostedNode[] {
  const used = new Set<number>();
  const named = (file.nodes ?? []).map(
    ({ name, labels, annotations, taints, capacity }): HostedNode => ({
      name,
      number: numberOf(name, used),
      labels: { ...ownLabels(name), ...labels },
      annotations: annotations ?? {},
      taints: (taints ?? []).map(({ key, value, effect }) => ({ key, effect, ...(value !== undefined && { value }) })),
      capacity: capacity ?? {},
    }),
  );
  const nodes = [...named, ...generated(file.generate)];
  const names = new Set<string>();
  for (const { name } of nodes) {
    if (names.has(name)) throw new Error(`the nodes file names ${name} twice`);
    names.add(name);
  }
  return nodes;
}

/**
 * The node that is this machine.
 * @throws Error where the file asks for more than one.
 */
export function onlyNode(nodes: readonly HostedNode[], machine: Machine): HostedNode {
  const [node, ...others] = nodes;
  if (!node || others.length > 0) throw new Error(`an agent of real pods hosts one node, and not ${nodes.length}`);
  const labels = { ...node.labels, 'kubernetes.io/arch': machine.info.architecture ?? 'amd64' };
  return { ...node, labels, machine };
}

function generated(generate: NodesFile['generate']): HostedNode[] {
  const { count = 0, from = 1, pattern = 'node-%05d', zones = [], labels } = generate ?? {};
  if (!NUMBER.test(pattern))
    throw new Error(`the pattern ${JSON.stringify(pattern)} has no place for a number: write %05d`);
  if (from + count > NAMED_FROM)
    throw new Error(`node numbers end at ${NAMED_FROM - 1}: ${from} and ${count} more is too far`);
  return Array.from({ length: count }, (_, i): HostedNode => {
    const number = from + i;
    const name = pattern.replace(NUMBER, (_match, width = '0') => String(number).padStart(Number(width), '0'));
    // By number and not by index: a fleet that is cut into several files has the same zones.
    const zone = zones[Math.max(0, number - 1) % Math.max(1, zones.length)];
    return {
      name,
      number,
      labels: { ...ownLabels(name), ...(zone !== undefined && { 'topology.kubernetes.io/zone': zone }), ...labels },
      annotations: {},
      taints: [],
      capacity: {},
    };
  });
}

/** A number from the name, the same on every start; two names of one process never have the same. */
function numberOf(name: string, used: Set<number>): number {
  if (used.size >= NAMED_RANGE) throw new Error(`more than ${NAMED_RANGE} named nodes`);
  let number = NAMED_FROM + (seedOf(name, 0) % NAMED_RANGE);
  while (used.has(number)) number = NAMED_FROM + ((number - NAMED_FROM + 1) % NAMED_RANGE);
  used.add(number);
  return number;
}
