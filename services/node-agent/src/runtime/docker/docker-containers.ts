import { existsSync, mkdirSync, rmSync } from 'node:fs';
import {
  type ContainerIds,
  type ContainerRun,
  type ContainerRuntime,
  environmentOf,
  lostExit,
  type ObservedExit,
  type ProbeKind,
  type ProbeOutcome,
  type PullResult,
  type SandboxResult,
  type StartResult,
  tellNoPullSecrets,
} from '@everynode/kubelet';
import { type Clock, momentOf, type Timers } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';
import type { PodSources } from '../../objects/pod-sources.js';
import type { StateFolder } from '../../state/state-folder.js';
import type { PodVolumes } from '../../volumes/pod-volumes.js';
import { MAX_OUTPUT, NOT_RUNNING, outcomeOf, tryHook, tryProbe } from '../container-checks.js';
import type { ContainerLogs } from '../machine-settings.js';
import { preparePod, removePodFiles, removeUntilGone } from '../pod-files.js';
import { KEPT_RUNS, makeRunFolder, messageMount } from '../run-files.js';
import { stopInTime } from '../stop-in-time.js';
import { containerBody } from './container-body.js';
import { resourcesOf } from './container-resources.js';
import { dockerContainerRefusal } from './docker-refusal.js';
import type { DockerRun, LiveContainer } from './docker-run.js';
import { type Engine, EngineError, isGone } from './engine.js';
import type { ContainerBody, EngineImage } from './engine-objects.js';
import { runInContainer } from './exec.js';
import { engineName, podLabels } from './labels.js';
import { exitOf, logTailOf } from './observed-exit.js';
import { loginsFor, type RegistryLogin } from './registry-logins.js';
import type { Sandboxes } from './sandboxes.js';

interface DockerContainersOptions {
  engine: Engine;
  clock: Clock;
  timers: Timers;
  state: StateFolder;
  volumes: PodVolumes;
  sources: PodSources<DockerRun>;
  sandboxes: Sandboxes;
  log: ContainerLogs;
  leastOomScore: number;
  say: Pick<Logger, 'warn'>;
  /** The sandbox of the pod has ended, and nothing of it runs any more. */
  onSandboxLost: (run: DockerRun) => void;
}

/** An engine that does not answer is asked again after this. */
const ASKS_AGAIN_MS = 1000;

/** Runs the containers of pods in a Docker Engine. */
export class DockerContainers implements ContainerRuntime<DockerRun> {
  readonly #options: DockerContainersOptions;
  /** Ids of images, by the names that pods have for them. */
  readonly #images = new Map<string, string>();
  readonly #runs = new Map<string, DockerRun>();

  readonly ids: ContainerIds = {
    containerId: (uid, { name }, restarts) => {
      const id = this.#runs.get(uid)?.idOf(name, restarts);
      return id === undefined ? '' : `docker://${id}`;
    },
    imageId: ({ image }) => this.#images.get(image) ?? '',
  };

  constructor(options: DockerContainersOptions) {
    this.#options = options;
  }

  /** Runs that may be asked about. */
  add(run: DockerRun): void {
    this.#runs.set(run.pod.metadata.uid, run);
  }

