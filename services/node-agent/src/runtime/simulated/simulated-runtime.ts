import { type NeededObject, neededObjects, timestamp } from '@everynode/objects';
import type { HostedNode } from '../../nodes/hosted-nodes.js';
import { hexOf, seededRandom, seedOf } from '../../seeded-random.js';
import { containerRuns, end } from '../container-run.js';
import type { ContainerIds } from '../container-status.js';
import type { FindMissing } from '../missing-objects.js';
import { refusalOf } from '../node-admission.js';
import { PodAddresses } from '../pod-addresses.js';
import { applyPodChange } from '../pod-change.js';
import { gateStates, hasBegun } from '../pod-conditions.js';
import { podRejected, podStopping } from '../pod-moments.js';
import { PodReporter } from '../pod-reporter.js';
import type { AssignedPod, ReportListener, RunningPod, Runtime } from '../runtime.js';
import { takeOver } from '../take-over.js';
import { type Clock, Timers } from '../timers.js';
import { immediateChanges } from './change-hooks.js';
import { ENTER_STEP } from './enter-step.js';
import { mayStart, noteMissing } from './hold-start.js';
import { planStop } from './plan-stop.js';
import { scriptFor } from './pod-script.js';
import { isOver, RunsByNode } from './runs-by-node.js';
import { SimulatedRun, stageFacts } from './simulated-run.js';
import type { SimulationSettings } from './simulation-settings.js';
import { nextStage, STARTED, type Step } from './stages.js';
import { StartChecks } from './start-checks.js';
import { StepCounts } from './step-counts.js';

const IDS: ContainerIds = {
  containerId: (uid, { name }, restarts) => `everynode-simulated://${hexOf(`${uid} ${name} ${restarts}`)}`,
  imageId: ({ image }) => `${image}@sha256:${hexOf(image)}`,
};

interface SimulatedRuntimeOptions {
  settings: SimulationSettings;
  /** Delays and failures are drawn from this and the pod's uid. */
  seed: number;
  clock: Clock;
  onReport: ReportListener;
  /** Everything is there by default. */
  findMissing?: FindMissing;
}

/**
 * Pods that exist in time only: they start, become ready, fail and stop as `stages.ts` describes, and report as a
 * kubelet would. Stages without a delay take place together, in one report: without any delay a pod goes from nothing
 * to ready in one.
 */
export class SimulatedRuntime implements Runtime {
  readonly #options: SimulatedRuntimeOptions;
  readonly #surroundings: { clock: Clock; addresses: PodAddresses };
  readonly #changes = immediateChanges(() => this.#now());
  readonly #timers: Timers;
  readonly #reporter: PodReporter;
  readonly #checks: StartChecks;
  readonly #runs = new Map<string, SimulatedRun>();
  readonly #byNode = new RunsByNode();
  readonly #steps = new StepCounts<SimulatedRun['step']>();

