import { compareQuantities, formatQuantity, parseQuantity, type ResourceRequirements } from '@everynode/objects';
import { containerChanged } from '../answers/running.js';
import { infeasibleEvents } from '../events/kubelet-events.js';
import type { AssignedPod } from '../pod/assigned-pod.js';
import { type ContainerRun, containerRuns } from '../pod/container-run.js';
import type { Moment } from '../pod/moment.js';
import { type PodRun, record } from '../pod/pod-run.js';

/** The resources that a resize may change. */
const RESIZABLE = ['cpu', 'memory'];

/**
 * Applies to a running pod what its newest form changes: resizes, unless the node has too little for them, images, and
 * ephemeral containers. A deadline is read anew at each look. Other fields of a pod's spec cannot change.
 */
export function applyPodChange(run: PodRun, now: Moment): void {
  const { pod, containers } = run;
  const infeasible = infeasibleAmount(pod, run.node.allocatable);
  if (infeasible !== undefined && infeasible !== run.infeasible) record(run, infeasibleEvents(infeasible));
  run.infeasible = infeasible;
  const { initContainers = [], containers: mains } = pod.spec;
  const known = new Map(containers.map((container) => [container.name, container]));
  for (const spec of [...initContainers, ...mains]) {
    const container = known.get(spec.name);
    if (!container) continue;
    container.spec = spec;
    changeImage(run, container, spec.image ?? '', now);
    if (infeasible === undefined) resize(run, container, now);
  }
  containers.push(...containerRuns(pod, now.ms).filter(({ kind, name }) => kind === 'ephemeral' && !known.has(name)));
}

const mayReplace = ({ stage, kind }: ContainerRun): boolean => stage === 'running' && kind !== 'init';

/** Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, containerChanged. */
function changeImage(run: PodRun, container: ContainerRun, image: string, now: Moment): void {
  if (container.image === image) return;
  container.image = image;
  // A changed container has a back-off of its own.
  container.restartBackoff = undefined;
  container.pullBackoff = undefined;
  container.pullFault = undefined;
  if (mayReplace(container)) {
    containerChanged(run, container, `Container ${container.name} definition changed, will be restarted`, now);
  }
}

function resize(run: PodRun, container: ContainerRun, now: Moment): void {
  const { resources = {}, resizePolicy } = container.spec;
  const changed = RESIZABLE.filter((amount) => isChanged(container.resources, resources, amount));
  if (changed.length === 0) return;
  container.resources = resources;
  const asksForRestart = resizePolicy?.some(
    ({ resourceName, restartPolicy }) => changed.includes(resourceName) && restartPolicy === 'RestartContainer',
  );
  if (asksForRestart && mayReplace(container)) {
    containerChanged(run, container, `Container ${container.name} resize requires restart`, now);
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
