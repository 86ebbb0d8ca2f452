import {
  type AssignedPod,
  applyPodChange,
  type ContainerRun,
  containerExited,
  containerRuns,
  endPod,
  gateStates,
  isLive,
  isOver,
  noteMissing,
  type ObservedExit,
  refusalOf,
  rejectPod,
  takeOver,
} from '@everynode/kubelet';
import { type NeededObject, neededObjects } from '@everynode/objects';
import type { HostedNode } from '../../nodes/hosted-nodes.js';
import { seededRandom, seedOf } from '../../seeded-random.js';
import { kubeletNodeOf } from '../kubelet-node.js';
import type { FindMissing } from '../missing-objects.js';
import { PodAddresses } from '../pod-addresses.js';
import { PodLoop } from '../pod-loop.js';
import { PodReporter } from '../pod-reporter.js';
import type { ReportListener, RunningPod, Runtime } from '../runtime.js';
import { type Clock, Timers } from '../timers.js';
import { scriptFor } from './pod-script.js';
import { type PodState, stateOf } from './pod-state.js';
import { RunsByNode } from './runs-by-node.js';
import { SimulatedContainers } from './simulated-containers.js';
import { SimulatedRun } from './simulated-run.js';
import type { SimulationSettings } from './simulation-settings.js';
import { StartChecks } from './start-checks.js';
import { StateCounts } from './state-counts.js';

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
 * Pods that exist in time only. The rules of a kubelet run them as they run real ones (`packages/kubelet`); what their
 * containers do, their scripts say. What takes no time happens in one report: without any delay a pod goes from nothing
 * to ready in one.
 */
export class SimulatedRuntime implements Runtime {
  readonly #options: SimulatedRuntimeOptions;
  readonly #addresses = new PodAddresses();
  readonly #timers: Timers;
  readonly #containers: SimulatedContainers;
  readonly #loop: PodLoop<SimulatedRun>;
  readonly #reporter: PodReporter;
  readonly #checks: StartChecks;
  readonly #runs = new Map<string, SimulatedRun>();
  readonly #byNode = new RunsByNode();
  readonly #states = new StateCounts<PodState>();

