import { controllerOf } from '@everynode/objects';
import { claimOf, countedPod } from '@everynode/workloads';
import { assessNode } from '../assessment/assessment.js';
import type { ConditionView } from '../conditions/conditions.js';
import type { Moment } from '../conditions/progress.js';
import { type CreateAllowance, takeCreates } from '../limits/create-rate.js';
import { type CompiledDaemonSet, compileDaemonSet } from '../placement/eligibility.js';
import { targetNodeOf } from '../placement/node-affinity.js';
import { FailedPodBackoff } from '../pods/failed-pod-backoff.js';
import { RolloutLedger } from '../rollout/rollout-ledger.js';
import type { CachedDaemonSet, CachedPod, StateCaches } from './cached-version.js';
import { DeadlineWatch, type Sight } from './deadline-watch.js';
import { DueNodes } from './due-nodes.js';
import { PodsByNode } from './pods-by-node.js';

/** Returns the node that a daemon pod is bound or pinned to; undefined for a pod that names none. */
function nodeOfPod(pod: CachedPod): string | undefined {
  return pod.record.placement ?? targetNodeOf(pod.object);
}

/**
 * What the controller remembers of one DaemonSet between two reconciles: its pods by node, the assessment of each node,
 * and the nodes that are due. It is filled from the caches when this replica takes the DaemonSet's shard, and kept up
 * by events from then on, so a reconcile costs what has changed and not what there is.
 */
export class DaemonSetState {
  readonly uid: string;
  readonly pods = new PodsByNode();
  readonly ledger = new RolloutLedger();
  readonly backoff = new FailedPodBackoff();
  readonly watch: DeadlineWatch;
  readonly #nodes: StateCaches['nodes'];
  readonly #due = new DueNodes();
  #cached: CachedDaemonSet;
  #compiled: CompiledDaemonSet;
  #currentHash = '';
  /** What is left of the creations that the owner's rate allows. */
  #allowance: CreateAllowance | undefined;
  /** A pod or revision may have to be adopted or released. */
  claimsDue = true;
  /** The template or a revision has changed since the current revision was determined. */
  revisionsDue = true;
  /** When the status was last written from here, ms since the epoch. */
  statusWrittenAt = 0;

  constructor(
    readonly key: string,
    daemonSet: CachedDaemonSet,
    caches: StateCaches,
    now: Moment,
  ) {
    this.uid = daemonSet.record.uid;
    this.#nodes = caches.nodes;
    this.#cached = daemonSet;
    this.#compiled = compileDaemonSet(daemonSet.object);
    this.watch = new DeadlineWatch(this.#compiled, now);
    for (const pod of caches.pods.find('byOwner', this.uid)) {
      if (controllerOf(pod.metadata)?.uid === this.uid) this.putPod(pod);
    }
    this.#markAllDirty();
  }

  /** The DaemonSet as it was last set, with its selectors and limits compiled. */
  get compiled(): CompiledDaemonSet {
    return this.#compiled;
  }

  /** Sets the DaemonSet as it is now. A change of its spec or metadata makes every node due. */
  setDaemonSet(daemonSet: CachedDaemonSet): void {
    const before = this.#cached.record;
    const { desired, metadata } = daemonSet.record;
    if (before.desired === desired && before.metadata === metadata) return;
    this.#cached = daemonSet;
    const compiled = compileDaemonSet(daemonSet.object);
    this.watch.onChange(this.#compiled, compiled);
    this.#compiled = compiled;
    this.revisionsDue = true;
    this.#markAllDirty();
  }

  /** The hash of the current revision; empty until it is determined. */
  get currentHash(): string {
    return this.#currentHash;
  }

  /** Sets the hash of the current revision. Another hash changes what the pods of every node count for. */
  setCurrentHash(hash: string, now: Moment): void {
    if (hash === this.#currentHash) return;
    // What the status says at first is about the revision that is determined at first.
    if (this.#currentHash !== '') this.watch.onRevision(now);
    this.#currentHash = hash;
    this.#markAllDirty();
  }

  putPod(pod: CachedPod): void {
    const node = nodeOfPod(pod);
    for (const changed of node === undefined ? this.pods.remove(pod.record.uid) : this.pods.put(node, pod)) {
      this.#due.markDirty(changed);
    }
  }

  removePod(uid: string): void {
    for (const node of this.pods.remove(uid)) this.#due.markDirty(node);
  }

  markDirty(node: string): void {
    this.#due.markDirty(node);
  }

  /** True for a pod of this DaemonSet that the selector does not match any more. The selector itself never changes. */
  mustRelease(pod: CachedPod): boolean {
    return claimOf(this.#compiled.daemonSet, pod) === 'release';
  }

  /**
   * Assesses the nodes that are due and returns their names. A node without a Node object and without pods leaves the
   * ledger.
   */
  assessDue(now: Moment): string[] {
    if (now.wall >= (this.nextRecheckAt ?? Number.POSITIVE_INFINITY)) this.backoff.sweep(now.wall);
    const due = this.#due.dequeue(now.wall);
    for (const name of due) this.#assess(name, now);
    return due;
  }

  #assess(name: string, { wall: now, steady }: Moment): void {
    const node = this.#nodes.get('', name);
    const pods = this.pods.on(name);
    if (!node && pods.length === 0) {
      this.ledger.delete(name);
      this.watch.note(this.#compiled, name, { state: 'outside', uid: '' }, steady);
      return;
    }
    const waitMs = this.backoff.remainingMs(this.#backoffKey(name), now);
    const assessment = assessNode(this.#compiled, {
      node: node?.object,
      pods: pods.map(countedPod),
      currentHash: this.#currentHash,
      now,
      inBackoff: waitMs > 0,
    });
    this.ledger.set(name, assessment);
    this.watch.note(this.#compiled, name, assessment.trial, steady);
    const recheckAt = Math.min(assessment.recheckAtMs ?? Infinity, waitMs > 0 ? now + waitMs : Infinity);
    if (recheckAt !== Infinity) this.#due.recheckAt(name, recheckAt);
  }

  /**
   * Holds creations back to the owner's rate. Nodes that have to wait stay due. `nextInMs` is how long they wait at
   * least; undefined when none has to. `now` is in ms since the epoch.
   */
  grantCreates(wanted: readonly string[], now: number): { createOn: string[]; nextInMs: number | undefined } {
    const { createsPerMinute } = this.#compiled.limits;
    const { granted, allowance, nextInMs } = takeCreates(this.#allowance, createsPerMinute, wanted.length, now);
    this.#allowance = allowance;
    for (const node of wanted.slice(granted)) this.markDirty(node);
    return { createOn: wanted.slice(0, granted), nextInMs };
  }

  /** Returns what conditions are computed from. */
  conditionView(sight: Sight): ConditionView {
    return this.watch.view(this.#compiled, this.ledger, this.#currentHash, sight);
  }

  /** When the next node is due by time, ms since the epoch; undefined when none is. */
  get nextRecheckAt(): number | undefined {
    return this.#due.nextRecheckAt;
  }

  /** Records that a failed pod on the node is deleted now: the next one there has to wait. */
  noteFailure(node: string, now: number): void {
    this.backoff.note(this.#backoffKey(node), now);
  }

  /** The back-off starts afresh with a new generation: it may have mended what failed. */
  #backoffKey(node: string): string {
    return `${this.uid}/${this.#compiled.daemonSet.metadata?.generation ?? 0}/${node}`;
  }

  #markAllDirty(): void {
    for (const node of this.#nodes.list()) this.#due.markDirty(node.record.name);
    for (const node of this.pods.nodes()) this.#due.markDirty(node);
  }
}
