import type { Trial, TrialState } from '../assessment/trial.js';

/** A node that has begun to run the newest revision. Times are in ms on a monotonic clock. */
interface NodeTrial extends Trial {
  /** When the trial of the pod began: the pod, or what stands in its way, is given this long to change. */
  since: number;
  /** Within this trial a pod was ready once: being ready again is no progress. */
  hasBeenReady: boolean;
  /** The pod has failed: its successor continues its trial. */
  hasFailed: boolean;
  /** When the pod became available; undefined before it has. */
  availableSince: number | undefined;
  /** The node was ready, or available, with any pod of the revision. */
  wasReady: boolean;
  wasAvailable: boolean;
}

/** States in which something keeps the node from becoming available: a deadline counts. */
const ON_TRIAL: ReadonlySet<TrialState> = new Set(['missing', 'unplaced', 'failing', 'starting', 'ready']);
/** States that a revision's pods bring about by themselves. */
const RUNNING: ReadonlySet<TrialState> = new Set(['failing', 'starting', 'ready', 'available']);
/** States between a pod and its successor. */
const WITHOUT_POD: ReadonlySet<TrialState> = new Set(['between', 'missing']);

/**
 * What the newest revision did on each node, and how far it came at best. A change of one node costs the same whatever
 * the number of nodes.
 */
export class RolloutTrials {
  readonly #nodes = new Map<string, NodeTrial>();
  readonly #onTrial = new Map<string, NodeTrial>();
  readonly #now = { ready: 0, available: 0 };
  readonly #best = { ready: 0, available: 0 };

  /** Nodes whose pod could become available and is not. */
  get onTrial(): ReadonlyMap<string, NodeTrial> {
    return this.#onTrial;
  }

  /**
   * Records what the newest revision does on a node. `relapseMs`: a pod that becomes unavailable again so soon goes on
   * with its trial, so one that is ready and fails over and over does not start anew each time.
   */
  note(node: string, { state, uid }: Trial, now: number, relapseMs: number): void {
    const before = this.#nodes.get(node);
    if (before) this.#count(before, -1);
    if (state === 'outside') {
      this.#leave(node, before);
      return;
    }
    const trial = before ? follow(before, { state, uid }, now, relapseMs) : begin({ state, uid }, now);
    this.#nodes.set(node, trial);
    this.#count(trial, 1);
    if (isOnTrial(trial)) this.#onTrial.set(node, trial);
    else this.#onTrial.delete(node);
  }

  /** The node has no part in the rollout any more: what it had reached does not have to be reached again. */
  #leave(node: string, before: NodeTrial | undefined): void {
    this.#nodes.delete(node);
    this.#onTrial.delete(node);
    if (before?.wasReady) this.#best.ready = Math.max(this.#best.ready - 1, this.#now.ready);
    if (before?.wasAvailable) this.#best.available = Math.max(this.#best.available - 1, this.#now.available);
  }

  #count({ state }: NodeTrial, sign: 1 | -1): void {
    if (state === 'available') this.#now.available += sign;
    if (state === 'available' || state === 'ready') this.#now.ready += sign;
  }

  /** Returns whether more nodes than ever before are ready or available, and records how many are. */
  takeProgress(): boolean {
    let progress = false;
    for (const key of ['ready', 'available'] as const) {
      if (this.#now[key] <= this.#best[key]) continue;
      this.#best[key] = this.#now[key];
      progress = true;
    }
    return progress;
  }

  /** Sets the begin of every trial: another replica has watched them before. */
  backdate(since: number): void {
    for (const trial of this.#onTrial.values()) trial.since = Math.min(trial.since, since);
  }
}

const isOnTrial = ({ state, hasFailed }: NodeTrial): boolean =>
  ON_TRIAL.has(state) || (state === 'between' && hasFailed);

function begin({ state, uid }: Trial, now: number): NodeTrial {
  const isAvailable = state === 'available';
  const isReady = isAvailable || state === 'ready';
  return {
    state,
    uid,
    since: now,
    hasBeenReady: isReady || state === 'failing',
    hasFailed: state === 'failing',
    availableSince: isAvailable ? now : undefined,
    wasReady: isReady,
    wasAvailable: isAvailable,
  };
}

function follow(before: NodeTrial, next: Trial, now: number, relapseMs: number): NodeTrial {
  const after = begin(next, now);
  const wasReady = before.wasReady || after.wasReady;
  const wasAvailable = before.wasAvailable || after.wasAvailable;
  if (!continues(before, next, now, relapseMs)) return { ...after, wasReady, wasAvailable };
  return {
    ...after,
    // A pod that is being replaced has no successor yet.
    uid: next.uid || before.uid,
    // A pod that is ready for the first time has come further, and minReadySeconds begin.
    since: next.state === 'ready' && !before.hasBeenReady ? now : before.since,
    hasBeenReady: before.hasBeenReady || after.hasBeenReady,
    hasFailed: after.hasFailed || (before.hasFailed && WITHOUT_POD.has(next.state)),
    availableSince: (next.uid === before.uid ? before.availableSince : undefined) ?? after.availableSince,
    wasReady,
    wasAvailable,
  };
}

/** Whether the trial that was under way goes on, rather than a new one that begins. */
function continues(before: NodeTrial, next: Trial, now: number, relapseMs: number): boolean {
  if (before.hasFailed) return WITHOUT_POD.has(next.state) || RUNNING.has(next.state);
  if (!RUNNING.has(before.state) || !RUNNING.has(next.state)) return next.state === before.state;
  if (next.uid !== before.uid) return false;
  const { state, availableSince } = before;
  return state !== 'available' || next.state === 'available' || now - (availableSince ?? now) < relapseMs;
}
