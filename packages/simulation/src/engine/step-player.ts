import { ApiError, type KubeObject, lookupType, resourceByStorage, type Taint } from '@everynode/objects';
import { applyPatch } from '@everynode/patch';
import type { StepReport } from '../report/report.js';
import { span } from '../report/words.js';
import type { ScenarioStep } from '../scenario/schema.js';
import { spanMs } from '../scenario/spans.js';
import type { VirtualEngine } from './virtual-engine.js';

/** How long a step waits for something, in ms, where it does not say. */
const TIMEOUT_MS = 3_600_000;
/** A patch as `kubectl patch` sends it. */
const STRATEGIC = 'application/strategic-merge-patch+json';
const ZONE = 'topology.kubernetes.io/zone';

interface StepPlayerOptions {
  engine: VirtualEngine;
  /** The objects of a file that a step names. */
  load: (file: string) => readonly KubeObject[];
  /** What becomes of a DaemonSet that a step applies. */
  edit: (daemonSet: KubeObject) => KubeObject;
  /** No step lasts beyond it, in ms since the beginning. */
  limitMs: number;
}

/** What a step does, by the member that says it. Returns why it failed. */
type Played = string | undefined;

/** Plays the steps of a scenario, one after the other. */
export class StepPlayer {
  readonly #options: StepPlayerOptions;
  /** The limit has cut a step short: no later one is played. */
  #isOver = false;

  constructor(options: StepPlayerOptions) {
    this.#options = options;
  }

  /** Plays a step. What fails is in its report. */
  play(step: ScenarioStep): StepReport {
    const { engine, limitMs } = this.#options;
    const beginMs = Math.max(engine.now() + (step.after ? spanMs(step.after) : 0), step.at ? spanMs(step.at) : 0);
    if (!this.#isOver) engine.run(Math.min(beginMs, limitMs));
    this.#isOver ||= beginMs > limitMs;
    const startedAtMs = engine.now();
    const fault = this.#isOver ? this.#over() : this.#guarded(step);
    const report = { name: step.name ?? nameOf(step), startedAtMs, endedAtMs: engine.now() };
    return fault === undefined ? report : { ...report, fault };
  }

  #over(): string {
    return `the limit of the simulation, ${span(this.#options.limitMs)}, is reached`;
  }

