import type {
  PersistentVolumeClaim,
  Pod,
  PodTemplateSpec,
  StatefulSet,
  StatefulSetStatus,
  Stored,
} from '@everynode/objects';
import { scaled } from '../int-or-percent.js';
import { isPodDeleting, isPodTerminal } from '../pods/pod-state.js';
import { nextAvailableInMs } from '../replica-set/replica-set-status.js';
import { type ClaimOf, type ClaimOwners, claimsOf, dueClaimOwners, waitsForStaleClaim } from './claims.js';
import {
  hasIdentity,
  identityLabels,
  isWanted,
  ordinalOf,
  replicasOf,
  revisionOf,
  startOf,
  statefulPodTemplate,
} from './identity.js';
import { isRunningAndAvailable, statefulSetStatus } from './stateful-set-status.js';

/** A revision, and the template of its pods. */
export interface TemplateRevision {
  name: string;
  template: PodTemplateSpec;
}

/** What a pass sees. */
export interface StatefulSetView {
  set: Stored<StatefulSet>;
  /** The pods that the set controls. */
  pods: readonly Stored<Pod>[];
  current: TemplateRevision;
  update: TemplateRevision;
  claimOf: ClaimOf;
  /** ms since the epoch. */
  now: number;
}

/** A pod that is to be created, after its claims. */
export interface NewStatefulPod {
  name: string;
  template: PodTemplateSpec;
  claims: PersistentVolumeClaim[];
}

/** What one pass does, in this order. */
export interface StatefulSetPlan {
  creates: NewStatefulPod[];
  /** Claims that pods wait for, which are there: each with the name of its pod. */
  missingClaims: { pod: string; claim: PersistentVolumeClaim }[];
  /** Pods that get the labels of their identity. */
  labelled: { pod: Stored<Pod>; labels: Record<string, string> }[];
  claimOwners: ClaimOwners[];
  deletes: Stored<Pod>[];
  status: StatefulSetStatus;
  requeueAfterMs: number | undefined;
}

/** One pass makes no more pods than this. Source: stateful_set_control.go, MaxBatchSize. */
const MOST_AT_ONCE = 500;
/** Changes of claims queue no set, so one that waits for the end of a claim looks again after this time. */
const CLAIM_WAIT_MS = 1000;

/** A place in the set: its ordinal, and its pod where that is there. */
interface Replica {
  ordinal: number;
  pod: Stored<Pod> | undefined;
}

type Filled = Replica & { pod: Stored<Pod> };

/** One pass over a StatefulSet. Source: pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet. */
class StatefulSetPass {
  readonly creates: NewStatefulPod[] = [];
  readonly missingClaims: StatefulSetPlan['missingClaims'] = [];
  readonly labelled: StatefulSetPlan['labelled'] = [];
  readonly claimOwners: ClaimOwners[] = [];
  readonly deletes: Stored<Pod>[] = [];
  /** How many of the deletions are for an update. */
  ended = 0;
  /** True where a pod waits until a claim of its predecessor is collected. */
  awaitsClaim = false;
  readonly #view: StatefulSetView;
  readonly #isOrdered: boolean;
  /** The pods by their ordinals. A set may ask for billions, so its places are never all gone through. */
  readonly #pods: ReadonlyMap<number, Stored<Pod>>;
  /** Those of the places that the set asks for, the lowest ordinal first. */
  readonly #filled: Filled[];
  /** Pods that are too many, the highest ordinal first. */
  readonly #condemned: Filled[];

  constructor(view: StatefulSetView) {
    this.#view = view;
    const { set } = view;
    this.#isOrdered = set.spec?.podManagementPolicy !== 'Parallel';
    const all = view.pods
      .flatMap((pod): Filled[] => {
        const ordinal = ordinalOf(set, pod);
        return ordinal === undefined ? [] : [{ ordinal, pod }];
      })
      .sort((a, b) => a.ordinal - b.ordinal);
    this.#pods = new Map(all.map(({ ordinal, pod }) => [ordinal, pod]));
    this.#filled = all.filter(({ ordinal }) => isWanted(set, ordinal));
    this.#condemned = all.filter(({ ordinal }) => !isWanted(set, ordinal)).reverse();
  }

  *#replicas(): Iterable<Replica> {
    const { set } = this.#view;
    const first = startOf(set);
    for (let i = 0; i < replicasOf(set); i += 1) yield { ordinal: first + i, pod: this.#pods.get(first + i) };
  }

