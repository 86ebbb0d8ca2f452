import type { NodeSpec, NodeStatus, Taint } from '@everynode/objects';

const PREFIX = 'node.kubernetes.io/';

interface Rule {
  condition: string;
  status: string;
  key: string;
  effects: string[];
}

/** The taints of each condition. Source: pkg/controller/nodelifecycle, nodeConditionToTaintKeyStatusMap. */
const RULES: Rule[] = [
  { condition: 'Ready', status: 'False', key: `${PREFIX}not-ready`, effects: ['NoSchedule', 'NoExecute'] },
  { condition: 'Ready', status: 'Unknown', key: `${PREFIX}unreachable`, effects: ['NoSchedule', 'NoExecute'] },
  { condition: 'MemoryPressure', status: 'True', key: `${PREFIX}memory-pressure`, effects: ['NoSchedule'] },
  { condition: 'DiskPressure', status: 'True', key: `${PREFIX}disk-pressure`, effects: ['NoSchedule'] },
  { condition: 'PIDPressure', status: 'True', key: `${PREFIX}pid-pressure`, effects: ['NoSchedule'] },
  { condition: 'NetworkUnavailable', status: 'True', key: `${PREFIX}network-unavailable`, effects: ['NoSchedule'] },
];
const UNSCHEDULABLE = `${PREFIX}unschedulable`;

const idOf = (taint: Pick<Taint, 'key' | 'effect'>): string => `${taint.key}:${taint.effect}`;

/** The taints that this controller adds and removes, and no other. */
const MANAGED: ReadonlySet<string> = new Set([
  ...RULES.flatMap(({ key, effects }) => effects.map((effect) => idOf({ key, effect }))),
  idOf({ key: UNSCHEDULABLE, effect: 'NoSchedule' }),
]);

/** Admission gives it to each node that is created. It stays until there is a report of the node. */
const OF_NEW_NODES = idOf({ key: `${PREFIX}not-ready`, effect: 'NoSchedule' });

/**
 * Returns the taints of a node by its conditions and its cordon; undefined when it has them already. Taints of other
 * writers stay, and a taint that stays keeps its timeAdded. `at` is RFC 3339.
 */
export function withConditionTaints(spec: NodeSpec, status: NodeStatus, at: string): Taint[] | undefined {
  const taints = spec.taints ?? [];
  const wanted = new Map(wantedTaints(spec, status).map((taint) => [idOf(taint), taint]));
  const isReported = status.conditions?.some(({ type }) => type === 'Ready') ?? false;
  const kept = taints.filter(
    (taint) => !MANAGED.has(idOf(taint)) || wanted.has(idOf(taint)) || (!isReported && idOf(taint) === OF_NEW_NODES),
  );
  for (const taint of kept) wanted.delete(idOf(taint));
  if (wanted.size === 0 && kept.length === taints.length) return undefined;
  return [...kept, ...[...wanted.values()].map((taint) => ({ ...taint, timeAdded: at }))];
}

function wantedTaints(spec: NodeSpec, status: NodeStatus): Taint[] {
  const byCondition = RULES.filter(({ condition, status: wanted }) =>
    status.conditions?.some(({ type, status: present }) => type === condition && present === wanted),
  ).flatMap(({ key, effects }) => effects.map((effect): Taint => ({ key, effect })));
  return spec.unschedulable ? [...byCondition, { key: UNSCHEDULABLE, effect: 'NoSchedule' }] : byCondition;
}
