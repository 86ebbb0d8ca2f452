import {
  type AssignedPod,
  beginAnew,
  type ContainerRun,
  containerRuns,
  containerStatusesOf,
  correctContainer,
  type FoundRun,
  isLive,
  type Moment,
  type PodUsage,
  type StarvedResource,
  tellNotEnforced,
  wholeExit,
} from '@everynode/kubelet';
import { type Exited, type Placement, PodRuntime, type RuntimeKind, Timers } from '@everynode/pod-runtime';
import type { MachineRuntime } from '../../machine/machine-runtime.js';
import { podUsage } from '../../machine/pod-usage.js';
import type { PodSources } from '../../objects/pod-sources.js';
import type { StateFolder } from '../../state/state-folder.js';
import { UsageSampler } from '../../usage/usage-sampler.js';
import type { PodVolumes } from '../../volumes/pod-volumes.js';
import { machineParts, notedReports, type RealPodOptions } from '../machine-parts.js';
import { notEnforced } from '../not-enforced.js';
import { removeStray, removeUntilGone } from '../pod-files.js';
import { inSeconds } from '../run-end.js';
import { DockerContainers } from './docker-containers.js';
import { dockerRefusal } from './docker-refusal.js';
import { DockerRun } from './docker-run.js';
import { dockerSample } from './docker-sample.js';
import { DockerStreams } from './docker-streams.js';
import { measuredRuns } from './docker-usage.js';
import type { Engine } from './engine.js';
import { EngineWatch } from './engine-watch.js';
import type { FoundContainer } from './found-containers.js';
import { nodeLabels } from './labels.js';
import { exitOf } from './observed-exit.js';
import { PauseImage } from './pause-image.js';
import { addressOf, Sandboxes } from './sandboxes.js';

interface DockerRuntimeOptions extends RealPodOptions {
  engine: Engine;
  /** The node whose containers are those of this process. */
  node: string;
  /** What an earlier process has left in the engine. */
  found: readonly FoundContainer[];
}

/**
 * Runs the containers of pods in a Docker Engine. They outlive this process: a later one finds them again by their
 * labels.
 */
export class DockerRuntime extends PodRuntime<DockerRun> implements MachineRuntime {
  readonly #host: EngineHost;
  readonly #engine: Engine;
  readonly #usage: UsageSampler;

  /** @throws Error where there is no shim, and none can be made. */
  constructor(options: DockerRuntimeOptions) {
    const { clock, onReport } = options;
    const timers = new Timers(clock);
    const host = new EngineHost(options, timers);
    super({
      clock,
      timers,
      containers: host.containers,
      kind: (runtime) => host.of(runtime),
      events: true,
      nodeRefusalOf: options.nodeRefusalOf,
      onReport: notedReports(host.state, onReport, options.log),
    });
    this.#host = host;
    this.#engine = options.engine;
    this.#usage = new UsageSampler(() => dockerSample(this.runs(), options.engine));
    host.begin();
  }

  override get streams(): DockerStreams {
    return new DockerStreams((uid) => this.find(uid), this.#engine, this.#usage);
  }

  override found(): AssignedPod[] {
    return this.#host.savedPods();
  }

  usage(resource: StarvedResource): Promise<ReadonlyMap<string, PodUsage>> {
    return this.#host.usage(resource);
  }

  override close(): void {
    this.#host.close();
    super.close();
  }
}

/** The id of an image as the status of a pod has it. */
const imageIdIn = ({ status }: AssignedPod, container: string): string | undefined =>
  containerStatusesOf(status).find(({ name }) => name === container)?.imageID || undefined;

/** Resources of containers that an engine holds them to. */
const ENFORCED = ['cpu', 'memory'];

/** What an engine adds to the rules. */
class EngineHost implements RuntimeKind<DockerRun> {
  readonly #options: DockerRuntimeOptions;
  readonly #timers: Timers;
  readonly #runs = new Set<DockerRun>();
  readonly #found = new Map<string, FoundContainer[]>();
  readonly #watch: EngineWatch;
  readonly #volumes: PodVolumes;
  readonly state: StateFolder;
  readonly containers: DockerContainers;
  readonly needs: PodSources<DockerRun>;
  #runtime: PodRuntime<DockerRun> | undefined;