  run(): void {
    if (this.#view.set.metadata.deletionTimestamp !== undefined) return;
    for (const replica of this.#replicas()) {
      if (this.#advance(replica) && this.#isOrdered) return;
      // The next pass goes on.
      if (this.creates.length >= MOST_AT_ONCE) return;
    }
    for (const { pod, ordinal } of this.#condemned) this.#keepClaims(pod, ordinal);
    for (const { pod } of this.#condemned) if (this.#condemn(pod) && this.#isOrdered) return;
    if (this.#view.set.spec?.updateStrategy?.type !== 'OnDelete') this.#update();
  }

  /** Brings one place of the set on. True where an ordered set waits for it. Source: processReplica. */
  #advance({ ordinal, pod }: Replica): boolean {
    if (!pod) return this.#create(ordinal);
    if (isPodTerminal(pod)) {
      if (!isPodDeleting(pod)) this.deletes.push(pod);
      return true;
    }
    if (pod.status?.phase === 'Pending') {
      for (const claim of this.#missing(ordinal)) this.missingClaims.push({ pod: pod.metadata.name, claim });
    }
    if (this.#isOrdered && (isPodDeleting(pod) || !this.#isAvailable(pod))) return true;
    if (!hasIdentity(pod)) this.labelled.push({ pod, labels: identityLabels(this.#view.set, ordinal) });
    this.#keepClaims(pod, ordinal);
    return false;
  }

  #create(ordinal: number): boolean {
    const { set, claimOf } = this.#view;
    const name = `${set.metadata.name}-${ordinal}`;
    const claims = claimsOf(set, ordinal);
    const names = claims.flatMap(({ metadata }) => metadata?.name ?? []);
    if (waitsForStaleClaim(set, { metadata: { name } }, names, claimOf)) {
      this.awaitsClaim = true;
      return true;
    }
    const revision = this.#revisionFor(ordinal);
    this.creates.push({ name, template: statefulPodTemplate(set, revision.template, ordinal, revision.name), claims });
    return true;
  }

  /** Source: stateful_set_utils.go, newVersionedStatefulSetPod. */
  #revisionFor(ordinal: number): TemplateRevision {
    const { set, current, update } = this.#view;
    const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
    const kept = rollingUpdate
      ? (rollingUpdate.partition ?? 0)
      : type === 'RollingUpdate'
        ? (set.status?.currentReplicas ?? 0)
        : 0;
    return ordinal < startOf(set) + kept ? current : update;
  }

  #missing(ordinal: number): PersistentVolumeClaim[] {
    const { set, claimOf } = this.#view;
    return claimsOf(set, ordinal).filter(({ metadata }) => claimOf(metadata?.name ?? '') === undefined);
  }

  #keepClaims(pod: Stored<Pod>, ordinal: number): void {
    const { set, claimOf } = this.#view;
    for (const { metadata } of claimsOf(set, ordinal)) {
      const claim = claimOf(metadata?.name ?? '');
      const due = claim && dueClaimOwners(set, pod, claim, !isWanted(set, ordinal));
      if (due) this.claimOwners.push(due);
    }
  }

  /** Takes a pod away that is too many. True where an ordered set waits for it. Source: processCondemned. */
  #condemn(pod: Stored<Pod>): boolean {
    if (isPodDeleting(pod)) return true;
    if (this.#isOrdered && !this.#isAvailable(pod) && pod !== this.#firstUnavailable()) return true;
    this.deletes.push(pod);
    return true;
  }

  /** Of an ordered set, whose places are all filled by then. */
  #firstUnavailable(): Stored<Pod> | undefined {
    const all = [...this.#filled, ...[...this.#condemned].reverse()];
    return all.find(({ pod }) => this.#isUnavailable(pod))?.pod;
  }

  /** Source: updateStatefulSetAfterInvariantEstablished. */
  #update(): void {
    const { set, update } = this.#view;
    const { partition = 0, maxUnavailable = 1 } = set.spec?.updateStrategy?.rollingUpdate ?? {};
    const most = Math.max(1, scaled(maxUnavailable, replicasOf(set), 'down'));
    const available = this.#filled.filter(({ pod }) => !this.#isUnavailable(pod)).length;
    let left = most - (replicasOf(set) - available);
    for (const { pod, ordinal } of [...this.#filled].reverse()) {
      if (left <= 0 || ordinal < startOf(set) + partition) return;
      if (revisionOf(pod) === update.name || isPodDeleting(pod) || this.deletes.includes(pod)) continue;
      this.deletes.push(pod);
      this.ended += 1;
      left -= 1;
    }
  }

  #isAvailable(pod: Pod): boolean {
    return isRunningAndAvailable(this.#view.set, pod, this.#view.now);
  }

  #isUnavailable(pod: Pod): boolean {
    return isPodDeleting(pod) || !this.#isAvailable(pod);
  }
}

/** Returns what brings a StatefulSet on. Nothing is written here. */
export function planStatefulSet(view: StatefulSetView): StatefulSetPlan {
  const pass = new StatefulSetPass(view);
  pass.run();
  const { set, pods, current, update, now } = view;
  const members = pods.filter((pod) => ordinalOf(set, pod) !== undefined);
  const names = { current: current.name, update: update.name };
  const { creates, missingClaims, labelled, claimOwners, deletes, ended, awaitsClaim } = pass;
  const availableInMs = nextAvailableInMs(pods, set.spec?.minReadySeconds, now);
  return {
    creates,
    missingClaims,
    labelled,
    claimOwners,
    deletes,
    status: statefulSetStatus(set, members, names, ended, now),
    requeueAfterMs: awaitsClaim ? Math.min(CLAIM_WAIT_MS, availableInMs ?? CLAIM_WAIT_MS) : availableInMs,
  };
}
