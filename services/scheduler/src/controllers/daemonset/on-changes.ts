import { isShuttingDown } from '@everynode/daemonset';
import { type CachedObject, isChangeOf, type ObjectCache, type ObjectChange } from '@everynode/list-watch';
import {
  type ControllerRevision,
  controllerOf,
  type DaemonSet,
  keyOf,
  type Node,
  type Pod,
  type Stored,
} from '@everynode/objects';
import { claimOf } from '@everynode/workloads';
import type { DaemonSetStates } from './daemonset-states.js';

/** What the handler needs: the states it marks, and the queue. */
interface ChangeHandlerOptions {
  states: DaemonSetStates;
  daemonSets: ObjectCache<Stored<DaemonSet>>;
  enqueue: (key: string) => void;
}

/**
 * Maps changes in the caches to work: it marks what a change makes due in the state of each DaemonSet concerned, and
 * queues that DaemonSet. It decides nothing; a change that is missed here is found when the state is built anew.
 */
export class ChangeHandler {
  readonly #states: DaemonSetStates;
  readonly #daemonSets: ObjectCache<Stored<DaemonSet>>;
  readonly #enqueue: (key: string) => void;

  constructor({ states, daemonSets, enqueue }: ChangeHandlerOptions) {
    this.#states = states;
    this.#daemonSets = daemonSets;
    this.#enqueue = enqueue;
  }

  handle(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      if (isChangeOf(change, 'pods')) this.#onPod(change);
      else if (isChangeOf(change, 'nodes')) this.#onNode(change);
      else if (isChangeOf(change, 'daemonsets.apps')) this.#enqueue(keyOf(change.current.record));
      else if (isChangeOf(change, 'controllerrevisions.apps')) this.#onRevision(change);
    }
  }

  #onPod({ type, previous, current }: ObjectChange<Stored<Pod>>): void {
    const before = this.#states.ofController(previous);
    const after = type === 'DELETED' ? undefined : this.#states.ofController(current);
    if (before && before !== after) {
      before.removePod(current.record.uid);
      this.#enqueue(before.key);
    }
    if (after) {
      after.putPod(current);
      const isAsLabelled = previous?.record.metadata === current.record.metadata;
      if (!isAsLabelled && after.mustRelease(current)) after.claimsDue = true;
      this.#enqueue(after.key);
    }
    if (!after && type !== 'DELETED') this.#onOrphan(current);
  }

  #onNode(change: ObjectChange<Stored<Node>>): void {
    if (!affectsPlacement(change)) return;
    for (const state of this.#states.all()) {
      state.markDirty(change.current.record.name);
      this.#enqueue(state.key);
    }
  }

  #onRevision({ type, previous, current }: ObjectChange<Stored<ControllerRevision>>): void {
    for (const state of [this.#states.ofController(previous), this.#states.ofController(current)]) {
      if (!state) continue;
      state.revisionsDue = true;
      this.#enqueue(state.key);
    }
    if (type !== 'DELETED') this.#onOrphan(current);
  }

  /** A pod or revision without a controller may be one that a DaemonSet of its namespace selects. */
  #onOrphan(object: CachedObject): void {
    if (controllerOf(object.metadata)) return;
    for (const { record, object: daemonSet } of this.#daemonSets.list(object.record.namespace)) {
      const state = this.#states.get(keyOf(record));
      if (!state || claimOf(daemonSet, object) !== 'adopt') continue;
      state.claimsDue = true;
      this.#enqueue(state.key);
    }
  }
}

/**
 * True when a change of a node may change where daemons run: its spec, its labels, or that it shuts down. Other
 * conditions and capacity do not.
 */
function affectsPlacement({ type, previous, current }: ObjectChange<Stored<Node>>): boolean {
  if (type !== 'MODIFIED' || !previous) return true;
  return (
    previous.record.uid !== current.record.uid ||
    previous.record.desired !== current.record.desired ||
    JSON.stringify(previous.metadata.labels ?? {}) !== JSON.stringify(current.metadata.labels ?? {}) ||
    isShuttingDown(previous) !== isShuttingDown(current)
  );
}