  constructor(options: DockerRuntimeOptions, timers: Timers) {
    const { settings, engine, node, found, clock, log } = options;
    this.#options = options;
    this.#timers = timers;
    for (const one of found) this.#found.set(one.uid, [...(this.#found.get(one.uid) ?? []), one]);
    const { state, shim, volumes, sources } = machineParts<DockerRun>(options, timers, {
      running: () => this.#runs,
      onRead: (run, missing) => this.#runtime?.answered(run, missing),
    });
    this.state = state;
    this.#volumes = volumes;
    this.needs = sources;
    this.containers = new DockerContainers({
      engine,
      clock,
      timers,
      state,
      volumes,
      sources,
      sandboxes: new Sandboxes(engine, new PauseImage(engine, shim), settings.leastOomScore),
      log: settings.log,
      leastOomScore: settings.leastOomScore,
      say: log,
      onSandboxLost: (run) => this.#runtime?.sandboxEnded(run),
    });
    this.#watch = new EngineWatch({
      engine,
      labels: nodeLabels(node),
      log,
      onEnd: (id) => this.#ended(id),
      onOpen: () => this.#lookAtAll(),
    });
  }

  /** What the pods use, as the engine measures it. */
  async usage(resource: StarvedResource): Promise<ReadonlyMap<string, PodUsage>> {
    const runs = await measuredRuns(this.#runs, resource, this.#options);
    const usages = runs.map(async ({ run: { pod }, measured }): Promise<[string, PodUsage]> => {
      return [pod.metadata.uid, await podUsage(pod, measured, resource, this.state)];
    });
    return new Map(await Promise.all(usages));
  }

  /** The pods that an earlier process has noted. What it has left of others is removed. */
  savedPods(): AssignedPod[] {
    const { pods, strays } = this.state.savedPods();
    const noted = new Set(pods.map(({ metadata }) => metadata.uid));
    const files = { state: this.state, volumes: this.#volumes };
    for (const uid of strays) void this.#removeUnknown(uid, () => removeStray(uid, files));
    for (const uid of this.#found.keys()) if (!noted.has(uid)) void this.#removeUnknown(uid);
    return pods;
  }

  /** Removes the containers of a pod that is not known here, and then, where it has any, its files. */
  async #removeUnknown(uid: string, removeFiles?: () => Promise<void>): Promise<void> {
    const { engine, log } = this.#options;
    const containers = this.#found.get(uid) ?? [];
    this.#found.delete(uid);
    try {
      await Promise.all(containers.map(({ state }) => engine.remove(state.Id)));
      // Labels may be those of others: a path is made only of a uid that has a folder.
      await removeFiles?.();
    } catch (err) {
      log.warn({ err, pod: uid }, 'what is left of a pod could not be removed');
    }
  }

  of(runtime: PodRuntime<DockerRun>): this {
    this.#runtime = runtime;
    return this;
  }

  /** Begins to follow the engine. */
  begin(): void {
    this.#watch.start();
  }

  /** Nothing is done any more, and nothing that was begun is answered. What runs goes on. */
  close(): void {
    this.#watch.close();
    for (const { loop } of this.#runs) loop.isDropped = true;
  }

  newRun(pod: AssignedPod, placement: Placement, now: Moment): DockerRun {
    return new DockerRun(pod, placement, containerRuns(pod, now.ms), now);
  }

  refusalOf(pod: AssignedPod) {
    return dockerRefusal(pod);
  }

  correct(run: DockerRun, now: Moment): void {
    this.containers.add(run);
    const own = this.#found.get(run.pod.metadata.uid) ?? [];
    for (const container of run.containers) {
      const runs = own
        .filter((found) => found.container === container.name)
        .sort((a, b) => b.instance - a.instance)
        .map((found) => this.#foundRun(run, container, found, now));
      correctContainer(run, container, { newest: runs[0], before: runs[1] }, now);
    }
    const sandbox = own.find(({ container, state }) => container === undefined && state.State.Running);
    run.sandboxId = sandbox?.state.Id;
    if (sandbox) run.ip = addressOf(sandbox.state) ?? run.node.hostIp;
    // What runs without its sandbox is killed first.
    else if (run.sandbox === 'ready' && !run.ending && !run.containers.some(isLive)) beginAnew(run);
  }

  #foundRun(run: DockerRun, container: ContainerRun, found: FoundContainer, now: Moment): FoundRun {
    const { instance, state, logTail } = found;
    run.remember(container.name, instance, state.Id);
    this.containers.noteImage(container.image, imageIdIn(run.pod, container.name) ?? `docker://${state.Image}`);
    const startedAt = inSeconds(state.State.StartedAt);
    if (state.State.Running) return { instance, startedAt, exit: undefined };
    const folder = this.state.runFolder(run.pod.metadata.uid, container.name, instance);
    const observed = exitOf(state, { folder, spec: container.spec, logTail });
    return { instance, startedAt, exit: wholeExit(observed, startedAt, now) };
  }

  takeUp(run: DockerRun, exited: Exited<DockerRun>): void {
    const { uid } = run.pod.metadata;
    this.#runs.add(run);
    const found = this.#found.get(uid) ?? [];
    this.#found.delete(uid);
    if (!this.state.hasPod(uid) && !run.ending) tellNotEnforced(run, notEnforced(run.pod, ENFORCED));
    for (const container of run.containers) {
      const { name, restarts: instance } = container;
      const id = run.idOf(name, instance);
      if (!isLive(container) || id === undefined) continue;
      run.live.set(name, {
        id,
        instance,
        resources: container.resources,
        stopSignal: found.find(({ state }) => state.Id === id)?.state.Config.StopSignal,
        killMs: Number.POSITIVE_INFINITY,
        exited: (exit) => exited(run, container, exit),
      });
      void this.containers.look(run, name);
    }
    if (run.sandboxId === undefined && run.live.size > 0) this.containers.sandboxEnded(run);
  }

  /** Fields of the object may be shown in files. Limits may have changed: the rules take these over after this call. */
  changed(run: DockerRun): void {
    if (run.sandbox !== 'ready') return;
    this.needs.show(run);
    queueMicrotask(() => void this.containers.resize(run));
  }

  leftOver(run: DockerRun): void {
    this.#leave(run);
  }

  dropped(run: DockerRun): void {
    this.#runs.delete(run);
    this.#leave(run);
  }

  #leave(run: DockerRun): void {
    const { log } = this.#options;
    if (!this.state.hasPod(run.pod.metadata.uid)) this.containers.forget(run);
    else void removeUntilGone(run, () => this.#remove(run), { timers: this.#timers, say: log });
  }

  async #remove(run: DockerRun): Promise<void> {
    // It may have been assigned again meanwhile.
    if (this.#runtime?.find(run.pod.metadata.uid)) return;
    await this.containers.remove(run);
    this.containers.forget(run);
  }

  /** A container with the labels of the node has ended. */
  #ended(id: string): void {
    for (const run of this.#runs) {
      if (run.sandboxId === id) {
        this.containers.sandboxEnded(run);
        return;
      }
      for (const [name, live] of run.live) if (live.id === id) void this.containers.look(run, name);
    }
  }

  /** The engine is followed from now on, and anything may have happened before. */
  #lookAtAll(): void {
    for (const run of this.#runs) void this.#lookAt(run);
  }

  async #lookAt(run: DockerRun): Promise<void> {
    await Promise.all([...run.live.keys()].map((name) => this.containers.look(run, name)));
    await this.containers.lookAtSandbox(run);
  }
}
