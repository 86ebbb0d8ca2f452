import { type PodStatus, timestamp } from '@everynode/objects';
import { TokenBucket } from '@everynode/service-shell';
import { nodeAddress, nodeCapacity } from '../../nodes/node-status.js';
import type { HostedNode } from '../../nodes/nodes-file.js';
import { seededRandom, seedOf } from '../../seeded-random.js';
import { begin, type ContainerRun, containerRuns, end } from '../container-run.js';
import {
  crashLoopEvents,
  crashLoopMessage,
  infeasibleEvents,
  killingEvents,
  type PodOccurrence,
  pullBackOff,
  pullError,
  pullFailedEvents,
  pullWaitingEvents,
  startedEvents,
  unhealthyEvents,
} from '../kubelet-events.js';
import { PodAddresses } from '../pod-addresses.js';
import { infeasibleAmount, type Resize, resizesOf } from '../pod-change.js';
import { type SimulatedState, simulatedStatus } from '../pod-status.js';
import type { AssignedPod, ReportListener, Runtime } from '../runtime.js';
import { takeOver } from '../taken-over.js';
import { type Clock, Timers } from '../timers.js';
import { type PodScript, type SimulationSettings, scriptFor } from './simulation-settings.js';
import { crashBackoffMs, nextStage, type StageFacts, type Step } from './stages.js';

/** A run that lasted this long ends a row of crashes (kubelet resets its back-off after twice its maximum). */
const FRESH_START_MS = 600_000;
/** Exit codes of a container that a signal ended: 128 and the signal's number. */
const SIGTERM_EXIT = 143;
const SIGKILL_EXIT = 137;
/**
 * Events of a process that tell of nothing wrong: so many at once, and one each so many ms after that. A kubelet has a
 * budget too (`eventBurst`, `eventRecordQPS`); here one process stands for thousands of them.
 */
const NORMAL_EVENTS_BURST = 500;
const NORMAL_EVENT_EVERY_MS = 10;

interface Run {
  pod: AssignedPod;
  node: HostedNode;
  script: PodScript;
  state: SimulatedState;
  step: Step | 'stopping';
  /** Counts changes of the step: a timer of an earlier one does nothing. */
  turn: number;
  /** When its main containers were last begun, in ms: what the status says is in whole seconds. */
  begunAtMs: number;
  pulls: number;
  crashes: number;
  status: PodStatus | undefined;
  /** Since the last report. */
  occurrences: PodOccurrence[];
  stopsAtMs: number;
}

export interface SimulatedRuntimeOptions {
  settings: SimulationSettings;
  /** Delays and failures are drawn by this and the pod's uid. */
  seed: number;
  clock: Clock;
  onReport: ReportListener;
}

/**
 * Pods that exist in time alone: they start, become ready, fail and stop as `stages.ts` says, and report as a kubelet
 * would. Stages without a delay take place together, in one report: without any delay a pod goes from nothing to ready
 * in one.
 */
