import type { Trial } from '../assessment/trial.js';
import type { ConditionView } from '../conditions/conditions.js';
import { type Moment, ProgressClock, storedProgress } from '../conditions/progress.js';
import { stageOf } from '../conditions/stage.js';
import type { CompiledDaemonSet } from '../placement/eligibility.js';
import type { RolloutLedger } from '../rollout/rollout-ledger.js';

/** A moment, and what this replica has seen until then. Times of the past are in ms on the monotonic clock. */
export interface Sight {
  now: Moment;
  /** The end of the last outage. */
  sightedSince: number;
  /** Whether a sign of life of the node came at this time or later; undefined when this replica follows none. */
  isHeardSince: ((node: string, at: number) => boolean) | undefined;
}

/** The progress of one DaemonSet's rollout, and the clock of its deadline. */
export class DeadlineWatch {
  #clock: ProgressClock;
  #isRestarted = false;
  /** The verdict that was reached at this time of `RolloutProgress.at` has been looked at twice. */
  confirmedAt: number | undefined;

  /** Continues the clock that the status shows, of an earlier owner of the shard. */
  constructor({ daemonSet, limits }: CompiledDaemonSet, now: Moment) {
    const stored = storedProgress(daemonSet.status, daemonSet.metadata?.generation, now, limits.deadlineMs);
    this.#clock = new ProgressClock(now, stored);
  }

  /** A deadline that is set or changed counts from now on. */
  onChange(before: CompiledDaemonSet, after: CompiledDaemonSet): void {
    if (before.limits.deadlineMs !== after.limits.deadlineMs) this.restart();
  }

  /** Another revision is current. */
  onRevision(now: Moment): void {
    this.#clock = new ProgressClock(now);
  }

  /** Records what the revision does on a node; `now` is on the monotonic clock. */
  note({ limits }: CompiledDaemonSet, node: string, trial: Trial, now: number): void {
    if (limits.conditions) this.#clock.note(node, trial, now, limits.deadlineMs);
  }

  /** Starts the clock anew, after a time in which not everything was heard. */
  restart(): void {
    this.#isRestarted = true;
  }

  /** Nodes that a verdict would be about. */
  nodesOnTrial(): Iterable<string> {
    return this.#clock.nodesOnTrial();
  }

  /**
   * Returns what conditions are computed from, and moves the clock on.
   */
  view(
    { daemonSet, limits }: CompiledDaemonSet,
    ledger: RolloutLedger,
    currentHash: string,
    { now, sightedSince, isHeardSince }: Sight,
  ): ConditionView {
    const facts = { daemonSet, limits, ledger, currentHash };
    const progress = this.#clock.advance({
      now,
      stage: stageOf(facts).stage,
      desired: ledger.desired,
      old: ledger.old + ledger.skipped,
      deadlineMs: limits.deadlineMs,
      sightedSince: this.#isRestarted ? now.steady : sightedSince,
      isHeardSince,
    });
    this.#isRestarted = false;
    return { ...facts, progress, now: now.wall };
  }
}
