import { type ConditionView, type DaemonSetState, type PodActions, rolloutNumbers } from '@everynode/daemonset';
import { conditionOf, isPodReady, type Pod } from '@everynode/objects';
import { isPodAvailable } from '@everynode/workloads';
import type { PodVersion } from '../engine/versions.js';
import { type Quantiles, quantilesOf } from './quantiles.js';
import { type Point, Series } from './series.js';

/** Nodes that are named as the slowest. */
const SLOWEST = 10;
/** Why a container waits that will not start by itself. */
const FAULTS = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImagePull',
  'ImagePullBackOff',
  'RunContainerError',
]);

/** What became of one DaemonSet in a simulation. Times are in ms since the start, unless they say otherwise. */
export interface RolloutReport {
  daemonSet: string;
  /** At the end. */
  status: Record<string, number>;
  /** When every eligible node had an available pod of the newest revision, for the last time; null: not at the end. */
  completedAtMs: number | null;
  /** From the creation of a pod until it is ready, of all pods that became ready; in ms. */
  timeToReady: Quantiles;
  /** Nodes with an available pod of the newest revision. */
  updated: Point[];
  unavailable: Point[];
  budget: number;
  peakUnavailable: number;
  /** The sum over nodes of the time without an available pod. */
  unavailableSeconds: number;
  /** Available pods that the rollout took beyond its budget. */
  budgetViolations: number;
  podsCreated: number;
  podsFailed: number;
  /** How far the rollout was when its first pod failed: a share of the eligible nodes; null: none failed. */
  updatedAtFirstFailure: number | null;
  rollbacks: { atMs: number; from: string; to: string }[];
  /** When the rollout was first seen to be stuck. */
  stuckAtMs: number | null;
  refusals: string[];
  /** What nodes waited for, in the words of explain, the longest first. */
  blocked: { reason: string; nodes: number; nodeSeconds: number }[];
  /** Nodes that got their pod of the newest revision last. */
  slowest: { node: string; readyAtMs: number }[];
}

/** Follows one DaemonSet. */
export class RolloutMeasure {
  readonly #key: string;
  readonly #created = new Map<string, number>();
  readonly #ready = new Set<string>();
  readonly #failed = new Set<string>();
  readonly #times: number[] = [];
  readonly #readyAt = new Map<string, number>();
  readonly #updated = new Series();
  readonly #unavailable = new Series();
  readonly #blocked = new Map<string, { nodes: Set<string>; ms: number }>();
  readonly #refusals = new Set<string>();
  readonly #rollbacks: RolloutReport['rollbacks'] = [];
  #budget = 0;
  #violations = 0;
  #podsCreated = 0;
  #completedAt: number | null = null;
  #firstFailure: number | null = null;
  #stuckAt: number | null = null;
  /** Since it was last applied. */
  #isStuck = false;
  #hasRolledBack = false;
  #status: Record<string, number> = {};
  #desired = 0;

  constructor(key: string) {
    this.#key = key;
  }

  /** A pod of the DaemonSet was created, changed or removed. */
  onPod(before: PodVersion | undefined, after: PodVersion | undefined, atMs: number): void {
    if (!after) {
      if (before) this.#created.delete(before.record.uid);
      return;
    }
    const { uid, placement } = after.record;
    if (!before) {
      this.#created.set(uid, atMs);
      this.#podsCreated += 1;
    }
    const createdAt = this.#created.get(uid);
    if (createdAt === undefined) return;
    if (!this.#ready.has(uid) && isPodReady(after.object)) {
      this.#ready.add(uid);
      this.#times.push(atMs - createdAt);
      if (placement !== null) this.#readyAt.set(placement, atMs);
    }
    if (!this.#failed.has(uid) && hasFailed(after.object)) {
      this.#failed.add(uid);
      this.#firstFailure ??= this.#desired === 0 ? 0 : this.#updated.value / this.#desired;
    }
  }

  /** A pass begins. `now` is ms since the epoch. */
  onActions({ deletes }: PodActions, { ledger, compiled }: DaemonSetState, now: number): void {
    if (compiled.limits.zones || compiled.surge) return;
    const { minReadySeconds = 0, updateStrategy } = compiled.daemonSet.spec ?? {};
    const { desiredNumberScheduled: desired, numberAvailable = 0 } = ledger.counters();
    const victims = deletes.filter(
      ({ reason, pod }) => reason === 'update' && isPodAvailable(pod, minReadySeconds, now),
    ).length;
    if (victims === 0) return;
    const unavailable = desired - numberAvailable - skippedUnavailable(ledger);
    const { maxUnavailable } = rolloutNumbers(updateStrategy, desired);
    this.#violations += Math.min(victims, Math.max(0, unavailable + victims - maxUnavailable));
  }

