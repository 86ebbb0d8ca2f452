import {
  type Container,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type ResourceRequirements,
} from '@everynode/objects';
import type { ContainerRun } from './container-run.js';
import type { AssignedPod } from './runtime.js';

/** A resize of one container that runs. */
export interface Resize {
  run: ContainerRun;
  resources: ResourceRequirements;
  /** The container has to be started anew for it (`resizePolicy`). */
  restarts: boolean;
}

type Amounts = Record<string, string> | undefined;
type Resizable = Container & { resizePolicy?: { resourceName: string; restartPolicy: string }[] };

const RESIZED = ['cpu', 'memory'];

const containersOf = ({ spec }: AssignedPod): Resizable[] => [
  ...((spec.initContainers ?? []) as Resizable[]),
  ...(spec.containers as Resizable[]),
];

function isSame(before: Amounts, after: Amounts, name: string): boolean {
  const [a, b] = [before?.[name], after?.[name]];
  if (a === undefined || b === undefined) return a === b;
  return compareQuantities(parseQuantity(a), parseQuantity(b)) === 0;
}

/** What containers that run are to have more or less of than they have. */
export function resizesOf(pod: AssignedPod, runs: readonly ContainerRun[]): Resize[] {
  return containersOf(pod).flatMap(({ name, resources = {}, resizePolicy }) => {
    const run = runs.find((one) => one.name === name);
    const before = run?.resources;
    const changed = RESIZED.filter(
      (amount) =>
        !isSame(before?.limits, resources.limits, amount) || !isSame(before?.requests, resources.requests, amount),
    );
    if (!run || changed.length === 0) return [];
    const restarts =
      resizePolicy?.some(
        (policy) => changed.includes(policy.resourceName) && policy.restartPolicy === 'RestartContainer',
      ) ?? false;
    return [{ run, resources, restarts }];
  });
}

/** A name that a pod asks more of than the whole node has, in a kubelet's words; undefined where there is none. */
export function infeasibleAmount(pod: AssignedPod, capacity: Readonly<Record<string, string>>): string | undefined {
  for (const name of RESIZED) {
    const amounts = (pod.spec.containers as Container[]).map(({ resources }) => resources?.requests?.[name] ?? '0');
    const nanos = amounts.reduce((sum, amount) => sum + parseQuantity(amount).nanos, 0n);
    const room = parseQuantity(capacity[name] ?? '0');
    if (nanos <= room.nanos) continue;
    // Kubelets count CPU in thousandths.
    const shown = (value: bigint): string =>
      name === 'cpu' ? String(value / 10n ** 6n) : formatQuantity({ nanos: value, format: 'DecimalSI' });
    return `Node didn't have enough capacity: ${name}, requested: ${shown(nanos)}, capacity: ${shown(room.nanos)}`;
  }
  return undefined;
}