  forget(run: DockerRun): void {
    const { uid } = run.pod.metadata;
    if (this.#runs.get(uid) === run) this.#runs.delete(uid);
  }

  noteImage(image: string, id: string): void {
    this.#images.set(image, id);
  }

  makeSandbox(run: DockerRun, done: (result: SandboxResult) => void): void {
    void run.inTurn(() => this.#makeSandbox(run)).then(done, (error: Error) => done({ fault: error.message }));
  }

  async #makeSandbox(run: DockerRun): Promise<SandboxResult> {
    const fault = await preparePod(run, this.#options);
    if (fault) return fault;
    if (run.loop.isDropped || run.sandbox !== 'making') return { fault: 'the pod is gone' };
    const { id, ip } = await this.#options.sandboxes.make(run.pod);
    run.sandboxId = id;
    run.isSandboxLost = false;
    return { ip: ip ?? run.node.hostIp };
  }

  removeSandbox(run: DockerRun, done: () => void): void {
    void removeUntilGone(run, () => this.remove(run), this.#options).then(done);
  }

  /** Kills what runs of a pod, and removes all that is left of it. */
  remove(run: DockerRun): Promise<void> {
    const { engine } = this.#options;
    run.live.clear();
    return run.inTurn(async () => {
      const left = await engine.list(podLabels(run.pod.metadata.uid));
      await Promise.all(left.map(({ Id }) => engine.remove(Id)));
      await removePodFiles(run.pod, this.#options);
    });
  }

  hasImage(run: DockerRun, container: ContainerRun, done: (isPresent: boolean) => void): void {
    void this.#image(container.image).then(
      (found) => done(found !== undefined),
      (error: Error) => {
        // What the engine refuses to look for, it says when it is to pull that.
        if (error instanceof EngineError) done(false);
        else this.#options.timers.after(ASKS_AGAIN_MS, () => this.hasImage(run, container, done));
      },
    );
  }

  async #image(name: string): Promise<EngineImage | undefined> {
    const image = await this.#options.engine.image(name);
    const digest = image?.RepoDigests?.[0];
    if (image) this.noteImage(name, digest === undefined ? `docker://${image.Id}` : `docker-pullable://${digest}`);
    return image;
  }

  pullImage(run: DockerRun, { image }: ContainerRun, done: (result: PullResult) => void): void {
    void this.#pull(run, image).then(done, (error: Error) => done({ fault: error.message }));
  }

  async #pull(run: DockerRun, name: string): Promise<PullResult> {
    const { engine, clock, sources } = this.#options;
    const beginMs = clock.now();
    await sources.ensure(run);
    const { contents } = sources.sourcesOf(run);
    const secrets = (run.pod.spec.imagePullSecrets ?? []).flatMap(({ name: secret }) => secret ?? []);
    const read = new Map(secrets.map((secret) => [secret, contents('Secret', secret)]));
    tellNoPullSecrets(
      run,
      secrets.filter((secret) => !read.get(secret)),
    );
    const logins = loginsFor(
      name,
      [...read.values()].flatMap((content) => content ?? []),
    );
    await pullAs(engine, name, logins);
    const image = await this.#image(name);
    if (!image) return { fault: `the engine has pulled ${name}, and does not have it` };
    return { ms: clock.now() - beginMs, bytes: image.Size };
  }

  start(
    run: DockerRun,
    container: ContainerRun,
    instance: number,
    done: (result: StartResult) => void,
    exited: (exit: ObservedExit) => void,
  ): void {
    void run
      .inTurn(() => this.#start(run, container, instance, exited))
      .then(done, (error: Error) => done({ fault: error.message, isCreated: false }))
      // It may have ended before it was followed.
      .then(() => this.look(run, container.name));
  }

  async #start(
    run: DockerRun,
    container: ContainerRun,
    instance: number,
    exited: (exit: ObservedExit) => void,
  ): Promise<StartResult> {
    const { engine, sources, state } = this.#options;
    const { pod } = run;
    const { name } = container;
    const refused = dockerContainerRefusal(container);
    if (refused) return { ...refused, isCreated: false };
    await sources.ensure(run);
    const image = await this.#image(container.image);
    const { sandboxId } = run;
    if (!image) return { fault: `no such image: ${container.image}`, isCreated: false };
    if (sandboxId === undefined || run.isSandboxLost)
      return { fault: 'the sandbox of the pod is gone', isCreated: false };
    const folder = state.runFolder(pod.metadata.uid, name, instance);
    makeRunFolder(folder);
    const made = await this.#bodyOf(run, container, { instance, sandbox: sandboxId, image, folder });
    if ('fault' in made) return { ...made, isCreated: false };
    if (run.loop.isDropped) return { fault: 'the pod is gone', isCreated: false };
    await this.#removeOldRuns(run, name, instance);
    const id = await this.#create(engineName(pod, name, instance), made.body);
    run.remember(name, instance, id);
    const live: LiveContainer = {
      id,
      instance,
      resources: container.resources,
      stopSignal: image.Config?.StopSignal || undefined,
      killMs: Number.POSITIVE_INFINITY,
      exited,
    };
    try {
      await engine.start(id);
    } catch (error) {
      return { fault: (error as Error).message, isCreated: true };
    }
    if (run.loop.isDropped) return { fault: undefined };
    run.live.set(name, live);
    if (run.isSandboxLost) this.#kill(run, name);
    return { fault: undefined };
  }

  /** Creates a container. What has its name is of a start that was cut off: it is replaced. */
  async #create(name: string, body: ContainerBody): Promise<string> {
    const { engine } = this.#options;
    try {
      return await engine.create(name, body);
    } catch (error) {
      if (!isGone(error) || !(await engine.find(name))) throw error;
      await engine.remove(name);
      return engine.create(name, body);
    }
  }