  onPassed({ compiled, ledger }: DaemonSetState, atMs: number): void {
    const counters = ledger.counters();
    const { desiredNumberScheduled: desired, numberUnavailable = 0 } = counters;
    this.#status = counters as unknown as Record<string, number>;
    this.#desired = desired;
    this.#budget = rolloutNumbers(compiled.daemonSet.spec?.updateStrategy, desired).maxUnavailable;
    this.#updated.set(atMs, ledger.settled);
    this.#unavailable.set(atMs, numberUnavailable);
    const isComplete = ledger.settled === desired && ledger.old === 0;
    if (!isComplete) this.#completedAt = null;
    else this.#completedAt ??= atMs;
  }

  onStatus({ progress }: ConditionView, atMs: number): void {
    if (!progress.isExceeded) return;
    this.#stuckAt ??= atMs;
    this.#isStuck = true;
  }

  onRollback(from: string, to: string, atMs: number): void {
    this.#rollbacks.push({ atMs, from, to });
    this.#hasRolledBack = true;
  }

  onRefusal(message: string): void {
    this.#refusals.add(message);
  }

  /** A node waits for this reason, and has for `ms`. */
  onBlocked(node: string, reason: string, ms: number): void {
    let blocked = this.#blocked.get(reason);
    if (!blocked) {
      blocked = { nodes: new Set(), ms: 0 };
      this.#blocked.set(reason, blocked);
    }
    blocked.nodes.add(node);
    blocked.ms += ms;
  }

  /** What waits for the DaemonSet from now on waits for what becomes of this change. */
  onApplied(): void {
    this.#isStuck = false;
    this.#hasRolledBack = false;
  }

  /** The deadline has passed since the DaemonSet was last applied. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** An old revision was put back since then. */
  get hasRolledBack(): boolean {
    return this.#hasRolledBack;
  }

  get status(): Readonly<Record<string, number>> {
    return this.#status;
  }

  report(endMs: number): RolloutReport {
    return {
      daemonSet: this.#key,
      status: this.#status,
      completedAtMs: this.#completedAt,
      timeToReady: quantilesOf(this.#times),
      updated: this.#updated.points(),
      unavailable: this.#unavailable.points(),
      budget: this.#budget,
      peakUnavailable: this.#unavailable.peak,
      unavailableSeconds: this.#unavailable.seconds(endMs),
      budgetViolations: this.#violations,
      podsCreated: this.#podsCreated,
      podsFailed: this.#failed.size,
      updatedAtFirstFailure: this.#firstFailure,
      rollbacks: this.#rollbacks,
      stuckAtMs: this.#stuckAt,
      refusals: [...this.#refusals],
      blocked: [...this.#blocked]
        .map(([reason, { nodes, ms }]) => ({ reason, nodes: nodes.size, nodeSeconds: Math.round(ms / 1000) }))
        .sort((a, b) => b.nodeSeconds - a.nodeSeconds || (a.reason < b.reason ? -1 : 1)),
      slowest: [...this.#readyAt]
        .map(([node, readyAtMs]) => ({ node, readyAtMs }))
        .sort((a, b) => b.readyAtMs - a.readyAtMs || (a.node < b.node ? -1 : 1))
        .slice(0, SLOWEST),
    };
  }
}

/** Nodes without an available pod that the owner leaves out of the budget. */
function skippedUnavailable(ledger: DaemonSetState['ledger']): number {
  if (ledger.skipped === 0) return 0;
  let sum = 0;
  for (const [, { role, counts }] of ledger.nodes())
    if (role.kind === 'skipped') sum += counts.desired - counts.available;
  return sum;
}

/** A container of it has ended, or cannot be started. */
function hasFailed({ status }: Pod): boolean {
  if (status?.phase === 'Failed') return true;
  if (conditionOf(status, 'PodScheduled')?.status === 'False') return true;
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.some(
    ({ restartCount, state }) => (restartCount ?? 0) > 0 || FAULTS.has(state?.waiting?.reason ?? ''),
  );
}
