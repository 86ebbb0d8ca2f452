import { readFileSync, rmSync } from 'node:fs';
import { claimRun, readRunFolder, Shim } from '@everynode/container-shim';
import {
  type AssignedPod,
  beginAnew,
  type ContainerRun,
  containerRuns,
  correctContainer,
  type FoundRun,
  isLive,
  lostExit,
  type Moment,
  type PodUsage,
  type StarvedResource,
  tellNotEnforced,
  wholeExit,
} from '@everynode/kubelet';
import { type Exited, type Placement, PodRuntime, type RuntimeKind, Timers } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';
import type { Config } from '../../config.js';
import type { MachineRuntime } from '../../machine/machine-runtime.js';
import { podUsage } from '../../machine/pod-usage.js';
import { treesOf } from '../../machine/process-trees.js';
import type { PodSources } from '../../objects/pod-sources.js';
import type { StateFolder } from '../../state/state-folder.js';
import { UsageSampler } from '../../usage/usage-sampler.js';
import { machineParts, notedReports, type RealPodOptions } from '../machine-parts.js';
import { type MachineSettings, machineSettings } from '../machine-settings.js';
import { notEnforced } from '../not-enforced.js';
import { inSeconds } from '../run-end.js';
import type { ContainerUsage } from './cgroups/cgroup-usage.js';
import { Cgroups } from './cgroups/cgroups.js';
import { type ImageList, imagesFrom } from './images.js';
import { ProcessContainers } from './process-containers.js';
import { processRefusal } from './process-refusal.js';
import { ProcessRun } from './process-run.js';
import { ProcessStreams } from './process-streams.js';
import { processSample } from './process-usage.js';

interface ProcessSettings extends MachineSettings {
  images: ImageList;
  /** The boot of the machine: processes of an earlier one are gone. */
  bootId: string;
  /** What holds containers to their limits; undefined where nothing does. */
  cgroups: Cgroups | undefined;
}

interface ProcessRuntimeOptions extends RealPodOptions {
  settings: ProcessSettings;
}

/** @throws Error for images and folders that are none. */
export function processSettings(config: Config, log: Pick<Logger, 'warn'>): ProcessSettings {
  return {
    ...machineSettings(config),
    images: imagesFrom(config.EVERYNODE_IMAGES),
    bootId: readBootId(),
    cgroups: Cgroups.find(log),
  };
}

/** The id that the kernel has given to this boot of the machine. */
const readBootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/**
 * Runs the containers of pods as processes of this machine. They outlive this process: a later one finds them again by
 * the folders of their runs.
 */
export class ProcessRuntime extends PodRuntime<ProcessRun> implements MachineRuntime {
  readonly #machine: Machine;
  readonly #usage: UsageSampler;

  /** @throws Error where there is no shim, and none can be made. */
  constructor(options: ProcessRuntimeOptions) {
    const { settings, clock, onReport } = options;
    const timers = new Timers(clock);
    const machine = new Machine(options, timers);
    super({
      clock,
      timers,
      containers: machine.containers,
      kind: (runtime) => machine.of(runtime),
      events: true,
      nodeRefusalOf: options.nodeRefusalOf,
      onReport: notedReports(machine.state, onReport, options.log),
    });
    this.#machine = machine;
    this.#usage = new UsageSampler(() =>
      processSample({
        runs: this.runs(),
        usageOf: (run, container) => machine.containers.usageOf(run, container),
        bootId: settings.bootId,
      }),
    );
    options.log.info({ state: settings.stateFolder, isPrivileged: settings.isPrivileged }, 'pods run as processes');
  }

  override get streams(): ProcessStreams {
    return new ProcessStreams((uid) => this.find(uid), this.#machine.containers, this.#usage);
  }

  override close(): void {
    this.#machine.close();
    super.close();
  }

  /** What a container uses since its last start; undefined where it does not run, or nothing counts it. */
  usageOf(uid: string, container: string): ContainerUsage | undefined {
    const run = this.find(uid);
    return run && this.#machine.containers.usageOf(run, container);
  }

  override found(): AssignedPod[] {
    return this.#machine.savedPods();
  }

  usage(resource: StarvedResource): Promise<ReadonlyMap<string, PodUsage>> {
    return this.#machine.usage(resource);
  }
}

