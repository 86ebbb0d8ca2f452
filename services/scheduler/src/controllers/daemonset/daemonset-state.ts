import {
  assessNode,
  type CompiledDaemonSet,
  type ConditionView,
  type CreateAllowance,
  claimOf,
  compileDaemonSet,
  FailedPodBackoff,
  type NodeAssessment,
  noteProgress,
  RolloutLedger,
  type RolloutProgress,
  targetNodeOf,
} from '@everynode/daemonset';
import type { CachedObject, ObjectCache } from '@everynode/list-watch';
import { controllerOf, type DaemonSet, type Node, type Pod, type PodStatus } from '@everynode/objects';
import { PodsByNode } from './pods-by-node.js';

/** The node a daemon pod is on or meant for; undefined for a pod that names none. */
export function nodeOfPod(pod: CachedObject): string | undefined {
  return pod.record.placement ?? targetNodeOf(pod.object as Pod);
}

/**
 * A pod as an assessment reads it. Where it is bound is known without its spec, and the spec is the one part of a pod that
 * is large and that no assessment looks at, so it is not even parsed.
 */
function assessedPod({ metadata, record, status }: CachedObject): Pod {
  const spec = { containers: [], ...(record.placement !== null && { nodeName: record.placement }) };
  return { metadata, spec, status: status as PodStatus | undefined } as Pod;
}

/**
 * What the controller remembers of one DaemonSet between passes: its pods by node, the assessment of each node, and
 * which nodes have to be looked at again. Made from the caches when the DaemonSet becomes this replica's, and kept up by
 * events from then on, so a pass costs what has changed and not what there is.
 */
export class DaemonSetState {
  readonly pods = new PodsByNode();
  readonly ledger = new RolloutLedger();
  readonly backoff = new FailedPodBackoff();
  readonly #nodes: ObjectCache;
  readonly #dirty = new Set<string>();
  readonly #rechecks = new Map<string, number>();
  #earliestRecheck = Number.POSITIVE_INFINITY;
  #compiled: CompiledDaemonSet | undefined;
  #compiledFrom: CachedObject | undefined;
  #hash = '';
  #progress: RolloutProgress | undefined;
  /** What the owner's rate of creations has left. */
  allowance: CreateAllowance | undefined;
  /** Pods or revisions without an owner, or with the wrong one, may have to be claimed or released. */
  claimsDue = true;
  /** The revisions, or the template, have changed since the hash was found. */
  revisionsDue = true;

  constructor(
    readonly uid: string,
    caches: { pods: ObjectCache; nodes: ObjectCache },
  ) {
    this.#nodes = caches.nodes;
    for (const pod of caches.pods.find('byOwner', uid)) {
      if (controllerOf(pod.metadata)?.uid === uid) this.putPod(pod);
    }
    this.lookAtAll();
  }

  get hash(): string {
    return this.#hash;
  }

  /** The hash of the current revision. Another one changes what every node's pods count for. */
  set hash(hash: string) {
    if (hash === this.#hash) return;
    this.#hash = hash;
    this.lookAtAll();
  }

  putPod(pod: CachedObject): void {
    const node = nodeOfPod(pod);
    for (const changed of node === undefined ? this.pods.remove(pod.record.uid) : this.pods.put(node, pod)) {
      this.#dirty.add(changed);
    }
  }

  removePod(uid: string): void {
    for (const node of this.pods.remove(uid)) this.#dirty.add(node);
  }

  lookAt(node: string): void {
    this.#dirty.add(node);
  }

  lookAtAll(): void {
    for (const node of this.#nodes.list()) this.#dirty.add(node.record.name);
    for (const node of this.pods.nodes()) this.#dirty.add(node);
  }

  /** Takes the DaemonSet as it is now. What bears on placement or rollout makes every node due. */
  take(daemonSet: CachedObject): CompiledDaemonSet {
    const before = this.#compiledFrom?.record;
    const { record } = daemonSet;
    if (this.#compiled && before?.desired === record.desired && before.metadata === record.metadata) {
      return this.#compiled;
    }
    this.#compiled = compileDaemonSet(daemonSet.object as DaemonSet);
    this.#compiledFrom = daemonSet;
    this.revisionsDue = true;
    this.lookAtAll();
    return this.#compiled;
  }

  /** Is this one of our pods that the selector does not match any more? The selector itself never changes. */
  mustRelease(pod: CachedObject): boolean {
    return this.#compiled !== undefined && claimOf(this.#compiled.daemonSet, pod) === 'release';
  }

  /**
   * Assesses the nodes that are due and gives their names. `now` in ms since the epoch. A node without a Node object and
   * without pods is forgotten.
   */
  assessDue(compiled: CompiledDaemonSet, now: number): string[] {
    this.#takeRechecks(now);
    const due = [...this.#dirty];
    this.#dirty.clear();
    for (const name of due) this.#assess(compiled, name, now);
    return due;
  }

  #assess(compiled: CompiledDaemonSet, name: string, now: number): void {
    const node = this.#nodes.get('', name);
    const pods = this.pods.on(name);
    if (!node && pods.length === 0) {
      this.ledger.delete(name);
      return;
    }
    const waitMs = this.backoff.remainingMs(this.backoffKey(name), now);
    const assessment: NodeAssessment = assessNode(compiled, {
      node: node?.object as Node | undefined,
      pods: pods.map(assessedPod),
      currentHash: this.#hash,
      now,
      inBackoff: waitMs > 0,
    });
    this.ledger.set(name, assessment);
    const recheckAt = Math.min(
      assessment.recheckAtMs ?? Number.POSITIVE_INFINITY,
      waitMs > 0 ? now + waitMs : Infinity,
    );
    if (recheckAt !== Number.POSITIVE_INFINITY) {
      this.#rechecks.set(name, recheckAt);
      this.#earliestRecheck = Math.min(this.#earliestRecheck, recheckAt);
    }
  }

  /** What conditions are worked out from; notes how far the rollout has come. `now` in ms since the epoch. */
  conditionView(cached: CachedObject, now: number): ConditionView {
    const compiled = this.take(cached);
    const { status, metadata } = compiled.daemonSet;
    const stored = { status, generation: metadata?.generation };
    this.#progress = noteProgress(this.#progress, this.#hash, this.ledger.settled, now, stored);
    const { daemonSet, limits } = compiled;
    const progressAt = this.#progress.at;
    return { daemonSet, limits, ledger: this.ledger, currentHash: this.#hash, progressAt, now };
  }

  /** When the next node is due by time alone; undefined when none is. */
  get nextRecheckAt(): number | undefined {
    return this.#earliestRecheck === Number.POSITIVE_INFINITY ? undefined : this.#earliestRecheck;
  }

  /** Back-off starts afresh with a new generation. */
  backoffKey(node: string): string {
    return `${this.uid}/${this.#compiled?.daemonSet.metadata?.generation ?? 0}/${node}`;
  }

  #takeRechecks(now: number): void {
    if (now < this.#earliestRecheck) return;
    this.#earliestRecheck = Number.POSITIVE_INFINITY;
    for (const [node, at] of this.#rechecks) {
      if (at <= now) {
        this.#rechecks.delete(node);
        this.#dirty.add(node);
      } else this.#earliestRecheck = Math.min(this.#earliestRecheck, at);
    }
    this.backoff.sweep(now);
  }
}
