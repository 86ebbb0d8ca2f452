import { conditionOf, type DaemonSetStatus } from '@everynode/objects';
import type { Trial } from '../assessment/trial.js';
import { RolloutTrials } from '../rollout/rollout-trials.js';

/** One moment on two clocks, both in ms. */
export interface Moment {
  /** Since the epoch: what others may read. */
  wall: number;
  /** On a clock that is never set: what durations are measured by. */
  steady: number;
}

/** How far a rollout is, as its deadline sees it. */
export interface RolloutProgress {
  /** Every node has run the revision. A node that joins later does not begin another rollout. */
  isComplete: boolean;
  /** When the rollout last made progress, or its clock began to run: ms since the epoch. */
  at: number;
  /** How soon the deadline passes, in ms; undefined when there is none, its clock stands still, or it has passed. */
  deadlineInMs: number | undefined;
  /** There was no progress for as long as the owner allows. */
  isExceeded: boolean;
  /** Nodes whose pods have had the whole deadline and are not available: what a verdict on the revision rests on. */
  suspects: readonly Suspect[];
}

/** `running`: the node runs the pod, or the pod has failed. `unplaced`: there is no room for the pod. */
export interface Suspect {
  node: string;
  kind: 'running' | 'unplaced';
}

/** What the clock is moved on by. */
interface RolloutFacts {
  now: Moment;
  stage: 'complete' | 'under-way' | 'waiting';
  /** Eligible nodes. */
  desired: number;
  /** Nodes with an old pod and nothing newer, skipped ones too. */
  old: number;
  deadlineMs: number | undefined;
  /** The end of the last outage, after which the controller hears of everything: ms on the monotonic clock. */
  sightedSince: number;
  /** Whether the node was heard of at this time or later (ms on the monotonic clock); undefined: nothing is known. */
  isHeardSince?: ((node: string, at: number) => boolean) | undefined;
}

/** What an earlier owner of the shard has left in the status. */
interface StoredProgress {
  isComplete: boolean;
  at: Moment;
  isExceeded: boolean;
}

/** Within this time after a fault everything that has happened meanwhile is known, in ms. */
const SETTLE_MS = 10_000;
/** How often a verdict looks whether a node was heard of, in ms. */
const HEARD_EVERY_MS = 1000;

/**
 * How long a replica that has taken over watches before it judges, in ms: what happened while there was no scheduler
 * comes late, and the clocks of two machines may differ.
 */
const graceMs = (deadlineMs: number): number => Math.min(deadlineMs, Math.max(deadlineMs / 2, SETTLE_MS));

/**
 * The clock of a progress deadline, for one revision.
 *
 * It runs only while the rollout is under way and a node is on trial: the controller let the node move, and it could
 * become available. A hold, a budget that other nodes use up, a NotReady node, an old pod that takes its time, the
 * owner's rate and an outage stop it; after each it starts anew. The deadline has passed when one node was on trial for
 * all of it while no further node became ready or available.
 */
export class ProgressClock {
  readonly #trials = new RolloutTrials();
  #progressAt: Moment;
  #runningSince: Moment | undefined;
  #isComplete: boolean;
  #stored: StoredProgress | undefined;
  /** When this replica took over from another one, on the monotonic clock. */
  readonly #takenOverAt: number | undefined;
  #isExceeded: boolean;

  /** `stored` is given when another replica has watched this revision before. */
  constructor(now: Moment, stored?: StoredProgress) {
    this.#progressAt = stored?.at ?? now;
    this.#stored = stored;
    this.#isComplete = stored?.isComplete ?? false;
    this.#isExceeded = stored?.isExceeded ?? false;
    this.#takenOverAt = stored && now.steady;
  }

  /** Records what the revision does on a node; `now` is on the monotonic clock. */
  note(node: string, trial: Trial, now: number, deadlineMs = 0): void {
    this.#trials.note(node, trial, now, deadlineMs);
  }

  /** Nodes on trial, which a verdict is about. */
  nodesOnTrial(): Iterable<string> {
    return this.#trials.onTrial.keys();
  }

  /** Starts the clock anew: what has happened since the last pass may not be known. */
  restart(): void {
    this.#runningSince = undefined;
  }