/** What this machine adds to the rules. */
class Machine implements RuntimeKind<ProcessRun> {
  readonly #options: ProcessRuntimeOptions;
  readonly #runs = new Set<ProcessRun>();
  readonly state: StateFolder;
  readonly containers: ProcessContainers;
  readonly needs: PodSources<ProcessRun>;
  #answered: PodRuntime<ProcessRun>['answered'] = () => undefined;

  constructor(options: ProcessRuntimeOptions, timers: Timers) {
    const { settings, clock, log } = options;
    this.#options = options;
    const { state, shim, volumes, sources } = machineParts<ProcessRun>(options, timers, {
      running: () => this.#runs,
      onRead: (run, missing) => this.#answered(run, missing),
    });
    this.state = state;
    this.needs = sources;
    this.containers = new ProcessContainers({
      clock,
      timers,
      state,
      shim: new Shim(shim),
      volumes,
      sources,
      images: settings.images,
      bootId: settings.bootId,
      isPrivileged: settings.isPrivileged,
      leastOomScore: settings.leastOomScore,
      cgroups: settings.cgroups,
      log: settings.log,
      say: log,
    });
  }

  /** The pods that an earlier process has noted. What it has left of others is ended and removed. */
  savedPods(): AssignedPod[] {
    const { pods, strays } = this.state.savedPods();
    this.containers.removeLostCgroups(new Set([...pods.map(({ metadata }) => metadata.uid), ...strays]));
    for (const uid of strays) void this.#removeStray(uid);
    return pods;
  }

