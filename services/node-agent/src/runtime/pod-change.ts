import { compareQuantities, formatQuantity, parseQuantity, type ResourceRequirements } from '@everynode/objects';
import { nodeCapacity } from '../nodes/node-status.js';
import { type ContainerRun, containerRuns } from './container-run.js';
import { infeasibleEvents } from './kubelet-events.js';
import type { PodRun } from './pod-run.js';
import type { AssignedPod } from './runtime.js';

/** Changes the resources of a container while it runs. `restart`: the container asks to be started anew for that. */
export interface ResizeHook {
  resizeContainer(run: PodRun, container: ContainerRun, resources: ResourceRequirements, restart: boolean): void;
}

/** Starts an ephemeral container in the sandbox of a running pod. */
export interface EphemeralContainerHook {
  startEphemeral(run: PodRun, container: ContainerRun): void;
}

/** The resources that a resize may change. */
const RESIZABLE = ['cpu', 'memory'];

/**
 * Applies to a running pod what its newest form changes: resizes, unless the node has too little for them, and
 * ephemeral containers. Other fields of a pod's spec cannot change.
 */
export function applyPodChange(run: PodRun, hooks: ResizeHook & EphemeralContainerHook): void {
  const { pod, containers, occurrences } = run;
  const infeasible = infeasibleAmount(pod, nodeCapacity(run.node));
  if (infeasible !== undefined && infeasible !== run.infeasible) occurrences.push(...infeasibleEvents(infeasible));
  run.infeasible = infeasible;
  if (infeasible === undefined) resize(run, hooks);
  const known = new Set(containers.map(({ name }) => name));
  containers.push(...containerRuns(pod).filter(({ kind, name }) => kind === 'ephemeral' && !known.has(name)));
  // Without a sandbox there is nothing to start them in: they start with the other containers.
  if (run.ip === undefined) return;
  for (const container of containers) {
    const isWaiting = container.kind === 'ephemeral' && container.startedAt === undefined && !container.ended;
    if (isWaiting) hooks.startEphemeral(run, container);
  }
}

function resize(run: PodRun, hooks: ResizeHook): void {
  const { initContainers = [], containers } = run.pod.spec;
  for (const { name, resources = {}, resizePolicy } of [...initContainers, ...containers]) {
    const container = run.containers.find((one) => one.name === name);
    if (!container) continue;
    const changed = RESIZABLE.filter((amount) => isChanged(container.resources, resources, amount));
    if (changed.length === 0) continue;
    const restart =
      resizePolicy?.some(
        ({ resourceName, restartPolicy }) => changed.includes(resourceName) && restartPolicy === 'RestartContainer',
      ) ?? false;
    hooks.resizeContainer(run, container, resources, restart);
  }
}

type Amounts = Record<string, string> | undefined;

function isChanged(before: ResourceRequirements | undefined, after: ResourceRequirements, name: string): boolean {
  return !isSame(before?.limits, after.limits, name) || !isSame(before?.requests, after.requests, name);
}

function isSame(before: Amounts, after: Amounts, name: string): boolean {
  const [a, b] = [before?.[name], after?.[name]];
  if (a === undefined || b === undefined) return a === b;
  return compareQuantities(parseQuantity(a), parseQuantity(b)) === 0;
}

/** Why the whole node is too small for the pod, in a kubelet's words; undefined when it is not. */
function infeasibleAmount({ spec }: AssignedPod, capacity: Readonly<Record<string, string>>): string | undefined {
  for (const name of RESIZABLE) {
    const amounts = spec.containers.map(({ resources }) => resources?.requests?.[name] ?? '0');
    const nanos = amounts.reduce((sum, amount) => sum + parseQuantity(amount).nanos, 0n);
    const available = parseQuantity(capacity[name] ?? '0');
    if (nanos <= available.nanos) continue;
    // Kubelets count CPU in thousandths.
    const shown = (value: bigint): string =>
      name === 'cpu' ? String(value / 10n ** 6n) : formatQuantity({ nanos: value, format: 'DecimalSI' });
    return `Node didn't have enough capacity: ${name}, requested: ${shown(nanos)}, capacity: ${shown(available.nanos)}`;
  }
  return undefined;
}
