import type { Deployment, DeploymentCondition, ReplicaSet, Stored } from '@everynode/objects';
import { withCondition } from '../conditions.js';
import { setNewestAnnotations, setSizeAnnotations } from './annotations.js';
import { type Draft, draftOf, REVISION_ANNOTATION, revisionOf, wantedReplicas } from './draft.js';
import { maxReplicas, newestReplicas } from './fenceposts.js';
import { findNewest, type NewReplicaSet, newReplicaSet } from './new-replica-set.js';

/** What a pass records on the Deployment. */
export interface WorkloadEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

const NO_DEADLINE = 2 ** 31 - 1;

/** False for a Deployment whose owner does not ask for progress. Source: deployment/util, HasProgressDeadline. */
export const hasDeadline = ({ spec }: Deployment): boolean =>
  spec?.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;

/**
 * One pass over a Deployment: its ReplicaSets as the steps change them, and what is told about that. Nothing is written
 * here. `at` is the moment as the API writes times.
 */
export class DeploymentPass {
  readonly events: WorkloadEvent[] = [];
  readonly deleted = new Set<Draft>();
  newest: Draft | undefined;
  old: Draft[];
  created: NewReplicaSet | undefined;
  conditions: DeploymentCondition[];
  /** The number of the newest revision, for the Deployment's annotation. */
  revision: string | undefined;

  constructor(
    readonly deployment: Stored<Deployment>,
    replicaSets: readonly Stored<ReplicaSet>[],
    readonly at: string,
  ) {
    const drafts = replicaSets.map(draftOf);
    this.newest = findNewest(deployment, drafts);
    this.old = drafts.filter((draft) => draft !== this.newest);
    this.conditions = [...(deployment.status?.conditions ?? [])];
  }

  get all(): Draft[] {
    return this.newest ? [...this.old, this.newest] : this.old;
  }

  /** Numbers the newest ReplicaSet and gives it the Deployment's annotations. Source: sync.go, getNewReplicaSet. */
  syncNewest(): void {
    const { newest, deployment } = this;
    if (!newest) return;
    setNewestAnnotations(newest, deployment, this.#nextRevision());
    newest.minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    this.revision = newest.annotations[REVISION_ANNOTATION];
    if (this.conditions.some(({ type }) => type === 'Progressing')) return;
    this.#progress('FoundNewReplicaSet', `Found new replica set "${newest.name}"`);
  }

  /** Creates the newest ReplicaSet, where there is none. Source: sync.go, getNewReplicaSet. */
  createNewest(): void {
    if (this.newest) return;
    const { deployment } = this;
    const created = newReplicaSet(deployment);
    const { name } = created.metadata;
    const { minReadySeconds = 0 } = created.spec;
    const draft: Draft = { name, stored: undefined, replicas: 0, minReadySeconds, annotations: {} };
    draft.replicas = newestReplicas(deployment, this.old, draft);
    setNewestAnnotations(draft, deployment, this.#nextRevision());
    setSizeAnnotations(draft, deployment);
    this.created = created;
    this.newest = draft;
    this.revision = draft.annotations[REVISION_ANNOTATION];
    if (draft.replicas > 0) this.#scaled('up', name, 0, draft.replicas);
    this.#progress('NewReplicaSetCreated', `Created new replica set "${name}"`);
  }

  /** Changes the size of a ReplicaSet, and tells so. Returns whether it was another. Source: scaleReplicaSet. */
  scale(draft: Draft, replicas: number): boolean {
    const before = draft.replicas;
    if (before === replicas) return false;
    draft.replicas = replicas;
    setSizeAnnotations(draft, this.deployment);
    this.#scaled(before < replicas ? 'up' : 'down', draft.name, before, replicas);
    return true;
  }

  get wanted(): number {
    return wantedReplicas(this.deployment);
  }

  get most(): number {
    return maxReplicas(this.deployment);
  }

  setCondition(condition: Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>): void {
    this.conditions = withCondition(this.conditions, {
      ...condition,
      lastUpdateTime: this.at,
      lastTransitionTime: this.at,
    });
  }

  #nextRevision(): number {
    return Math.max(0, ...this.old.map(revisionOf)) + 1;
  }

  #progress(reason: string, message: string): void {
    if (hasDeadline(this.deployment)) this.setCondition({ type: 'Progressing', status: 'True', reason, message });
  }

  #scaled(direction: 'up' | 'down', name: string, from: number, to: number): void {
    const message = `Scaled ${direction} replica set ${name} from ${from} to ${to}`;
    this.events.push({ type: 'Normal', reason: 'ScalingReplicaSet', message });
  }
}