  /** Moves the clock on after all changes were noted. */
  advance(facts: RolloutFacts): RolloutProgress {
    const { now, stage, desired, old } = facts;
    this.#takeProgress(now);
    if (stage === 'complete' && desired > 0) this.#isComplete = true;
    else if (old > 0) this.#isComplete = false;
    const isRunning = stage === 'under-way' && !this.#isComplete && this.#trials.onTrial.size > 0;
    this.#run(isRunning, facts);
    const at = this.#at();
    const plain = { isComplete: this.#isComplete, at: at.wall };
    return { ...plain, ...this.#judge(isRunning, at.steady, facts) };
  }

  /** What the first pass of a replica finds is no progress: the one before has counted it. */
  #takeProgress(now: Moment): void {
    const hasProgress = this.#trials.takeProgress();
    if (!this.#stored) {
      if (hasProgress) this.#progressAt = now;
      return;
    }
    this.#trials.backdate(this.#stored.at.steady);
    this.#runningSince = this.#stored.at;
    this.#stored = undefined;
  }

  #run(isRunning: boolean, { now, sightedSince }: RolloutFacts): void {
    if (!isRunning) {
      this.#runningSince = undefined;
      return;
    }
    this.#runningSince ??= now;
    if (sightedSince > this.#runningSince.steady) {
      this.#runningSince = { wall: now.wall - (now.steady - sightedSince), steady: sightedSince };
    }
  }

  /** The last progress, or the begin of the clock where that is later. */
  #at(): Moment {
    const since = this.#runningSince;
    return since && since.steady > this.#progressAt.steady ? since : this.#progressAt;
  }

  #judge(
    isRunning: boolean,
    at: number,
    { now, deadlineMs, isHeardSince }: RolloutFacts,
  ): Pick<RolloutProgress, 'deadlineInMs' | 'isExceeded' | 'suspects'> {
    if (deadlineMs === undefined || !isRunning) {
      this.#isExceeded = false;
      return { deadlineInMs: undefined, isExceeded: false, suspects: [] };
    }
    const notBefore = this.#takenOverAt === undefined ? at : this.#takenOverAt + graceMs(deadlineMs);
    const earliest = Math.max(at + deadlineMs, notBefore);
    if (earliest > now.steady) {
      // A replica that takes over does not withdraw what the one before it has found, and does not judge by it either.
      this.#isExceeded &&= at + deadlineMs <= now.steady;
      return { deadlineInMs: earliest - now.steady, isExceeded: this.#isExceeded, suspects: [] };
    }
    const suspects: Suspect[] = [];
    let next = Number.POSITIVE_INFINITY;
    const wasExceeded = this.#isExceeded;
    this.#isExceeded = false;
    for (const [node, { since, state }] of this.#trials.onTrial) {
      const passesAt = Math.max(at, since) + deadlineMs;
      if (passesAt > now.steady) {
        next = Math.min(next, passesAt);
        continue;
      }
      // A node that has gone silent may have a good pod, and cannot say so: it is heard of, or turns NotReady.
      if ((state === 'starting' || state === 'ready') && isHeardSince?.(node, passesAt) === false) {
        next = Math.min(next, now.steady + HEARD_EVERY_MS);
        this.#isExceeded ||= wasExceeded;
        continue;
      }
      this.#isExceeded = true;
      if (state === 'unplaced') suspects.push({ node, kind: 'unplaced' });
      else if (state !== 'missing') suspects.push({ node, kind: 'running' });
    }
    const deadlineInMs = next === Number.POSITIVE_INFINITY ? undefined : next - now.steady;
    return { deadlineInMs, isExceeded: this.#isExceeded, suspects };
  }
}

/**
 * Returns what the stored status says of the revision that is current now; undefined when it says nothing of it. A
 * DaemonSet's conditions have no lastUpdateTime as a Deployment's do, so Progressing's lastTransitionTime is the time.
 */
export function storedProgress(
  status: DaemonSetStatus | undefined,
  generation: number | undefined,
  now: Moment,
  deadlineMs: number | undefined,
): StoredProgress | undefined {
  if (!status || status.observedGeneration !== generation) return undefined;
  const condition = conditionOf(status, 'Progressing');
  const isExceeded = condition?.reason === 'ProgressDeadlineExceeded';
  const isComplete = condition?.reason === 'RolloutComplete';
  const since = Date.parse(condition?.lastTransitionTime ?? '');
  if (Number.isNaN(since) || !(isExceeded || isComplete || condition?.reason === 'RolloutProgressing'))
    return undefined;
  // A condition that turned False did so when the deadline had passed. A time in the future is another clock's.
  const wall = Math.min(now.wall, isExceeded ? since - (deadlineMs ?? 0) : since);
  return { isComplete, isExceeded, at: { wall, steady: now.steady - (now.wall - wall) } };
}