  /**
   * What the pods use: memory and processes of their containers, and files. All that came of a container is below its
   * shim, also what its program has left behind.
   */
  async usage(resource: StarvedResource): Promise<ReadonlyMap<string, PodUsage>> {
    const { bootId } = this.#options.settings;
    const runs = [...this.#runs].map((run) => ({
      run,
      roots: [...run.live].flatMap(([name, { folder }]) => {
        const found = readRunFolder(folder, bootId);
        return found.state === 'running' ? [{ name, shim: found.shim }] : [];
      }),
    }));
    const trees = await treesOf(runs.flatMap(({ roots }) => roots.map(({ shim }) => shim)));
    const usages = runs.map(async ({ run, roots }): Promise<[string, PodUsage]> => {
      const measured = roots.flatMap(({ name, shim }) => {
        const tree = trees.get(shim);
        if (!tree) return [];
        const memory = this.containers.usageOf(run, name)?.workingSetBytes ?? tree.memory;
        return [{ name, memory, processes: tree.processes, written: undefined }];
      });
      return [run.pod.metadata.uid, await podUsage(run.pod, measured, resource, this.state)];
    });
    return new Map(await Promise.all(usages));
  }

  async #removeStray(uid: string): Promise<void> {
    try {
      await Promise.all(this.state.containers(uid).map((container) => this.#killed(uid, container)));
      await this.containers.removeStray(uid);
    } catch (err) {
      this.#options.log.warn({ err, pod: uid }, 'what is left of a pod could not be removed');
    }
  }

  of(runtime: PodRuntime<ProcessRun>): this {
    this.#answered = (run, missing) => runtime.answered(run, missing);
    return this;
  }

  /** Nothing is done any more, and nothing that was begun is answered. What runs goes on. */
  close(): void {
    for (const run of this.#runs) {
      run.loop.isDropped = true;
      for (const { unfollow } of run.live.values()) unfollow();
    }
  }

  newRun(pod: AssignedPod, placement: Placement, now: Moment): ProcessRun {
    return new ProcessRun(pod, placement, containerRuns(pod, now.ms), now);
  }

  refusalOf(pod: AssignedPod) {
    return processRefusal(pod, this.#options.settings);
  }

  correct(run: ProcessRun, now: Moment): void {
    let isOfEarlierBoot = false;
    for (const container of run.containers) {
      const found = this.state
        .runs(run.pod.metadata.uid, container.name)
        .flatMap((instance) => this.#foundRun(run, container, instance, now) ?? []);
      correctContainer(run, container, { newest: found[0], before: found[1] }, now);
      isOfEarlierBoot ||= found[0]?.isOfEarlierBoot === true;
    }
    // What runs was started after the boot.
    if (isOfEarlierBoot && !run.containers.some(isLive)) beginAnew(run);
  }

  /** What a folder says of a run; undefined for one that never began, and then never does. */
  #foundRun(
    run: ProcessRun,
    container: ContainerRun,
    instance: number,
    now: Moment,
  ): (FoundRun & { isOfEarlierBoot?: boolean }) | undefined {
    const folder = this.state.runFolder(run.pod.metadata.uid, container.name, instance);
    const { bootId } = this.#options.settings;
    let state = readRunFolder(folder, bootId);
    // The process that made the folder may have died before, or while, it started a shim.
    if (state.state === 'unclaimed' && claimRun(folder)) {
      // Left behind, its claim would be taken for one of another boot.
      rmSync(folder, { recursive: true, force: true });
      this.containers.clearRun(run, container.name, instance);
      return undefined;
    }
    if (state.state === 'unclaimed') state = readRunFolder(folder, bootId);
    switch (state.state) {
      case 'unclaimed':
        return undefined;
      case 'beginning':
        return { instance, startedAt: now.at, exit: undefined };
      case 'running':
        return { instance, startedAt: inSeconds(state.startedAt), exit: undefined };
      case 'lost': {
        const { startedAt = now.at, isOfEarlierBoot } = state;
        this.containers.clearRun(run, container.name, instance);
        return { instance, startedAt: now.at, exit: lostExit(inSeconds(startedAt), now), isOfEarlierBoot };
      }
      case 'ended': {
        const observed = this.containers.observed(run, container, folder, instance, state.exit);
        const startedAt = inSeconds(state.exit.startedAt);
        return { instance, startedAt, exit: wholeExit(observed, startedAt, now) };
      }
    }
  }

  takeUp(run: ProcessRun, exited: Exited<ProcessRun>): void {
    this.#runs.add(run);
    if (!this.state.hasPod(run.pod.metadata.uid) && !run.ending)
      tellNotEnforced(run, notEnforced(run.pod, this.#options.settings.cgroups?.enforced ?? []));
    for (const container of run.containers) {
      if (!isLive(container)) continue;
      const instance = container.restarts;
      const folder = this.state.runFolder(run.pod.metadata.uid, container.name, instance);
      this.containers.follow(run, container, { folder, instance, process: undefined, resources: undefined }, (exit) =>
        exited(run, container, exit),
      );
    }
    this.containers.resize(run);
  }

  /** Fields of the object may be shown in files. Limits may have changed: the rules take these over after this call. */
  changed(run: ProcessRun): void {
    if (run.sandbox !== 'ready') return;
    this.needs.show(run);
    queueMicrotask(() => this.containers.resize(run));
  }

  leftOver(run: ProcessRun): void {
    if (this.state.hasPod(run.pod.metadata.uid)) void this.#remove(run);
  }

  dropped(run: ProcessRun): void {
    this.#runs.delete(run);
    if (this.state.hasPod(run.pod.metadata.uid)) void this.#remove(run);
  }

  /** Kills what runs of a pod, and removes what is left of it. */
  async #remove(run: ProcessRun): Promise<void> {
    const { uid, name } = run.pod.metadata;
    for (const { unfollow } of run.live.values()) unfollow();
    run.live.clear();
    try {
      await Promise.all(run.containers.map((container) => this.#killed(uid, container.name)));
      await this.containers.remove(run);
    } catch (err) {
      this.#options.log.warn({ err, pod: name }, 'what is left of a pod could not be removed');
    }
  }

  async #killed(uid: string, container: string): Promise<void> {
    for (const instance of this.state.runs(uid, container)) {
      await this.containers.endRun(uid, container, instance);
    }
  }
}
