import type { DaemonSetCounts } from '../history.js';
import type { ClusterReplay, ReplayedDaemonSet, ReplayedPod } from './cluster-replay.js';

/**
 * Invariant 3, and a status that equals it: each eligible node has exactly one live pod, of the newest template and
 * ready; other nodes have none; no pod is being deleted, and none is left of a DaemonSet that is gone. Returns what is
 * wrong first, or undefined.
 */
export function unsteadiness(replay: ClusterReplay): string | undefined {
  for (const daemonSet of replay.daemonSets.values()) {
    const trouble = troubleOf(replay, daemonSet);
    if (trouble !== undefined) return `${daemonSet.key}: ${trouble}`;
  }
  const orphan = replay.orphan();
  if (orphan) return `${orphan.key} on ${orphan.node} is a pod of the DaemonSet ${orphan.owner}, which does not exist`;
  const away = [...replay.nodes.values()].find(({ ready }) => !ready);
  return away && `node ${away.name} is not ready`;
}

/**
 * The largest share, from 0 to 1, that a DaemonSet has left of its rollout: nodes without a live pod of the newest
 * template. One whose newest template the controller has not seen yet has all of it left.
 */
export function rolloutLeft(replay: ClusterReplay): number {
  return Math.max(0, ...[...replay.daemonSets.values()].map((daemonSet) => shareLeft(replay, daemonSet)));
}

function shareLeft(replay: ClusterReplay, daemonSet: ReplayedDaemonSet): number {
  if (daemonSet.status.generation !== daemonSet.generation) return 1;
  const eligible = replay.eligibleNodes(daemonSet);
  const left = eligible.filter(({ name }) => replay.livePods(daemonSet, name).every(isOld(daemonSet)));
  return eligible.length === 0 ? 0 : left.length / eligible.length;
}

const isOld =
  ({ hash }: ReplayedDaemonSet) =>
  (pod: ReplayedPod): boolean =>
    pod.hash !== hash;

function troubleOf(replay: ClusterReplay, daemonSet: ReplayedDaemonSet): string | undefined {
  if (daemonSet.deleting) return 'it is being deleted';
  const eligible = new Set(replay.eligibleNodes(daemonSet).map(({ name }) => name));
  for (const node of eligible) {
    const pods = replay.livePods(daemonSet, node);
    const [pod] = pods;
    if (pods.length !== 1 || !pod) return `${pods.length} live pods on ${node}`;
    if (pod.hash !== daemonSet.hash)
      return `${pod.key} on ${node} is of the template ${pod.hash}, not ${daemonSet.hash}`;
    if (!pod.ready) return `${pod.key} on ${node} is not ready`;
  }
  for (const [node, pods] of daemonSet.pods) {
    for (const pod of pods.values()) {
      if (pod.deleting) return `${pod.key} on ${node} is still being deleted`;
      if (!eligible.has(node)) return `${pod.key} is on ${node}, which is not eligible`;
    }
  }
  return wrongCount(daemonSet, eligible.size);
}

function wrongCount({ status, generation }: ReplayedDaemonSet, eligible: number): string | undefined {
  const wanted: DaemonSetCounts = {
    generation,
    desired: eligible,
    current: eligible,
    updated: eligible,
    ready: eligible,
    available: eligible,
    misscheduled: 0,
  };
  const wrong = (Object.keys(wanted) as (keyof DaemonSetCounts)[]).find((name) => status[name] !== wanted[name]);
  return wrong && `its status has ${wrong} ${status[wrong]} in place of ${wanted[wrong]}`;
}
