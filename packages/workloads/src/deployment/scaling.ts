import { setSizeAnnotations } from './annotations.js';
import type { DeploymentPass } from './deployment-pass.js';
import { active, byAge, counted, DESIRED_ANNOTATION, type Draft, MAX_ANNOTATION, sumReplicas } from './draft.js';
import { isRolling } from './fenceposts.js';

const numberIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;

/** True when the Deployment asks for another number of pods than a ReplicaSet was sized for. */
export function isScaling({ all, wanted }: DeploymentPass): boolean {
  return active(all).some(({ annotations }) => {
    const desired = numberIn(annotations[DESIRED_ANNOTATION]);
    return desired !== undefined && desired !== wanted;
  });
}

/**
 * Brings the ReplicaSets to the size of a Deployment that was scaled, or is paused. Within a rollout each gets its
 * share of what is added or taken away. Source: pkg/controller/deployment/sync.go, scale.
 */
export function scaleAll(pass: DeploymentPass): void {
  const single = activeOrLatest(pass);
  if (single) {
    pass.scale(single, pass.wanted);
    return;
  }
  if (isSaturated(pass)) {
    for (const old of active(pass.old)) pass.scale(old, 0);
    return;
  }
  if (isRolling(pass.deployment)) scaleByShare(pass);
}

/** The only ReplicaSet that has pods, or the latest where none has. Source: deployment/util, FindActiveOrLatest. */
function activeOrLatest({ newest, old, all }: DeploymentPass): Draft | undefined {
  const alive = active(all);
  if (alive.length === 0) return newest ?? [...old].sort(byAge).at(-1);
  return alive.length === 1 ? alive[0] : undefined;
}

/** Source: deployment/util, IsSaturated. */
function isSaturated({ newest, wanted }: DeploymentPass): boolean {
  if (!newest) return false;
  const desired = numberIn(newest.annotations[DESIRED_ANNOTATION]);
  return newest.replicas === wanted && desired === wanted && counted(newest, 'availableReplicas') === wanted;
}

function scaleByShare(pass: DeploymentPass): void {
  const drafts = active(pass.all);
  const toAdd = (pass.wanted > 0 ? pass.most : 0) - sumReplicas(drafts);
  // What is added goes to the younger of two that are equal, what is taken away comes from the older.
  drafts.sort((a, b) => b.replicas - a.replicas || (toAdd > 0 ? byAge(b, a) : byAge(a, b)));
  let added = 0;
  const sizes = drafts.map((draft) => {
    const share = toAdd === 0 ? 0 : shareOf(draft, pass, toAdd - added);
    added += share;
    return draft.replicas + share;
  });
  drafts.forEach((draft, i) => {
    // The largest gets what rounding has left over.
    const leftOver = i === 0 ? toAdd - added : 0;
    pass.scale(draft, Math.max(0, (sizes[i] ?? 0) + leftOver));
    setSizeAnnotations(draft, pass.deployment);
  });
}

/** Source: deployment/util, GetReplicaSetProportion and getReplicaSetFraction. */
function shareOf(draft: Draft, pass: DeploymentPass, left: number): number {
  if (left === 0) return 0;
  const fraction = fractionOf(draft, pass);
  return left > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

function fractionOf({ replicas, annotations }: Draft, { wanted, most, deployment }: DeploymentPass): number {
  if (wanted === 0) return -replicas;
  const before = numberIn(annotations[MAX_ANNOTATION]) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  const size = (replicas * most) / before;
  return Math.trunc(size < 0 ? size - 0.5 : size + 0.5) - replicas;
}
