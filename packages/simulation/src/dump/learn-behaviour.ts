import { conditionOf, controllerOf, type Pod, type Stored } from '@everynode/objects';
import type { ScenarioBehaviour } from '../scenario/schema.js';

const ZONE = 'topology.kubernetes.io/zone';
const INSTANCE = 'node.kubernetes.io/instance-type';
/** Fewer pods than this say too little of a zone or of an instance type. */
const MIN_SAMPLES = 5;
/** A pod that seems to have been ready so long after its start, in ms, has more likely become ready again. */
const MAX_READY_MS = 3_600_000;
const QUANTILES = { min: 0, p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, max: 1 } as const;

interface Times {
  startMs: number[];
  readyMs: number[];
}

/**
 * How long pods took to start and to be ready, by the times of their statuses, which have whole seconds. A container
 * that was restarted says nothing of the first start. For each DaemonSet: a rule for all of its nodes, and one for each
 * zone and instance type that has enough of its pods.
 */
export function learnBehaviour(
  pods: readonly Stored<Pod>[],
  labelsOf: ReadonlyMap<string, Readonly<Record<string, string>>>,
): ScenarioBehaviour[] {
  const groups = new Map<string, Times & { daemonSet: string; nodes: string | undefined }>();
  const note = (daemonSet: string, nodes: string | undefined, start: number, ready: number | undefined): void => {
    const key = `${daemonSet} ${nodes ?? ''}`;
    const group = groups.get(key) ?? { daemonSet, nodes, startMs: [], readyMs: [] };
    group.startMs.push(start);
    if (ready !== undefined) group.readyMs.push(ready);
    groups.set(key, group);
  };
  for (const pod of pods) {
    const owner = controllerOf(pod.metadata);
    const start = startMs(pod);
    if (!owner || start === undefined) continue;
    const daemonSet = `${pod.metadata.namespace}/${owner.name}`;
    const { [ZONE]: zone, [INSTANCE]: instance } = labelsOf.get(pod.spec?.nodeName ?? '') ?? {};
    const ready = readyMs(pod);
    note(daemonSet, undefined, start, ready);
    const selector = [...(zone ? [`${ZONE}=${zone}`] : []), ...(instance ? [`${INSTANCE}=${instance}`] : [])].join(',');
    if (selector !== '') note(daemonSet, selector, start, ready);
  }
  return [...groups.values()]
    .filter(({ nodes, startMs: samples }) => nodes === undefined || samples.length >= MIN_SAMPLES)
    .sort((a, b) => a.daemonSet.localeCompare(b.daemonSet, 'en') || (a.nodes ?? '').localeCompare(b.nodes ?? '', 'en'))
    .map(({ daemonSet, nodes, startMs: starts, readyMs: readies }) => ({
      daemonSet,
      ...(nodes !== undefined && { nodes }),
      start: quantiles(starts),
      ...(readies.length > 0 && { ready: quantiles(readies) }),
    }));
}

const timeOf = (text: unknown): number | undefined => {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
};

/** From the pod's acceptance to the start of its last container; undefined where it is not known. */
function startMs({ status }: Pod): number | undefined {
  const accepted = timeOf(status?.startTime);
  const containers = status?.containerStatuses ?? [];
  if (accepted === undefined || containers.length === 0) return undefined;
  let last = 0;
  for (const { restartCount, state } of containers) {
    const started = timeOf(state?.running?.startedAt);
    if (restartCount !== 0 || started === undefined) return undefined;
    last = Math.max(last, started);
  }
  return Math.max(0, last - accepted);
}

/**
 * From the start of the last container until all were ready; undefined where it is not known. The pod's own readiness
 * also changes with its node's, long after the start.
 */
function readyMs(pod: Pod): number | undefined {
  const start = startMs(pod);
  const accepted = timeOf(pod.status?.startTime);
  const ready = conditionOf(pod.status, 'ContainersReady') ?? conditionOf(pod.status, 'Ready');
  const since = ready?.status === 'True' ? timeOf(ready.lastTransitionTime) : undefined;
  if (start === undefined || accepted === undefined || since === undefined) return undefined;
  const ms = Math.max(0, since - accepted - start);
  return ms <= MAX_READY_MS ? ms : undefined;
}

function quantiles(samples: number[]): Exclude<ScenarioBehaviour['start'], string | undefined> {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): string => `${sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0}ms`;
  const { p50, ...others } = QUANTILES;
  return {
    p50: at(p50),
    ...Object.fromEntries(Object.entries(others).map(([name, share]) => [name, at(share)])),
  };
}