export class SimulatedRuntime implements Runtime {
  readonly #options: SimulatedRuntimeOptions;
  readonly #timers: Timers;
  readonly #runs = new Map<string, Run>();
  readonly #addresses = new PodAddresses();
  readonly #counts = new Map<string, number>();
  readonly #normalEvents: TokenBucket;

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
    this.#normalEvents = new TokenBucket(NORMAL_EVENTS_BURST, NORMAL_EVENT_EVERY_MS, options.clock.now());
  }

  get size(): number {
    return this.#runs.size;
  }

  counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  start(pod: AssignedPod, node: HostedNode): void {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    const known = this.#runs.get(uid);
    if (known) {
      this.#change(known, pod);
    } else {
      const containers = containerRuns(pod);
      const step = takeOver(pod, containers);
      if (step === undefined && deletionTimestamp !== undefined) {
        this.#options.onReport(pod, { status: pod.status ?? {}, stopped: true, events: [] });
        return;
      }
      const run = this.#newRun(pod, node, containers, step);
      this.#runs.set(uid, run);
      this.#count(run.step, 1);
      this.#settle(run);
    }
    if (deletionTimestamp !== undefined) this.stop(uid, deletionGracePeriodSeconds);
  }

  /** Takes note of a pod's present form: what of it may change while it runs does. */
  #change(run: Run, pod: AssignedPod): void {
    const isNew = pod.metadata.generation !== run.pod.metadata.generation;
    run.pod = pod;
    if (!isNew || run.step === 'stopping' || run.step === 'finished') return;
    const { state, occurrences } = run;
    const infeasible = infeasibleAmount(pod, nodeCapacity(run.node));
    if (infeasible !== undefined && infeasible !== state.infeasible) occurrences.push(...infeasibleEvents(infeasible));
    state.infeasible = infeasible;
    for (const resize of infeasible === undefined ? resizesOf(pod, state.containers) : []) this.#resize(run, resize);
    const known = new Set(state.containers.map(({ name }) => name));
    state.containers.push(...containerRuns(pod).filter(({ kind, name }) => kind === 'ephemeral' && !known.has(name)));
    this.#beginEphemeral(run);
    this.#report(run, false);
  }

  #resize(run: Run, { run: container, resources, restarts }: Resize): void {
    container.resources = resources;
    if (!restarts || container.startedAt === undefined) return;
    const now = this.#at();
    run.occurrences.push(...killingEvents(container));
    container.lastExit = { code: SIGTERM_EXIT, reason: 'Error', startedAt: container.startedAt, finishedAt: now };
    container.restarts += 1;
    const { ready } = container;
    begin(container, now);
    container.ready = ready;
    run.occurrences.push(...startedEvents(container));
  }

  /** Where there is a sandbox, containers that come to look begin at once. */
  #beginEphemeral({ state, occurrences }: Run): void {
    if (state.ip === undefined) return;
    for (const container of state.containers) {
      if (container.kind !== 'ephemeral' || container.startedAt !== undefined || container.ended) continue;
      begin(container, this.#at());
      occurrences.push(...startedEvents(container));
    }
  }

  #newRun(pod: AssignedPod, node: HostedNode, containers: ContainerRun[], step: Step | undefined): Run {
    const ip = step === undefined ? undefined : pod.status?.podIP;
    if (ip !== undefined) this.#addresses.keep(node.number, ip);
    return {
      pod,
      node,
      script: scriptFor(pod, this.#options.settings, seededRandom(seedOf(pod.metadata.uid, this.#options.seed))),
      state: {
        containers,
        infeasible: undefined,
        ip,
        hostIp: nodeAddress(node.number),
        acceptedAt: String(pod.status?.startTime ?? this.#at()),
      },
      step: step ?? 'creating',
      turn: 0,
      begunAtMs: Date.parse(containers.find((container) => container.kind === 'main')?.startedAt ?? '') || 0,
      pulls: 0,
      crashes: 0,
      status: undefined,
      occurrences: [],
      stopsAtMs: Number.POSITIVE_INFINITY,
    };
  }

  /** Times as the API writes them: whole seconds. */
  #at(): string {
    return timestamp(this.#options.clock.now());
  }

  #count(step: Run['step'], change: 1 | -1): void {
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + change);
  }

  #turnTo(run: Run, step: Run['step']): void {
    this.#count(run.step, -1);
    this.#count(step, 1);
    run.step = step;
    run.turn += 1;
  }

  /** Goes through the stages until one takes time, and reports where it came to rest. */
  #settle(run: Run): void {
    for (;;) {
      if (run.step === 'stopping') return;
      const next = nextStage(run.step, this.#factsOf(run));
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
    this.#report(run, false);
  }

  #factsOf({ pod, script, state, begunAtMs, pulls, crashes }: Run): StageFacts {
    let initCount = 0;
    let initsLeft = 0;
    for (const { kind, ended, startedAt } of state.containers) {
      if (kind !== 'init') continue;
      initCount += 1;
      if (!ended && startedAt === undefined) initsLeft += 1;
    }
    return {
      script,
      initCount,
      initsLeft,
      pulls,
      crashes,
      ranMs: this.#options.clock.now() - begunAtMs,
      restartPolicy: (pod.spec as { restartPolicy?: string }).restartPolicy ?? 'Always',
    };
  }

  #enter(run: Run, step: Step): void {
    this.#turnTo(run, step);
    const { containers } = run.state;
    switch (step) {
      case 'creating':
        break;
      case 'pull-failed':
        this.#failToPull(run);
        break;
      case 'pull-waiting':
        this.#waitToPull(run);
        break;
      case 'initialising':
        this.#giveAddress(run);
        this.#endInit(run);
        this.#beginUpTo(run, 'init');
        break;
      case 'running':
        this.#giveAddress(run);
        this.#endInit(run);
        this.#beginUpTo(run, 'main');
        run.begunAtMs = this.#options.clock.now();
        break;
      case 'ready':
        for (const container of containers) if (container.kind === 'main') container.ready = true;
        break;
      case 'unready':
        for (const container of mainsOf(run)) run.occurrences.push(...unhealthyEvents(container));
        break;
      case 'crashed':
        this.#crash(run);
        break;
      case 'finished':
        for (const container of containers) if (!container.ended) end(container, run.script.end?.code ?? 0, this.#at());
        break;
    }
  }

  #giveAddress({ pod, node, state }: Run): void {
    const usesHost = (pod.spec as { hostNetwork?: boolean }).hostNetwork === true;
    state.ip ??= usesHost ? state.hostIp : this.#addresses.take(node.number);
  }

  /** The init container that runs has done its work. */
  #endInit({ state }: Run): void {
    const running = state.containers.find(
      (container) => container.kind === 'init' && container.startedAt !== undefined,
    );
    if (running) end(running, 0, this.#at());
  }

  /** Begins containers in their order: the next init container with the sidecars before it, or all that are left. */
  #beginUpTo(run: Run, kind: 'init' | 'main'): void {
    for (const container of run.state.containers) {
      if (container.startedAt !== undefined || container.ended) continue;
      if (container.lastExit && container.kind === 'main' && run.crashes > 0) container.restarts += 1;
      begin(container, this.#at());
      run.occurrences.push(...startedEvents(container));
      if (kind === 'init' && container.kind === 'init') return;
    }
  }

  #failToPull(run: Run): void {
    const [container] = mainsOf(run);
    if (!container) return;
    run.pulls += 1;
    container.waiting = { reason: 'ErrImagePull', message: pullError(container) };
    run.occurrences.push(...pullFailedEvents(container));
  }

  #waitToPull(run: Run): void {
    const [container] = mainsOf(run);
    if (!container) return;
    container.waiting = { reason: 'ImagePullBackOff', message: pullBackOff(container) };
    run.occurrences.push(...pullWaitingEvents(container));
  }

  /** The first container ends, and waits until it is started again; the others run on. */
  #crash(run: Run): void {
    const [container] = mainsOf(run);
    if (!container) return;
    const now = this.#at();
    const startedAt = container.startedAt ?? now;
    const code = run.script.end?.code ?? 1;
    const ranMs = this.#options.clock.now() - run.begunAtMs;
    run.crashes = ranMs >= FRESH_START_MS ? 1 : run.crashes + 1;
    container.lastExit = { code, reason: code === 0 ? 'Completed' : 'Error', startedAt, finishedAt: now };
    container.startedAt = undefined;
    container.ready = false;
    const backoffMs = crashBackoffMs(run.crashes);
    if (backoffMs === 0) return;
    container.waiting = { reason: 'CrashLoopBackOff', message: crashLoopMessage(container, run.pod, backoffMs) };
    run.occurrences.push(...crashLoopEvents(container, run.pod));
  }

  stop(uid: string, graceSeconds: number): void {
    const run = this.#runs.get(uid);
    if (!run) return;
    const running = run.state.containers.filter((container) => container.startedAt !== undefined);
    const graceMs = graceSeconds * 1000;
    const stopMs = running.length === 0 ? 0 : Math.min(run.script.stopMs, graceMs);
    const stopsAtMs = this.#options.clock.now() + stopMs;
    // A second stop may only make it shorter.
    if (stopsAtMs >= run.stopsAtMs) return;
    run.stopsAtMs = stopsAtMs;
    const code = run.script.stopMs > graceMs ? SIGKILL_EXIT : run.script.stopMs > 0 ? 0 : SIGTERM_EXIT;
    if (run.step !== 'stopping') {
      run.occurrences.push(...running.flatMap(killingEvents));
      for (const container of mainsOf(run)) container.ready = false;
      if (stopMs > 0) this.#report(run, false);
    }
    this.#turnTo(run, 'stopping');
    if (stopMs > 0) this.#later(run, stopMs, () => this.#finish(run, code));
    else this.#finish(run, code);
  }

  /** Sidecars end after the others; here that is the same moment. A container without a handler dies of the signal. */
  #finish(run: Run, code: number): void {
    for (const container of run.state.containers) {
      if (container.startedAt !== undefined) end(container, code, this.#at());
    }
    this.#report(run, true);
    this.#drop(run);
  }

  forget(uid: string): void {
    const run = this.#runs.get(uid);
    if (run) this.#drop(run);
  }

  #drop(run: Run): void {
    this.#runs.delete(run.pod.metadata.uid);
    this.#count(run.step, -1);
    run.turn += 1;
    if (run.state.ip !== undefined) this.#addresses.release(run.node.number, run.state.ip);
  }

  close(): void {
    this.#timers.close();
    this.#runs.clear();
    this.#counts.clear();
  }

  /** Something for later, unless the pod has gone on to another step by then. */
  #later(run: Run, ms: number, then: () => void): void {
    const { turn } = run;
    this.#timers.after(ms, () => {
      if (run.turn === turn) then();
    });
  }

  #report(run: Run, stopped: boolean): void {
    const at = this.#at();
    run.status = simulatedStatus(run.pod, run.state, run.status, at);
    const events = this.#tellable(run.occurrences).map((occurred) => ({ ...occurred, at }));
    run.occurrences = [];
    this.#options.onReport(run.pod, { status: run.status, stopped, events });
  }

  #tellable(occurrences: PodOccurrence[]): PodOccurrence[] {
    const { settings, clock } = this.#options;
    if (!settings.events) return [];
    return occurrences.filter(({ type }) => type === 'Warning' || this.#normalEvents.take(1, clock.now()) === 1);
  }
}

const mainsOf = ({ state }: Run): ContainerRun[] => state.containers.filter((container) => container.kind === 'main');
