import type { ContainerStreams } from '@everynode/container-streams';
import {
  type AssignedPod,
  applyPodChange,
  type ContainerRun,
  type ContainerRuntime,
  containerExited,
  endPod,
  evictPod,
  gateStates,
  isLive,
  isOver,
  type Moment,
  type NodeRefusal,
  noteMissing,
  type ObservedExit,
  type PodFailure,
  refusalOf,
  rejectPod,
  sandboxLost,
  shutDownPod,
  takeOver,
} from '@everynode/kubelet';
import { type NeededObject, neededObjects } from '@everynode/objects';
import type { HostedRun, Placement } from './hosted-run.js';
import type { HostedNode } from './node/hosted-node.js';
import { kubeletNodeOf } from './node/kubelet-node.js';
import { PodLoop } from './pod-loop.js';
import { PodReporter } from './pod-reporter.js';
import { type PodState, stateOf } from './pod-state.js';
import { RunsByNode } from './runs-by-node.js';
import type { ReportListener, RunningPod, Runtime } from './runtime.js';
import { StateCounts } from './state-counts.js';
import type { Clock, Timers } from './timers.js';

/** Says that the run of a container has ended. */
export type Exited<Run> = (run: Run, container: ContainerRun, exit: ObservedExit) => void;

/** What is to be found out before a pod can start: the objects that it names. The answers go to the runtime. */
export interface StartNeeds<Run> {
  add(run: Run): void;
  delete(run: Run): void;
}

/** What makes a kind of runtime, beside its containers. */
export interface RuntimeKind<Run extends HostedRun> {
  /** Makes a run of which nothing has begun. */
  newRun(pod: AssignedPod, placement: Placement, now: Moment): Run;
  /** Why the pod cannot run in this kind of runtime. */
  refusalOf(pod: AssignedPod): NodeRefusal | undefined;
  /** Corrects what the status of a pod says by what is there: containers that have started or ended unseen. */
  correct(run: Run, now: Moment): void;
  /** Goes on with what ran before this process began. */
  takeUp(run: Run, exited: Exited<Run>, now: Moment): void;
  /** Asks for what the pod needs; {@link PodRuntime.answered} takes the answer. */
  readonly needs: StartNeeds<Run>;
  /** The newest form of the object is another one. */
  changed(run: Run): void;
  /** A pod of which nothing runs is to stop: what an earlier process has left of it goes. */
  leftOver(run: Run): void;
  /** Nothing is done for a pod any more that this process ran: what is left of it goes. */
  dropped(run: Run): void;
}

interface PodRuntimeOptions<Run extends HostedRun> {
  clock: Clock;
  timers: Timers;
  containers: ContainerRuntime<Run>;
  kind: (runtime: PodRuntime<Run>) => RuntimeKind<Run>;
  /** Whether the events of a kubelet are reported. */
  events: boolean;
  /** Why the node admits no such pod now, whatever it has room for. */
  nodeRefusalOf?: ((pod: AssignedPod) => NodeRefusal | undefined) | undefined;
  onReport: ReportListener;
}

/**
 * Runs pods by the rules of a kubelet (`packages/kubelet`), whatever their containers are. What takes no time happens
 * in one report.
 */
export abstract class PodRuntime<Run extends HostedRun> implements Runtime {
  readonly #options: PodRuntimeOptions<Run>;
  readonly #kind: RuntimeKind<Run>;
  readonly #loop: PodLoop<Run>;
  readonly #reporter: PodReporter;
  readonly #runs = new Map<string, Run>();
  readonly #byNode = new RunsByNode<Run>();
  readonly #states = new StateCounts<PodState>();

  constructor(options: PodRuntimeOptions<Run>) {
    const { clock, timers, containers, events, onReport } = options;
    this.#options = options;
    this.#loop = new PodLoop({ clock, timers, runtime: containers, onSettled: (run) => this.#settled(run) });
    this.#reporter = new PodReporter({ clock, ids: containers.ids, events, onReport });
    this.#kind = options.kind(this);
  }

  abstract get streams(): ContainerStreams;

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

  /** The run of the pod with this uid, where it is here. */
  find(uid: string): Run | undefined {
    return this.#runs.get(uid);
  }

