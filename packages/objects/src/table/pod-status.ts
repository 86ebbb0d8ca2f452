import { isConditionTrue } from '../conditions.js';
import type { ContainerState, ContainerStatus, Pod, PodSpec, PodStatus } from '../kinds/api-types.js';

/** What `kubectl get pods` shows of the containers. */
interface PodSummary {
  status: string;
  readyContainers: number;
  totalContainers: number;
  restarts: number;
  /** When a container last ended before a restart: RFC 3339, or undefined. */
  lastRestart: string | undefined;
}

/** Counts restarts and keeps the time of the last one. */
class Restarts {
  count = 0;
  last: string | undefined;

  add({ restartCount, lastState }: ContainerStatus): void {
    this.count += restartCount ?? 0;
    const finished = lastState?.terminated?.finishedAt;
    if (finished && (this.last === undefined || Date.parse(finished) > Date.parse(this.last))) this.last = finished;
  }
}

/** The reason for a container's end, or its signal or exit code. */
function terminationReason({ reason, signal, exitCode }: NonNullable<ContainerState['terminated']>): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`);
}

interface Initialization {
  /** Set when an init container is not finished, or has failed. */
  reason: string | undefined;
  readySidecars: number;
  restarts: Restarts;
  sidecarRestarts: Restarts;
}

/** Reads init containers in order, up to the first one that is not finished. */
function readInitContainers(spec: PodSpec | undefined, status: PodStatus): Initialization {
  const sidecars = sidecarsOf(spec);
  const found: Initialization = {
    reason: undefined,
    readySidecars: 0,
    restarts: new Restarts(),
    sidecarRestarts: new Restarts(),
  };
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(container.name);
    found.restarts.add(container);
    if (isSidecar) found.sidecarRestarts.add(container);
    const { terminated, waiting } = container.state ?? {};
    if (terminated && (terminated.exitCode ?? 0) === 0) continue;
    if (isSidecar && container.started) {
      if (container.ready) found.readySidecars += 1;
      continue;
    }
    if (terminated) found.reason = `Init:${terminationReason(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') found.reason = `Init:${waiting.reason}`;
    else found.reason = `Init:${index}/${spec?.initContainers?.length ?? 0}`;
    break;
  }
  return found;
}

/** Init containers that keep running beside the main ones (KEP-753). */
function sidecarsOf(spec: PodSpec | undefined): Set<string> {
  const containers = spec?.initContainers ?? [];
  return new Set(containers.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name));
}

interface Main {
  /** The reason of the first container that waits or has ended. */
  reason: string | undefined;
  readyContainers: number;
}

function readContainers(status: PodStatus, restarts: Restarts): Main {
  const found: Main = { reason: undefined, readyContainers: 0 };
  let failure: string | undefined;
  for (const container of (status.containerStatuses ?? []).toReversed()) {
    restarts.add(container);
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason) {
      found.reason = waiting.reason;
    } else if (terminated) {
      found.reason = terminationReason(terminated);
      if (terminated.exitCode) failure = found.reason;
    } else if (container.ready && running) {
      found.readyContainers += 1;
    }
  }
  if (found.reason === 'Completed') {
    const hasRunning = found.readyContainers > 0;
    if (hasRunning && isConditionTrue(status, 'Ready')) found.reason = 'Running';
    else if (failure !== undefined) found.reason = failure;
    else if (hasRunning) found.reason = 'NotReady';
  }
  return found;
}

/**
 * Summarizes a pod: the word under STATUS, ready and all containers, restarts. Later findings override earlier ones.
 * Rule: pkg/printers/internalversion, printPod (1.36).
 */
export function summarizePod(pod: Pick<Pod, 'metadata' | 'spec' | 'status'>): PodSummary {
  const status = pod.status ?? {};
  const phase = status.phase ?? '';
  let word = status.reason || phase;
  const gated = status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated');
  if (gated) word = 'SchedulingGated';

  const init = readInitContainers(pod.spec, status);
  let { restarts } = init;
  let readyContainers = init.readySidecars;
  word = init.reason ?? word;
  if (init.reason === undefined || isConditionTrue(status, 'Initialized')) {
    // The restarts of plain init containers no longer count; those of sidecars do.
    restarts = init.sidecarRestarts;
    const main = readContainers(status, restarts);
    readyContainers += main.readyContainers;
    word = main.reason ?? word;
  }

  if (pod.metadata?.deletionTimestamp) {
    if (status.reason === 'NodeLost') word = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') word = 'Terminating';
  }
  return {
    status: word,
    readyContainers,
    totalContainers: (pod.spec?.containers ?? []).length + sidecarsOf(pod.spec).size,
    restarts: restarts.count,
    lastRestart: restarts.last,
  };
}
