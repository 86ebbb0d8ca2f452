import { type NeededObject, neededObjects } from '@everynode/objects';
import type { FindMissing } from '../missing-objects.js';
import type { Timers } from '../timers.js';
import type { SimulatedRun } from './simulated-run.js';

/** Pods that wait for objects are looked at again this often, in ms; so is every pod when an answer did not come. */
const AGAIN_AFTER_MS = 1000;

interface StartCheckOptions {
  findMissing: FindMissing;
  timers: Timers;
  /** Objects that the pod needs are missing, or, with none, all are there. */
  onAnswer: (run: SimulatedRun, missing: readonly NeededObject[]) => void;
}

/**
 * Finds out whether the objects are there that pods need to start. Pods that name the same ones in one namespace, as
 * those of a DaemonSet do, are asked about as one.
 */
export class StartChecks {
  readonly #options: StartCheckOptions;
  readonly #due = new Set<SimulatedRun>();
  #isAsking = false;

  constructor(options: StartCheckOptions) {
    this.#options = options;
  }

  /** Asks for the pod, in a moment and together with others. */
  add(run: SimulatedRun): void {
    this.#due.add(run);
    this.#askSoon(0);
  }

  delete(run: SimulatedRun): void {
    this.#due.delete(run);
  }

  #askSoon(ms: number): void {
    if (this.#isAsking || this.#due.size === 0) return;
    this.#isAsking = true;
    this.#options.timers.after(ms, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const groups = new Map<string, SimulatedRun[]>();
    for (const run of this.#due) {
      const { namespace } = run.pod.metadata;
      const key = `${namespace} ${JSON.stringify(neededObjects(run.pod.spec))}`;
      const group = groups.get(key);
      if (group) group.push(run);
      else groups.set(key, [run]);
    }
    const answered = await this.#answers([...groups.values()]);
    let isComplete = true;
    for (const group of groups.values()) {
      const missing = answered?.get(group[0]?.pod.metadata.uid ?? '');
      if (missing?.length !== 0) isComplete = false;
      for (const run of group) {
        // A pod may have ended while the answer was on its way.
        if (!missing || !this.#due.has(run)) continue;
        if (missing.length === 0) this.#due.delete(run);
        this.#options.onAnswer(run, missing);
      }
    }
    this.#isAsking = false;
    this.#askSoon(isComplete ? 0 : AGAIN_AFTER_MS);
  }

  /** Undefined when no answer came: that is tried again. */
  async #answers(groups: readonly SimulatedRun[][]): Promise<Awaited<ReturnType<FindMissing>> | undefined> {
    try {
      return await this.#options.findMissing(groups.flatMap(([run]) => (run ? [run.pod.metadata.uid] : [])));
    } catch {
      // The connection tells on its own why it does not answer.
      return undefined;
    }
  }
}
