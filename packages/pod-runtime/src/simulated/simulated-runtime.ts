import { type AssignedPod, containerRuns, isLive, type Moment } from '@everynode/kubelet';
import type { NeededObject } from '@everynode/objects';
import type { Placement } from '../hosted-run.js';
import type { HostedNode } from '../node/hosted-node.js';
import { type Exited, PodRuntime, type RuntimeKind, type StartNeeds } from '../pod-runtime.js';
import type { ReportListener } from '../runtime.js';
import { seededRandom, seedOf } from '../seeded-random.js';
import { type Clock, Timers } from '../timers.js';
import type { FindMissing } from './missing-objects.js';
import { PodAddresses } from './pod-addresses.js';
import { scriptFor } from './pod-script.js';
import { SimulatedContainers } from './simulated-containers.js';
import { SimulatedRun } from './simulated-run.js';
import { SimulatedStreams } from './simulated-streams.js';
import type { SimulationSettings } from './simulation-settings.js';
import { StartChecks } from './start-checks.js';

interface SimulatedRuntimeOptions {
  settings: SimulationSettings;
  /** How one pod behaves, where pods differ; `settings` hold for all where this is left out. */
  settingsOf?: (pod: AssignedPod, node: HostedNode) => SimulationSettings;
  /** Delays and failures are drawn from this and the pod's uid. */
  seed: number;
  clock: Clock;
  onReport: ReportListener;
  /** Where it is left out, everything is there. */
  findMissing?: FindMissing;
}

/**
 * Pods that exist in time only: what their containers do, their scripts say. Without any delay a pod goes from nothing
 * to ready in one report.
 */
export class SimulatedRuntime extends PodRuntime<SimulatedRun> {
  readonly #clock: Clock;

  constructor(options: SimulatedRuntimeOptions) {
    const { clock, settings, onReport } = options;
    const timers = new Timers(clock);
    const addresses = new PodAddresses();
    const containers = new SimulatedContainers({ clock, timers, addresses });
    super({
      clock,
      timers,
      containers,
      kind: (runtime) => new Simulation(runtime, options, { timers, addresses, containers }),
      events: settings.events,
      onReport,
    });
    this.#clock = clock;
  }

  override get streams(): SimulatedStreams {
    return new SimulatedStreams(
      (uid) => this.find(uid),
      this.#clock,
      (node) => this.runsOn(node),
    );
  }
}

interface SimulationParts {
  timers: Timers;
  addresses: PodAddresses;
  containers: SimulatedContainers;
}

/** What a simulation adds to the rules. */
class Simulation implements RuntimeKind<SimulatedRun> {
  readonly #options: SimulatedRuntimeOptions;
  readonly #parts: SimulationParts;
  readonly needs: StartNeeds<SimulatedRun>;

  constructor(runtime: PodRuntime<SimulatedRun>, options: SimulatedRuntimeOptions, parts: SimulationParts) {
    this.#options = options;
    this.#parts = parts;
    const { findMissing, clock } = options;
    const answered = (run: SimulatedRun, missing: readonly NeededObject[]): void => runtime.answered(run, missing);
    this.needs = findMissing
      ? new StartChecks({ findMissing, clock, timers: parts.timers, onAnswer: answered })
      : { add: (run) => answered(run, []), delete: () => undefined };
  }

  newRun(pod: AssignedPod, placement: Placement, now: Moment): SimulatedRun {
    const { settings: fleet, settingsOf, seed } = this.#options;
    const settings = settingsOf?.(pod, placement.hosted) ?? fleet;
    const script = scriptFor(pod, settings, seededRandom(seedOf(pod.metadata.uid, seed)));
    return new SimulatedRun(pod, placement, containerRuns(pod, now.ms), script, now);
  }

  /** A simulation refuses nothing by itself: what a pod asks of a machine is not looked at. */
  refusalOf(): undefined {
    return undefined;
  }

  /** What a simulated pod was is known from its status alone. */
  correct(): void {}

  takeUp(run: SimulatedRun, exited: Exited<SimulatedRun>, now: Moment): void {
    const { addresses, containers } = this.#parts;
    if (run.ip !== undefined) addresses.reserve(run.hosted.number, run.ip);
    for (const container of run.containers) {
      if (!isLive(container)) continue;
      const ranMs = now.ms - container.startedMs;
      const ended = containers.begin(run, container, (exit) => exited(run, container, exit), ranMs);
      if (ended.endsByItselfMs <= 0) ended.end();
    }
  }

  changed(): void {}

  leftOver(): void {}

  dropped(run: SimulatedRun): void {
    run.live.clear();
    if (run.ip !== undefined) this.#parts.addresses.release(run.hosted.number, run.ip);
  }
}
