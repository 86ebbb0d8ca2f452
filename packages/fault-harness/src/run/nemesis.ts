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
  /** Whether editors of DaemonSets and labels may go on. */
  setEditing: (may: boolean) => void;
  say: (line: string) => void;
}

/** Injects one step after the other, and waits after each until the cluster is as it shall be. */
export class Nemesis {
  readonly #parts: NemesisParts;

  constructor(parts: NemesisParts) {
    this.#parts = parts;
  }

  async run(steps: readonly Step[], until: AbortSignal): Promise<void> {
    for (const [index, step] of steps.entries()) {
      if (until.aborted) return;
      this.#parts.setEditing(!step.isAtRest);
      await delay(this.#parts.random.between(500, 2500));
      this.#parts.say(`${index + 1}/${steps.length} ${describe(step)}`);
      await this.#carryOut(step);
    }
  }

  async #carryOut(step: Step): Promise<void> {
    const { convergenceMs, rolloutMs, recorder, setEditing, say, tail, truth } = this.#parts;
    const began = now();
    const injected = await Promise.all(step.faults.map((fault) => this.#inject(fault, step.holdMs)));
    await delay(step.holdMs);
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
    const { cluster, random, recorder, tail, say } = this.#parts;
    const onCompacted = (revision: number) => recorder.add({ entry: 'compacted', at: now(), revision });
    const context: FaultContext = { cluster, random, tail, holdMs, onCompacted };
    try {
      const injected = { ...(await fault.inject(context)), at: now() };
      say(`   ${fault.name} → ${injected.target}`);
      return injected;
    } catch (error) {
      // A second fault may find that the first has ended what it is aimed at.
      say(`   ${fault.name} was not possible: ${error instanceof Error ? error.message : String(error)}`);
      return { target: 'nothing', strikes: [], heal: nothingToHeal, at: now() };
    }
  }

  async #untilReady(): Promise<void> {
    try {
      await this.#parts.cluster.untilReady(CONVERGENCE_PATIENCE_MS);
    } catch (error) {
      this.#parts.say(`   ${String(error)}`);
    }
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function describe({ faults, holdMs, isAtRest }: Step): string {
  const names = faults.map(({ name }) => name).join(' + ');
  const lasting = holdMs === 0 ? '' : ` for ${seconds(holdMs)}`;
  return `${names}${lasting}${isAtRest ? ', at rest' : ''}`;
}