  /** Every run. */
  protected runs(): Iterable<Run> {
    return this.#runs.values();
  }

  protected runsOn(node: string): Iterable<Run> {
    return this.#byNode.on(node);
  }

  found(): AssignedPod[] {
    return [];
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
    const { uid, deletionTimestamp } = pod.metadata;
    const now = this.#loop.now();
    const run = this.#kind.newRun(pod, { hosted, node: kubeletNodeOf(hosted) }, now);
    takeOver(run, now);
    this.#kind.correct(run, now);
    const hasBegun = run.ending !== undefined || run.containers.some(isLive);
    if (!hasBegun && deletionTimestamp !== undefined) {
      this.#kind.leftOver(run);
      this.#options.onReport(pod, { status: pod.status ?? {}, stopped: true, events: [] });
      return false;
    }
    // A pod that a node has admitted before is not looked at again.
    const refusal = pod.status?.startTime === undefined && !hasBegun && this.#refusalOf(run);
    if (refusal) rejectPod(run, refusal, now);
    this.#runs.set(uid, run);
    this.#byNode.add(run);
    this.#states.entered(run.state);
    this.#kind.takeUp(run, (...exit) => this.#ended(...exit), now);
    const isWaiting = run.containers.some((container) => !isLive(container) && container.exit === undefined);
    if (!run.ending && isWaiting && neededObjects(pod.spec).length > 0) this.#kind.needs.add(run);
    else noteMissing(run, []);
    this.#loop.settle(run);
    return true;
  }

  #refusalOf({ pod, node }: Run): NodeRefusal | undefined {
    return (
      this.#options.nodeRefusalOf?.(pod) ??
      this.#kind.refusalOf(pod) ??
      refusalOf(pod, node, this.#byNode.activeOn(node.name))
    );
  }

  #ended(run: Run, container: ContainerRun, exit: ObservedExit): void {
    if (run.loop.isDropped) return;
    containerExited(run, container, exit, this.#loop.now());
    this.#loop.settle(run);
  }

  #change(run: Run, pod: AssignedPod): void {
    const isNewSpec = pod.metadata.generation !== run.pod.metadata.generation;
    if (isNewSpec || gateStates(pod) !== gateStates(run.pod)) run.isChanged = true;
    run.pod = pod;
    if (isOver(run)) return;
    // Annotations may be part of a sub-path.
    if (run.faults && run.faults.containers.size > 0) noteMissing(run, run.missing);
    this.#kind.changed(run);
    if (isNewSpec && !run.ending) applyPodChange(run, this.#loop.now());
    this.#loop.settle(run);
  }

  /** It is known what the pod needs and is not there. */
  answered(run: Run, missing: readonly NeededObject[]): void {
    if (run.ending || run.loop.isDropped) return;
    run.missing = missing;
    noteMissing(run, missing);
    this.#loop.settle(run);
  }

  /** What the containers of the pod share has ended, and nothing of it runs. */
  sandboxEnded(run: Run): void {
    if (run.loop.isDropped) return;
    sandboxLost(run);
    this.#loop.settle(run);
  }

  #settled(run: Run): void {
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

  active(): AssignedPod[] {
    return [...this.#runs.values()].filter((run) => !isOver(run)).map(({ pod }) => pod);
  }

  evict(uid: string, failure: PodFailure): void {
    this.#end(uid, (run, now) => evictPod(run, failure, now));
  }

  shutDown(uid: string, graceMs: number): void {
    this.#end(uid, (run, now) => shutDownPod(run, graceMs, now));
  }

  #end(uid: string, end: (run: Run, now: Moment) => void): void {
    const run = this.#runs.get(uid);
    if (!run || isOver(run)) return;
    end(run, this.#loop.now());
    this.#loop.settle(run);
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

  #drop(run: Run): void {
    run.loop.isDropped = true;
    this.#runs.delete(run.pod.metadata.uid);
    this.#byNode.delete(run);
    this.#kind.needs.delete(run);
    this.#states.left(run.state);
    this.#kind.dropped(run);
  }

  close(): void {
    this.#options.timers.close();
    this.#runs.clear();
    this.#byNode.clear();
    this.#states.clear();
  }
}
