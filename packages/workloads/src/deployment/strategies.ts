import type { Pod } from '@everynode/objects';
import { isPodTerminal } from '../pods/pod-state.js';
import type { DeploymentPass } from './deployment-pass.js';
import { active, byAge, counted, revisionOf, sumCounted, sumReplicas } from './draft.js';
import { fenceposts, newestReplicas } from './fenceposts.js';

/**
 * Moves a rolling update on: first the newest ReplicaSet grows, else the old ones shrink.
 * Source: pkg/controller/deployment/rolling.go.
 */
export function rollOn(pass: DeploymentPass): void {
  pass.createNewest();
  const { newest, wanted } = pass;
  if (!newest || pass.created) return;
  if (newest.replicas > wanted) pass.scale(newest, wanted);
  else if (!pass.scale(newest, newestReplicas(pass.deployment, pass.all, newest))) shrinkOld(pass);
}

/** Source: rolling.go, reconcileOldReplicaSets. */
function shrinkOld(pass: DeploymentPass): void {
  const { newest, wanted } = pass;
  if (!newest || sumReplicas(pass.old) === 0) return;
  const least = wanted - fenceposts(pass.deployment).maxUnavailable;
  const unavailable = newest.replicas - counted(newest, 'availableReplicas');
  const most = sumReplicas(pass.all) - least - unavailable;
  if (most <= 0) return;
  const old = active(pass.old).sort(byAge);
  let shrunk = 0;
  // Pods that are not available go first: they are no loss.
  for (const draft of old) {
    const broken = Math.min(most - shrunk, draft.replicas - counted(draft, 'availableReplicas'));
    if (broken <= 0) continue;
    pass.scale(draft, draft.replicas - broken);
    shrunk += broken;
  }
  let left = sumCounted(pass.all, 'availableReplicas') - least;
  for (const draft of old) {
    const count = Math.min(draft.replicas, left);
    if (count <= 0) continue;
    pass.scale(draft, draft.replicas - count);
    left -= count;
  }
}

/**
 * Moves an update of the strategy Recreate on: the new pods start when no old one is left. `pods` are those of all
 * ReplicaSets of the Deployment. Source: pkg/controller/deployment/recreate.go.
 */
export function recreate(pass: DeploymentPass, pods: readonly Pod[]): void {
  const old = active(pass.old);
  for (const draft of old) pass.scale(draft, 0);
  if (old.length > 0 || oldPodsRun(pass, pods)) return;
  pass.createNewest();
  if (pass.newest && !pass.created) pass.scale(pass.newest, pass.wanted);
}

function oldPodsRun({ newest, old }: DeploymentPass, pods: readonly Pod[]): boolean {
  if (sumCounted(old, 'replicas') > 0) return true;
  const own = newest?.stored?.metadata.uid;
  return pods.some(
    (pod) => !isPodTerminal(pod) && !pod.metadata?.ownerReferences?.some(({ uid }) => uid !== undefined && uid === own),
  );
}

/**
 * Deletes old ReplicaSets beyond the limit of the history, lowest revision first, except those that have pods.
 * Source: pkg/controller/deployment/sync.go, cleanupDeployment.
 */
export function trimHistory(pass: DeploymentPass): void {
  const limit = pass.deployment.spec?.revisionHistoryLimit;
  if (limit === undefined || limit === 2 ** 31 - 1) return;
  const kept = pass.old.filter(({ stored }) => stored?.metadata.deletionTimestamp == null);
  const excess = kept.length - limit;
  if (excess <= 0) return;
  const first = kept.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, excess);
  for (const draft of first) {
    const { metadata, status } = draft.stored ?? {};
    const isSeen = (metadata?.generation ?? 0) <= (status?.observedGeneration ?? 0);
    if (counted(draft, 'replicas') === 0 && draft.replicas === 0 && isSeen) pass.deleted.add(draft);
  }
}