  constructor(options: SimulatedRuntimeOptions) {
    const { clock, settings, onReport } = options;
    this.#options = options;
    this.#surroundings = { clock, addresses: new PodAddresses() };
    this.#timers = new Timers(clock);
    this.#checks = new StartChecks({
      findMissing: options.findMissing ?? (async (uids) => new Map(uids.map((uid) => [uid, []]))),
      timers: this.#timers,
      onAnswer: (run, missing) => this.#answered(run, missing),
    });
    this.#reporter = new PodReporter({ clock, ids: IDS, events: settings.events, onReport });
  }

  get size(): number {
    return this.#runs.size;
  }

  counts(): ReadonlyMap<string, number> {
    return this.#steps.counts;
  }

  pods(): RunningPod[] {
    return [...this.#runs].map(([uid, { pod, node, step }]) => ({
      uid,
      key: `${pod.metadata.namespace}/${pod.metadata.name}`,
      node: node.name,
      state: step,
    }));
  }

  start(pod: AssignedPod, node: HostedNode): void {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    const known = this.#runs.get(uid);
    if (known) this.#change(known, pod);
    else if (!this.#begin(pod, node)) return;
    if (deletionTimestamp !== undefined) this.stop(uid, deletionGracePeriodSeconds);
  }

  /**
   * Runs a pod that is new here. Returns false for one that is to stop and has not begun: it is reported as stopped.
   */
  #begin(pod: AssignedPod, node: HostedNode): boolean {
    const { settings, seed, onReport } = this.#options;
    const { uid, deletionTimestamp } = pod.metadata;
    const containers = containerRuns(pod);
    const step = takeOver(pod, containers);
    if (step === undefined && deletionTimestamp !== undefined) {
      onReport(pod, { status: pod.status ?? {}, stopped: true, events: [] });
      return false;
    }
    const script = scriptFor(pod, settings, seededRandom(seedOf(uid, seed)));
    // A pod that a node has admitted before is not looked at again.
    const isNew = step === undefined && pod.status?.startTime === undefined;
    const refusal = isNew ? refusalOf(pod, node, this.#byNode.activeOn(node.name)) : undefined;
    const first = refusal ? 'rejected' : step;
    const run = new SimulatedRun({ pod, node, containers, step: first, script }, this.#options.clock);
    if (refusal) podRejected(run, refusal);
    else if (step !== undefined) this.#surroundings.addresses.attachAgain(run);
    this.#runs.set(uid, run);
    this.#byNode.add(run);
    this.#steps.entered(run.step);
    if (run.step === 'creating' && neededObjects(pod.spec).length > 0) this.#checks.add(run);
    else if (run.step === 'creating') noteMissing(run, []);
    this.#settle(run);
    return true;
  }

  #change(run: SimulatedRun, pod: AssignedPod): void {
    const isNewSpec = pod.metadata.generation !== run.pod.metadata.generation;
    const isGateChanged = gateStates(pod) !== gateStates(run.pod);
    run.pod = pod;
    if (isOver(run)) return;
    // Annotations may be part of a sub-path.
    if (run.faults && run.faults.containers.size > 0) this.#answered(run, run.missing);
    if (!isNewSpec && !isGateChanged) return;
    if (isNewSpec && run.step !== 'stopping') applyPodChange(run, this.#changes);
    this.#reporter.report(run, false);
  }

  /** The control plane has said what the pod needs and is not there. */
  #answered(run: SimulatedRun, missing: readonly NeededObject[]): void {
    if (run.step === 'stopping' || isOver(run)) return;
    const isNews = noteMissing(run, missing);
    if (run.step === 'creating') {
      if (mayStart(run, this.#surroundings.addresses)) this.#settle(run);
      else if (isNews) this.#reporter.report(run, false);
      return;
    }
    const isFreed = run.containers.some(
      (each) => each.kind === 'main' && !hasBegun(each) && !run.faults?.containers.has(each.name),
    );
    if (isFreed && STARTED.includes(run.step)) {
      this.#enter(run, 'running');
      this.#settle(run);
    } else if (isNews) this.#reporter.report(run, false);
  }

  /** Times as the API writes them: whole seconds. */
  #now(): string {
    return timestamp(this.#options.clock.wallTime());
  }

  #turnTo(run: SimulatedRun, step: SimulatedRun['step']): void {
    this.#steps.left(run.step);
    this.#steps.entered(step);
    run.step = step;
    run.turn += 1;
  }

  #enter(run: SimulatedRun, step: Step): void {
    this.#turnTo(run, step);
    ENTER_STEP[step](run, this.#surroundings);
  }

  /** Passes through the stages until one takes time, and reports the pod as it is then. */
  #settle(run: SimulatedRun): void {
    for (;;) {
      if (run.step === 'stopping') return;
      if (run.step === 'creating' && !mayStart(run, this.#surroundings.addresses)) {
        // While nothing is known of what it needs, there is nothing to say that the control plane does not know.
        if (run.faults) this.#reporter.report(run, false);
        return;
      }
      const next = nextStage(run.step, stageFacts(run, this.#options.clock.now()));
      if (!next) break;
      if (next.delayMs > 0) {
        this.#later(run, next.delayMs, () => {
          this.#enter(run, next.to);
          this.#settle(run);
        });
        break;
      }
      this.#enter(run, next.to);
    }
    this.#reporter.report(run, false);
  }

  stop(uid: string, graceSeconds: number): void {
    const run = this.#runs.get(uid);
    if (!run) return;
    const { stopMs, code } = planStop(run, graceSeconds * 1000);
    const stopsAtMs = this.#options.clock.now() + stopMs;
    // A second stop may only make it shorter.
    if (stopsAtMs >= run.stopsAtMs) return;
    run.stopsAtMs = stopsAtMs;
    if (run.step !== 'stopping') {
      podStopping(run);
      if (stopMs > 0) this.#reporter.report(run, false);
    }
    this.#turnTo(run, 'stopping');
    if (stopMs > 0) this.#later(run, stopMs, () => this.#finish(run, code));
    else this.#finish(run, code);
  }

  /** Ends all containers. Sidecars end after the others; here that is the same moment. */
  #finish(run: SimulatedRun, code: number): void {
    for (const container of run.containers) {
      if (container.startedAt !== undefined) end(container, code, this.#now());
    }
    this.#reporter.report(run, true);
    this.#drop(run);
  }

  forget(uid: string): void {
    const run = this.#runs.get(uid);
    if (run) this.#drop(run);
  }

  #drop(run: SimulatedRun): void {
    this.#runs.delete(run.pod.metadata.uid);
    this.#byNode.delete(run);
    this.#checks.delete(run);
    this.#steps.left(run.step);
    run.turn += 1;
    this.#surroundings.addresses.detach(run);
  }

  close(): void {
    this.#timers.close();
    this.#runs.clear();
    this.#byNode.clear();
    this.#steps.clear();
  }

  /** Does something later, unless the pod has entered another step by then. */
  #later(run: SimulatedRun, ms: number, then: () => void): void {
    const { turn } = run;
    this.#timers.after(ms, () => {
      if (run.turn === turn) then();
    });
  }
}
