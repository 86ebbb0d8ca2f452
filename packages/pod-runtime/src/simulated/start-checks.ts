import { type NeededObject, neededObjects } from '@everynode/objects';
import type { Clock, Timers } from '../timers.js';
import type { FindMissing } from './missing-objects.js';
import type { SimulatedRun } from './simulated-run.js';

/** Pods that wait are asked about again after this, doubled each time, in ms; so are all when no answer came. */
const AGAIN_MS = 1000;
const AGAIN_MAX_MS = 8000;

interface StartCheckOptions {
  findMissing: FindMissing;
  clock: Clock;
  timers: Timers;
  /** Objects that the pod needs are missing, or, with none, all are there. */
  onAnswer: (run: SimulatedRun, missing: readonly NeededObject[]) => void;
}

/** Pods that need the same objects of one namespace. They are asked about by the uid of the first. */
interface Group {
  key: string;
  runs: Set<SimulatedRun>;
  /** Questions in a row that did not end the wait. */
  tries: number;
  /** Pods in a row that the answer did not name: the control plane does not have them. */
  unnamed: number;
  /** When to ask, in ms, monotonic. */
  dueMs: number;
}

/**
 * Finds out whether the objects are there that pods need to start. Pods that name the same ones in one namespace, as
 * those of a DaemonSet do, are asked about as one. A group that waits is asked about less and less often; one that a
 * pod joins is asked about at once, and keeps no other group waiting.
 */
export class StartChecks {
  readonly #options: StartCheckOptions;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<SimulatedRun, Group>();
  #isAsking = false;
  #armedMs = Number.POSITIVE_INFINITY;

  constructor(options: StartCheckOptions) {
    this.#options = options;
  }

  /** Asks for the pod, in a moment and together with others. */
  add(run: SimulatedRun): void {
    const { pod } = run;
    const key = `${pod.metadata.namespace} ${JSON.stringify(neededObjects(pod.spec))}`;
    let group = this.#groups.get(key);
    if (!group) {
      group = { key, runs: new Set(), tries: 0, unnamed: 0, dueMs: 0 };
      this.#groups.set(key, group);
    }
    group.runs.add(run);
    group.dueMs = this.#options.clock.now();
    this.#groupOf.set(run, group);
    this.#arm();
  }

  delete(run: SimulatedRun): void {
    const group = this.#groupOf.get(run);
    if (!group) return;
    this.#groupOf.delete(run);
    group.runs.delete(run);
    if (group.runs.size === 0) this.#groups.delete(group.key);
  }

  #arm(): void {
    if (this.#isAsking) return;
    let dueMs = Number.POSITIVE_INFINITY;
    for (const group of this.#groups.values()) dueMs = Math.min(dueMs, group.dueMs);
    if (dueMs >= this.#armedMs) return;
    this.#armedMs = dueMs;
    this.#options.timers.after(Math.max(0, dueMs - this.#options.clock.now()), () => {
      // An earlier timer was set meanwhile.
      if (this.#armedMs !== dueMs) return;
      this.#armedMs = Number.POSITIVE_INFINITY;
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const nowMs = this.#options.clock.now();
    const asked = new Map<Group, SimulatedRun>();
    for (const group of this.#groups.values()) {
      const [first] = group.runs;
      if (first && group.dueMs <= nowMs) asked.set(group, first);
    }
    // What was due may have ended meanwhile.
    if (asked.size === 0) return this.#arm();
    for (const group of asked.keys()) group.dueMs = Number.POSITIVE_INFINITY;
    this.#isAsking = true;
    const answered = await this.#answers([...asked.values()]);
    this.#isAsking = false;
    for (const [group, first] of asked) this.#conclude(group, first, answered);
    this.#arm();
  }

  #conclude(group: Group, first: SimulatedRun, answered: Awaited<ReturnType<FindMissing>> | undefined): void {
    const missing = answered?.get(first.pod.metadata.uid);
    if (answered && !missing && group.runs.delete(first)) {
      // The pod is gone there, and its end is on the way here. Another one speaks for the group.
      group.runs.add(first);
      group.unnamed += 1;
      this.#askAgain(group, group.unnamed < group.runs.size);
      return;
    }
    group.unnamed = 0;
    // What has joined meanwhile is asked about by itself: the answer may be older than it.
    this.#askAgain(group, answered !== undefined && !missing);
    if (!missing) return;
    for (const run of [...group.runs]) {
      if (missing.length === 0) this.delete(run);
      this.#options.onAnswer(run, missing);
    }
  }

  #askAgain(group: Group, isAtOnce: boolean): void {
    const nowMs = this.#options.clock.now();
    const waitMs = isAtOnce ? 0 : Math.min(AGAIN_MS * 2 ** Math.min(group.tries, 10), AGAIN_MAX_MS);
    if (!isAtOnce) group.tries += 1;
    group.dueMs = Math.min(group.dueMs, nowMs + waitMs);
  }

  /** Undefined when no answer came: that is tried again. */
  async #answers(runs: readonly SimulatedRun[]): Promise<Awaited<ReturnType<FindMissing>> | undefined> {
    try {
      return await this.#options.findMissing(runs.map(({ pod }) => pod.metadata.uid));
    } catch {
      // The connection tells on its own why it does not answer.
      return undefined;
    }
  }
}
