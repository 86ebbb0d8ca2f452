import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRecord } from '@everynode/history-checker';
import type { Cluster } from '../cluster/cluster.js';
import { type Fault, type FaultContext, type InjectedFault, nothingToHeal } from '../faults/fault.js';
import { now } from '../record/clock.js';
import { effectsOf } from '../record/effects.js';
import type { JournalTail } from '../record/journal-tail.js';
import type { Recorder } from '../record/recorder.js';
import type { SeededRandom } from './random.js';
import type { Step } from './schedule.js';
import type { Truth } from './truth.js';

/** Waited longer than the limit, so that the report shows how much too long it took. */
const CONVERGENCE_PATIENCE_MS = 45_000;
/** A fault that waits for its moment may strike so long after its time. */
const STRIKE_PATIENCE_MS = 5000;
const LOOK_EVERY_MS = 50;

export interface NemesisParts {
  cluster: Cluster;
  recorder: Recorder;
  tail: JournalTail;
  truth: Truth;
  random: SeededRandom;
  /** All has to be as it shall be so soon after a fault, besides the rest of a rollout, in ms. */
  convergenceMs: number;
  /** What an undisturbed rollout of every DaemonSet takes, in ms. */
  rolloutMs: number;
  /** The longest time between two steps, in ms. */
  pauseMs: number;
  /** Whether editors of DaemonSets and labels may go on. */
  setEditing: (may: boolean) => void;
  say: (line: string) => void;
}

/** What became of the steps. */
export interface Done {
  steps: number;
  faults: Set<string>;
  /** Faults that could not be injected or never struck: the run has not shown what it was to show. */
  missed: string[];
}

/** Injects one step after the other, and waits after each until the cluster is as it shall be. */
export class Nemesis {
  readonly #parts: NemesisParts;
  readonly #done: Done = { steps: 0, faults: new Set(), missed: [] };

  constructor(parts: NemesisParts) {
    this.#parts = parts;
  }

  /** Begins no step that would last beyond `budgetMs`, except the first. */
  async run(steps: readonly Step[], budgetMs: number, until: AbortSignal): Promise<Done> {
    const { random, pauseMs, say, setEditing } = this.#parts;
    const end = now() + budgetMs;
    for (const [index, step] of steps.entries()) {
      const pause = random.between(pauseMs / 5, pauseMs);
      // Before the editors begin again: what the last step has left is the end of the run.
      if (until.aborted || (index > 0 && now() + pause + step.holdMs > end)) break;
      setEditing(!step.isAtRest);
      await delay(pause);
      if (until.aborted) break;
      say(`${index + 1} ${describe(step)}`);
      await this.#carryOut(step);
      this.#done.steps += 1;
    }
    return this.#done;
  }

  async #carryOut(step: Step): Promise<void> {
    const { convergenceMs, rolloutMs, recorder, setEditing, say, tail, truth } = this.#parts;
    const began = now();
    const injected = await Promise.all(step.faults.map((fault) => this.#inject(fault, step.holdMs)));
    await delay(step.holdMs);
    await this.#untilAllStruck(step, injected);
    setEditing(false);
    const healing = now();
    for (const one of injected) await one.heal();
    const healed = now();
    const { isSettled, trouble, rolloutShare } = await truth.settled(tail, CONVERGENCE_PATIENCE_MS);
    const settled = now();
    // A rollout that the fault has held up goes on, and takes its time.
    const limitMs = convergenceMs + rolloutShare * rolloutMs;
    await this.#untilReady();
    const ready = now();
    for (const [index, { target, down = [], strikes, at }] of injected.entries()) {
      const fault = step.faults[index]?.name ?? '';
      const record: FaultRecord = {
        fault,
        target,
        began,
        injected: at,
        ...(strikes && { strikes: [...strikes] }),
        healing,
        healed,
        ready,
        down,
        effects: effectsOf(fault),
      };
      recorder.add({ entry: 'fault', ...record });
    }
    recorder.add({
      entry: 'converged',
      after: step.faults.map(({ name }) => name).join(' and '),
      since: healed,
      limitMs,
      ...(isSettled && { at: settled }),
      ...(trouble !== undefined && { trouble }),
    });
    const words = isSettled ? 'converged' : 'NOT CONVERGED';
    say(`   ${words} after ${seconds(settled - healed)}, limit ${seconds(limitMs)}; last: ${trouble}`);
  }

  /** `at`: when the injection was complete. */
  async #inject(fault: Fault, holdMs: number): Promise<InjectedFault & { at: number }> {
    const { cluster, random, recorder, tail, truth, say } = this.#parts;
    const onCompacted = (revision: number) => recorder.add({ entry: 'compacted', at: now(), revision });
    const nodesAway = () => truth.nodesAway();
    const context: FaultContext = { cluster, random: random.fork(), tail, holdMs, onCompacted, nodesAway };
    try {
      const injected = { ...(await fault.inject(context)), at: now() };
      say(`   ${fault.name} → ${injected.target}`);
      this.#done.faults.add(fault.name);
      return injected;
    } catch (error) {
      this.#miss(fault, `could not be injected: ${error instanceof Error ? error.message : String(error)}`);
      return { target: 'nothing', heal: nothingToHeal, at: now() };
    }
  }

  async #untilAllStruck({ faults }: Step, injected: readonly InjectedFault[]): Promise<void> {
    const waiting = () => faults.filter((_, index) => !hasStruck(injected[index]));
    for (const until = now() + STRIKE_PATIENCE_MS; waiting().length > 0 && now() < until; ) await delay(LOOK_EVERY_MS);
    for (const fault of waiting()) this.#miss(fault, 'never struck: what it waits for did not happen');
  }

  #miss({ name }: Fault, why: string): void {
    this.#done.missed.push(`${name} ${why}`);
    this.#parts.say(`   ${name} ${why}`);
  }

  async #untilReady(): Promise<void> {
    try {
      await this.#parts.cluster.untilReady(CONVERGENCE_PATIENCE_MS);
    } catch (error) {
      this.#parts.say(`   ${String(error)}`);
    }
  }
}

const hasStruck = (injected: InjectedFault | undefined): boolean => injected?.strikes?.length !== 0;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function describe({ faults, holdMs, isAtRest }: Step): string {
  const names = faults.map(({ name }) => name).join(' + ');
  const lasting = holdMs === 0 ? '' : ` for ${seconds(holdMs)}`;
  return `${names}${lasting}${isAtRest ? ', at rest' : ''}`;
}