  #guarded(step: ScenarioStep): Played {
    try {
      return this.#do(step);
    } catch (error) {
      if (error instanceof ApiError) return error.message;
      throw error;
    }
  }

  #do(step: ScenarioStep): Played {
    const { engine } = this.#options;
    if (step.apply !== undefined) return this.#apply(step.apply);
    if (step.patch) return this.#patch(step.patch);
    if (step.label) engine.label(engine.choose(step.label), step.label.labels);
    if (step.taint) this.#taint(step.taint);
    if (step.untaint) this.#untaint(step.untaint);
    if (step.cordon) this.#cordon(step.cordon, true);
    if (step.uncordon) this.#cordon(step.uncordon, false);
    if (step.join) engine.join(step.join);
    if (step.leave) for (const node of engine.choose(step.leave)) engine.leave(node);
    if (step.kill) this.#lose(engine.choose(step.kill), 'stop', step.kill.for);
    if (step.partition) this.#lose(engine.choose(step.partition), 'cut', step.partition.for);
    if (step.zoneOutage) {
      const { zone, for: span } = step.zoneOutage;
      this.#lose(engine.choose({ nodes: `${ZONE}=${zone}` }), 'stop', span);
    }
    if (step.restore) for (const node of engine.choose(step.restore)) engine.restore(node);
    if (step.wait !== undefined) return this.#wait(spanMs(step.wait));
    if (step.waitFor) return this.#waitFor(step.waitFor);
    if (step.assert) return this.#assert(step.assert);
    return undefined;
  }

  #apply(what: NonNullable<ScenarioStep['apply']>): Played {
    const { engine, load, edit } = this.#options;
    const objects = typeof what === 'string' ? load(what) : [what as KubeObject];
    const daemonSets = objects.filter(({ kind }) => kind === 'DaemonSet');
    for (const daemonSet of daemonSets) engine.apply(edit(daemonSet));
    return daemonSets.length === 0 ? 'it has no DaemonSet' : undefined;
  }

  #patch({ daemonSet, patch }: NonNullable<ScenarioStep['patch']>): Played {
    const { engine, edit } = this.#options;
    const before = engine.daemonSet(daemonSet);
    if (!before) return `there is no DaemonSet ${daemonSet}`;
    const { status: _status, ...sent } = before;
    const typeName = resourceByStorage('daemonsets.apps').schema;
    engine.apply(edit(applyPatch(STRATEGIC, sent, patch, { typeName, lookupType }) as unknown as KubeObject));
    return undefined;
  }

  #taint({ taints, ...choice }: NonNullable<ScenarioStep['taint']>): void {
    const { engine } = this.#options;
    const isReplaced = (known: Taint) => taints.some(({ key, effect }) => key === known.key && effect === known.effect);
    engine.changeNodeSpecs(engine.choose(choice), (spec) => ({
      ...spec,
      taints: [...(spec.taints ?? []).filter((known) => !isReplaced(known)), ...(taints as Taint[])],
    }));
  }

  #untaint({ key, ...choice }: NonNullable<ScenarioStep['untaint']>): void {
    const { engine } = this.#options;
    engine.changeNodeSpecs(engine.choose(choice), (spec) => ({
      ...spec,
      taints: (spec.taints ?? []).filter((one) => one.key !== key),
    }));
  }

  #cordon(choice: NonNullable<ScenarioStep['cordon']>, unschedulable: boolean): void {
    const { engine } = this.#options;
    engine.changeNodeSpecs(engine.choose(choice), (spec) => ({ ...spec, unschedulable }));
  }

  #lose(nodes: readonly string[], how: 'stop' | 'cut', span: string | undefined): void {
    const { engine } = this.#options;
    for (const node of nodes) engine.lose(node, how, span === undefined ? undefined : spanMs(span));
  }

  #wait(ms: number): Played {
    const { engine, limitMs } = this.#options;
    const untilMs = engine.now() + ms;
    engine.run(Math.min(untilMs, limitMs));
    this.#isOver = untilMs > limitMs;
    return this.#isOver ? this.#over() : undefined;
  }

  #waitFor({ daemonSet, condition, timeout }: NonNullable<ScenarioStep['waitFor']>): Played {
    const { engine, limitMs } = this.#options;
    if (!engine.daemonSet(daemonSet)) return `there is no DaemonSet ${daemonSet}`;
    const isMet = (): boolean => {
      if (condition === 'RolledOut') return engine.isRolledOut(daemonSet);
      const measure = engine.measureOf(daemonSet);
      return (condition === 'Stuck' ? measure?.isStuck : measure?.hasRolledBack) ?? false;
    };
    const ms = timeout === undefined ? TIMEOUT_MS : spanMs(timeout);
    const untilMs = engine.now() + ms;
    if (engine.run(Math.min(untilMs, limitMs), isMet)) return undefined;
    this.#isOver = untilMs > limitMs;
    return this.#isOver ? this.#over() : `${daemonSet} is not ${condition} after ${ms / 1000} s`;
  }

  #assert({ daemonSet, status: expected }: NonNullable<ScenarioStep['assert']>): Played {
    const { engine } = this.#options;
    // What has just changed is counted first.
    engine.run(engine.now() + SETTLE_MS);
    const measure = engine.measureOf(daemonSet);
    if (!measure) return `there is no DaemonSet ${daemonSet}`;
    const faults = Object.entries(expected).flatMap(([field, wanted]) => {
      const found = measure.status[field] ?? 0;
      const { atLeast = wanted as number, atMost = wanted as number } =
        typeof wanted === 'number' ? {} : { atLeast: -Infinity, atMost: Infinity, ...wanted };
      return found >= atLeast && found <= atMost ? [] : [`${field} is ${found}, and should be ${textOf(wanted)}`];
    });
    return faults.length === 0 ? undefined : faults.join('; ');
  }
}

/** From a change to the counters that show it, in ms. */
const SETTLE_MS = 100;

function textOf(wanted: number | { atLeast?: number; atMost?: number }): string {
  if (typeof wanted === 'number') return String(wanted);
  const { atLeast, atMost } = wanted;
  return [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ].join(' and ');
}

function nameOf(step: ScenarioStep): string {
  const [does = ''] = Object.keys(step).filter((member) => !['name', 'at', 'after'].includes(member));
  const { apply, patch, waitFor, assert, wait, zoneOutage } = step;
  const subject =
    (typeof apply === 'string' ? apply : (apply?.metadata as { name?: string } | undefined)?.name) ??
    patch?.daemonSet ??
    (waitFor && `${waitFor.daemonSet} ${waitFor.condition}`) ??
    assert?.daemonSet ??
    zoneOutage?.zone ??
    wait;
  return subject === undefined ? does : `${does} ${subject}`;
}