  async #bodyOf(
    run: DockerRun,
    container: ContainerRun,
    { folder, ...made }: { instance: number; sandbox: string; image: EngineImage; folder: string },
  ): Promise<{ body: ContainerBody } | { fault: string; reason: string }> {
    const { sources, volumes, log, leastOomScore } = this.#options;
    const { spec, name } = container;
    const inputs = sources.sourcesOf(run);
    const config = (fault: string) => ({ fault, reason: 'CreateContainerConfigError' });
    const environment = environmentOf(spec, inputs);
    if (environment.fault !== undefined) return config(environment.fault);
    const { variables } = environment;
    const mounted = volumes.mountsOf(spec, inputs, variables);
    if (mounted.fault !== undefined) return config(mounted.fault);
    let mounts: typeof mounted.mounts;
    for (const { root } of mounted.mounts) makeMissing(root);
    try {
      mounts = await volumes.withoutSubPaths(run.pod.metadata.uid, name, mounted.mounts);
    } catch (error) {
      return config((error as Error).message);
    }
    mounts.push(messageMount(folder, spec));
    const result = containerBody(run, container, { ...made, variables, mounts, log, leastOomScore });
    return result.fault === undefined ? { body: result.body } : config(result.fault);
  }

  async #removeOldRuns(run: DockerRun, name: string, instance: number): Promise<void> {
    const { engine, state } = this.#options;
    const { uid } = run.pod.metadata;
    for (const [old, id] of run.ids.get(name) ?? []) {
      if (old > instance - KEPT_RUNS) continue;
      await engine.remove(id);
      run.ids.get(name)?.delete(old);
    }
    for (const old of state.runs(uid, name)) {
      if (old <= instance - KEPT_RUNS) rmSync(state.runFolder(uid, name, old), { recursive: true, force: true });
    }
  }

  /** Looks whether a container that runs has ended, and says so. */
  async look(run: DockerRun, name: string): Promise<void> {
    const live = run.live.get(name);
    const container = run.containers.find((one) => one.name === name);
    if (!live || !container) return;
    let exit: ObservedExit | undefined;
    try {
      exit = await this.#exitOf(run, container, live);
    } catch (err) {
      // An engine that has ended is looked at when it answers again.
      this.#options.say.warn({ err, pod: run.pod.metadata.name, container: name }, 'a container was not looked at');
      return;
    }
    if (!exit || run.live.get(name) !== live) return;
    run.live.delete(name);
    live.exited(exit);
    this.#endOfSandbox(run);
  }

  async #exitOf(run: DockerRun, container: ContainerRun, live: LiveContainer): Promise<ObservedExit | undefined> {
    const { engine, state } = this.#options;
    const found = await engine.find(live.id);
    if (!found) return lostExit('', momentOf(this.#options.clock));
    if (found.State.Running) return undefined;
    const folder = state.runFolder(run.pod.metadata.uid, container.name, live.instance);
    const { spec } = container;
    const mayFallBack = spec.terminationMessagePolicy === 'FallbackToLogsOnError';
    return exitOf(found, { folder, spec, logTail: mayFallBack ? await logTailOf(engine, found) : '' });
  }

  /** Looks whether the sandbox of a pod has ended. */
  async lookAtSandbox(run: DockerRun): Promise<void> {
    const { sandboxId } = run;
    if (sandboxId === undefined || run.sandbox !== 'ready') return;
    try {
      if ((await this.#options.engine.find(sandboxId))?.State.Running) return;
    } catch (err) {
      this.#options.say.warn({ err, pod: run.pod.metadata.name }, 'a sandbox was not looked at');
      return;
    }
    if (run.sandboxId === sandboxId) this.sandboxEnded(run);
  }

  /** The sandbox of a pod has ended: what runs there has no network any more, and is killed. */
  sandboxEnded(run: DockerRun): void {
    if (run.isSandboxLost) return;
    run.isSandboxLost = true;
    for (const name of run.live.keys()) this.#kill(run, name);
    this.#endOfSandbox(run);
  }

  #endOfSandbox(run: DockerRun): void {
    if (!run.isSandboxLost || run.live.size > 0 || run.loop.isDropped) return;
    run.sandboxId = undefined;
    this.#options.onSandboxLost(run);
  }

  stop(run: DockerRun, { name, spec }: ContainerRun, signal: string, graceMs: number): void {
    const live = run.live.get(name);
    if (!live) return;
    // The rules name a signal also where the pod does not: then that of the image comes before it.
    const ask = () => void this.#signal(run, name, spec.lifecycle?.stopSignal ?? live.stopSignal ?? signal);
    const kill = () => {
      if (run.live.get(name) === live) this.#kill(run, name);
    };
    stopInTime(live, graceMs, { ask, kill }, this.#options);
  }

  /** Sends a signal to what runs of a container. Returns whether the engine has done it, or there is nothing to do. */
  async #signal(run: DockerRun, name: string, signal: string): Promise<boolean> {
    const live = run.live.get(name);
    if (!live) return true;
    try {
      await this.#options.engine.kill(live.id, signal);
    } catch (err) {
      if (!isGone(err)) {
        this.#options.say.warn({ err, pod: run.pod.metadata.name, container: name, signal }, 'a signal was not sent');
        return false;
      }
      await this.look(run, name);
    }
    return true;
  }

  #kill(run: DockerRun, name: string): void {
    const live = run.live.get(name);
    void this.#signal(run, name, 'SIGKILL').then((isDone) => {
      if (isDone || run.live.get(name) !== live) return;
      this.#options.timers.after(ASKS_AGAIN_MS, () => {
        if (run.live.get(name) === live) this.#kill(run, name);
      });
    });
  }

  /** Holds what runs of a pod to the limits that it has now. */
  async resize(run: DockerRun): Promise<void> {
    const { engine, say } = this.#options;
    for (const { name, resources } of run.containers) {
      const live = run.live.get(name);
      if (!live || live.resources === resources) continue;
      live.resources = resources;
      try {
        await engine.update(live.id, resourcesOf(resources));
      } catch (err) {
        say.warn({ err, pod: run.pod.metadata.name, container: name }, 'the limits of a container were not changed');
      }
    }
  }

  runHook(
    run: DockerRun,
    container: ContainerRun,
    hook: 'postStart' | 'preStop',
    timeoutMs: number | undefined,
    done: (fault: string | undefined) => void,
  ): void {
    void tryHook(this.#checked(run, container), hook, timeoutMs).then(done);
  }

  probe(run: DockerRun, container: ContainerRun, kind: ProbeKind, done: (outcome: ProbeOutcome) => void): void {
    void tryProbe(this.#checked(run, container), kind).then(done);
  }

  #checked(run: DockerRun, container: ContainerRun) {
    return {
      container,
      ip: run.ip ?? run.node.hostIp,
      runCommand: async (command: string[], timeoutMs: number) => {
        const live = run.live.get(container.name);
        if (!live) return NOT_RUNNING;
        const limits = { timeoutMs, maxBytes: MAX_OUTPUT };
        return outcomeOf(command, timeoutMs, await runInContainer(this.#options.engine, live.id, command, limits));
      },
    };
  }
}

/** Pulls an image with the first login that may, or without one where there is none. @throws what the last one met. */
async function pullAs(engine: Engine, image: string, logins: readonly RegistryLogin[]): Promise<void> {
  for (const login of logins.slice(0, -1)) {
    try {
      await engine.pull(image, login);
      return;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }
  await engine.pull(image, logins.at(-1));
}

/** A hostPath of no type that is not there is made, as a folder. Source: containerd, internal/cri/opts, WithMounts. */
function makeMissing(root: string): void {
  if (!existsSync(root)) mkdirSync(root, { recursive: true, mode: 0o755 });
}