  constructor(options: SimulatedRuntimeOptions) {
    const { clock, settings, onReport } = options;
    this.#options = options;
    const timers = new Timers(clock);
    this.#timers = timers;
    this.#containers = new SimulatedContainers({ clock, timers, addresses: this.#addresses });
    this.#loop = new PodLoop({ clock, timers, runtime: this.#containers, onSettled: (run) => this.#settled(run) });
    this.#checks = new StartChecks({
      findMissing: options.findMissing ?? (async (uids) => new Map(uids.map((uid) => [uid, []]))),
      clock,
      timers,
      onAnswer: (run, missing) => this.#answered(run, missing),
    });
    this.#reporter = new PodReporter({ clock, ids: this.#containers.ids, events: settings.events, onReport });
  }

  get size(): number {
    return this.#runs.size;
  }

  counts(): ReadonlyMap<string, number> {
    return this.#states.counts;
  }

  pods(): RunningPod[] {
    return [...this.#runs].map(([uid, { pod, node, state }]) => ({
      uid,
      key: `${pod.metadata.namespace}/${pod.metadata.name}`,
      node: node.name,
      state,
    }));
  }

  find(uid: string): SimulatedRun | undefined {
    return this.#runs.get(uid);
  }

  start(pod: AssignedPod, node: HostedNode): void {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    const known = this.#runs.get(uid);
    if (known) this.#change(known, pod);
    else if (!this.#begin(pod, node)) return;
    if (deletionTimestamp !== undefined) this.stop(uid, deletionGracePeriodSeconds);
  }

  /**
   * Runs a pod that is new here. Returns false for one that is to stop and of which nothing runs: it is reported as
   * stopped.
   */
  #begin(pod: AssignedPod, hosted: HostedNode): boolean {
    const { settings, seed, onReport } = this.#options;
    const { uid, deletionTimestamp } = pod.metadata;
    const now = this.#loop.now();
    const node = kubeletNodeOf(hosted);
    const script = scriptFor(pod, settings, seededRandom(seedOf(uid, seed)));
    const run = new SimulatedRun(pod, { hosted, node }, containerRuns(pod, now.ms), script, now);
    takeOver(run, now);
    const hasBegun = run.ending !== undefined || run.containers.some(isLive);
    if (!hasBegun && deletionTimestamp !== undefined) {
      onReport(pod, { status: pod.status ?? {}, stopped: true, events: [] });
      return false;
    }
    // A pod that a node has admitted before is not looked at again.
    const refusal = pod.status?.startTime === undefined && !hasBegun && this.#refusalOf(run);
    if (refusal) rejectPod(run, refusal, now);
    this.#runs.set(uid, run);
    this.#byNode.add(run);
    this.#states.entered(run.state);
    this.#takeOverRuns(run, now.ms);
    const isWaiting = run.containers.some((container) => !isLive(container) && container.exit === undefined);
    if (!run.ending && isWaiting && neededObjects(pod.spec).length > 0) this.#checks.add(run);
    else noteMissing(run, []);
    this.#loop.settle(run);
    return true;
  }

  #refusalOf({ pod, node }: SimulatedRun) {
    return refusalOf(pod, node, this.#byNode.activeOn(node.name));
  }

  /** What ran before this process began goes on. */
  #takeOverRuns(run: SimulatedRun, nowMs: number): void {
    if (run.ip !== undefined) this.#addresses.reserve(run.hosted.number, run.ip);
    for (const container of run.containers) {
      if (!isLive(container)) continue;
      const ranMs = nowMs - container.startedMs;
      const { endsByItselfMs, end } = this.#containers.begin(
        run,
        container,
        (exit) => this.#ended(run, container, exit),
        ranMs,
      );
      if (endsByItselfMs <= 0) end();
    }
  }

  #ended(run: SimulatedRun, container: ContainerRun, exit: ObservedExit): void {
    if (run.loop.isDropped) return;
    containerExited(run, container, exit, this.#loop.now());
    this.#loop.settle(run);
  }

  #change(run: SimulatedRun, pod: AssignedPod): void {
    const isNewSpec = pod.metadata.generation !== run.pod.metadata.generation;
    if (isNewSpec || gateStates(pod) !== gateStates(run.pod)) run.isChanged = true;
    run.pod = pod;
    if (isOver(run)) return;
    // Annotations may be part of a sub-path.
    if (run.faults && run.faults.containers.size > 0) noteMissing(run, run.missing);
    if (isNewSpec && !run.ending) applyPodChange(run, this.#loop.now());
    this.#loop.settle(run);
  }

  /** The control plane has said what the pod needs and is not there. */
  #answered(run: SimulatedRun, missing: readonly NeededObject[]): void {
    if (run.ending) return;
    run.missing = missing;
    noteMissing(run, missing);
    this.#loop.settle(run);
  }

  #settled(run: SimulatedRun): void {
    const state = stateOf(run);
    if (state !== run.state) {
      this.#states.left(run.state);
      this.#states.entered(state);
      run.state = state;
    }
    const isGone = run.sandbox === 'removed';
    // While nothing is known of what it needs, there is nothing to say that the control plane does not know.
    if (run.faults || run.ending) this.#reporter.report(run, isGone);
    if (isGone) this.#drop(run);
  }

  stop(uid: string, graceSeconds: number): void {
    const run = this.#runs.get(uid);
    if (!run) return;
    endPod(run, 'deleted', graceSeconds * 1000, this.#loop.now());
    this.#loop.settle(run);
  }

  forget(uid: string): void {
    const run = this.#runs.get(uid);
    if (run) this.#drop(run);
  }

  #drop(run: SimulatedRun): void {
    run.loop.isDropped = true;
    run.live.clear();
    this.#runs.delete(run.pod.metadata.uid);
    this.#byNode.delete(run);
    this.#checks.delete(run);
    this.#states.left(run.state);
    if (run.ip !== undefined) this.#addresses.release(run.hosted.number, run.ip);
  }

  close(): void {
    this.#timers.close();
    this.#runs.clear();
    this.#byNode.clear();
    this.#states.clear();
  }
}
