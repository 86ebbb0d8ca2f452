import type { ChildProcess, StdioOptions } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import {
  type ContainerExitRecord,
  type ContainerSpec,
  claimRun,
  killRun,
  onShimEnd,
  type ProcessSpec,
  type RunningProcess,
  readRunFolder,
  type Shim,
  signalRun,
} from '@everynode/container-shim';
import {
  type ContainerIds,
  type ContainerRun,
  type ContainerRuntime,
  commandOf,
  environmentOf,
  lostExit,
  type ObservedExit,
  oomScoreAdjust,
  type ProbeKind,
  type ProbeOutcome,
  type PullResult,
  podText,
  type SandboxResult,
  type StartResult,
} from '@everynode/kubelet';
import { type Clock, hexOf, momentOf, type Timers } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';
import type { PodSources } from '../../objects/pod-sources.js';
import type { StateFolder } from '../../state/state-folder.js';
import { lastOfCriLog } from '../../state/termination-message.js';
import type { PodVolumes } from '../../volumes/pod-volumes.js';
import { MAX_OUTPUT, NOT_RUNNING, outcomeOf, tryHook, tryProbe } from '../container-checks.js';
import { limitsOf } from '../container-limits.js';
import type { ContainerLogs } from '../machine-settings.js';
import { preparePod, removePodFiles, removeStray, removeUntilGone } from '../pod-files.js';
import { endOfRun, inSeconds } from '../run-end.js';
import { KEPT_RUNS, makeRunFolder, messageMount } from '../run-files.js';
import { stopInTime } from '../stop-in-time.js';
import { droppedCapabilities } from './capabilities.js';
import type { ContainerUsage } from './cgroups/cgroup-usage.js';
import type { Cgroups } from './cgroups/cgroups.js';
import { userOf } from './container-user.js';
import { type ImageList, lookAtProgram, programOf } from './images.js';
import { processContainerRefusal } from './process-refusal.js';
import type { LiveProcess, ProcessRun } from './process-run.js';

interface ProcessContainersOptions {
  clock: Clock;
  timers: Timers;
  state: StateFolder;
  shim: Shim;
  volumes: PodVolumes;
  sources: PodSources<ProcessRun>;
  images: ImageList;
  bootId: string;
  /** Whether containers have namespaces of their own: this process may make them. */
  isPrivileged: boolean;
  leastOomScore: number;
  /** What holds containers to their limits; undefined where nothing does. */
  cgroups: Cgroups | undefined;
  log: ContainerLogs;
  say: Pick<Logger, 'warn'>;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs the containers of pods as processes of this machine, each in the hands of a shim. */
export class ProcessContainers implements ContainerRuntime<ProcessRun> {
  readonly #options: ProcessContainersOptions;
  readonly ids: ContainerIds = {
    containerId: (uid, { name }, restarts) => `everynode-process://${hexOf(`${uid} ${name} ${restarts}`)}`,
    imageId: ({ image }) => programOf(image, this.#options.images) ?? image,
  };

  constructor(options: ProcessContainersOptions) {
    this.#options = options;
  }

  makeSandbox(run: ProcessRun, done: (result: SandboxResult) => void): void {
    void this.#makeSandbox(run).then(done, (error: Error) => done({ fault: error.message }));
  }

  async #makeSandbox(run: ProcessRun): Promise<SandboxResult> {
    return (await preparePod(run, this.#options)) ?? { ip: run.node.hostIp };
  }

  removeSandbox(run: ProcessRun, done: () => void): void {
    void removeUntilGone(run, () => this.remove(run), this.#options).then(done);
  }

  /** Removes what is left of a pod of which nothing runs. */
  remove({ pod }: ProcessRun): Promise<void> {
    return removePodFiles(pod, this.#options);
  }

  /** Removes what is left of a pod of which nothing is known but its uid, and nothing runs. */
  removeStray(uid: string): Promise<void> {
    return removeStray(uid, this.#options);
  }

  hasImage(_run: ProcessRun, { image }: ContainerRun, done: (isPresent: boolean) => void): void {
    done(lookAtProgram(image, this.#options.images).fault === undefined);
  }

  pullImage(_run: ProcessRun, { image }: ContainerRun, done: (result: PullResult) => void): void {
    const program = lookAtProgram(image, this.#options.images);
    done(program.fault === undefined ? { ms: 0, bytes: program.bytes } : { fault: program.fault });
  }

  start(
    run: ProcessRun,
    container: ContainerRun,
    instance: number,
    done: (result: StartResult) => void,
    exited: (exit: ObservedExit) => void,
  ): void {
    void this.#start(run, container, instance, exited).then(done, (error: Error) => {
      done({ fault: error.message, isCreated: false });
    });
  }

  async #start(
    run: ProcessRun,
    container: ContainerRun,
    instance: number,
    exited: (exit: ObservedExit) => void,
  ): Promise<StartResult> {
    const { state, shim, sources, cgroups } = this.#options;
    const { uid } = run.pod.metadata;
    const refused = processContainerRefusal(container, this.#options);
    if (refused) return { ...refused, isCreated: false };
    await sources.ensure(run);
    const folder = state.runFolder(uid, container.name, instance);
    const made = this.#specOf(run, container, folder, instance);
    if ('fault' in made) return { ...made, isCreated: false };
    // A shim may hold the folder of a try that nothing came of.
    if (existsSync(folder)) await this.endRun(uid, container.name, instance);
    if (run.loop.isDropped) return { fault: 'the pod is gone', isCreated: false };
    makeRunFolder(folder);
    mkdirSync(state.logFolder(run.pod, container.name), { recursive: true, mode: 0o755 });
    this.#removeOldRuns(run, container.name, instance);
    const name = cgroupName(uid, container.name, instance);
    const { resources } = container;
    const cgroup = cgroups?.make(name, limitsOf(resources));
    const spec = { ...made.spec, cgroups: cgroup?.folders ?? [], oomCounter: cgroup?.oomCounter };
    const failed = await shim.start(spec);
    if (failed) {
      await cgroups?.remove(name, shim);
      return { fault: failed.fault, isCreated: failed.isClaimed };
    }
    // What has dropped it ends what is in its folders; after a close the next process follows it.
    if (run.loop.isDropped) return { fault: undefined };
    this.follow(run, container, { folder, instance, process: spec, resources }, exited);
    return { fault: undefined };
  }

  #removeOldRuns({ pod }: ProcessRun, name: string, instance: number): void {
    const { state } = this.#options;
    for (const run of state.runs(pod.metadata.uid, name)) {
      if (run > instance - KEPT_RUNS) continue;
      rmSync(state.runFolder(pod.metadata.uid, name, run), { recursive: true, force: true });
    }
    const logs = state.logFolder(pod, name);
    for (const file of readdirSync(logs)) {
      // `N.log`, and `N.log.TIME` of a file that was rotated.
      if (Number.parseInt(file, 10) <= instance - KEPT_RUNS) rmSync(join(logs, file), { force: true });
    }
  }

  /** Waits for the end of a run that was started, by this process or an earlier one. */
  follow(
    run: ProcessRun,
    container: ContainerRun,
    { folder, instance, process, resources }: Pick<LiveProcess, 'folder' | 'instance' | 'process' | 'resources'>,
    exited: (exit: ObservedExit) => void,
  ): void {
    const { name } = container;
    const live: LiveProcess = {
      folder,
      instance,
      process,
      resources,
      killMs: Number.POSITIVE_INFINITY,
      unfollow: onShimEnd(folder, () => {
        if (run.live.get(name) !== live) return;
        run.live.delete(name);
        exited(this.#exitOf(run, container, folder, instance));
      }),
    };
    run.live.set(name, live);
  }

  #exitOf(run: ProcessRun, container: ContainerRun, folder: string, instance: number): ObservedExit {
    const state = readRunFolder(folder, this.#options.bootId);
    if (state.state === 'ended') return this.observed(run, container, folder, instance, state.exit);
    this.clearRun(run, container.name, instance);
    return lostExit('', momentOf(this.#options.clock));
  }

  /** What a run has ended with, with what its container says of it. */
  observed(
    { pod }: ProcessRun,
    { name, spec }: ContainerRun,
    folder: string,
    instance: number,
    { code, isOutOfMemory, fault, finishedAt }: ContainerExitRecord,
  ): ObservedExit {
    if (fault !== undefined) {
      return { code, reason: 'StartError', message: fault, finishedAt: inSeconds(finishedAt) };
    }
    const lastOfLog = () => lastOfCriLog(this.#options.state.logFile(pod, name, instance));
    return endOfRun({ code, isOutOfMemory, finishedAt, folder, spec, lastOfLog });
  }

  stop({ live: processes }: ProcessRun, { name }: ContainerRun, signal: string, graceMs: number): void {
    const live = processes.get(name);
    if (!live) return;
    // A shim that has ended is noticed where its end is waited for.
    const ask = () => void signalRun(live.folder, numberOf(signal));
    const kill = () => {
      if (processes.get(name) === live) killRun(live.folder);
    };
    stopInTime(live, graceMs, { ask, kill }, this.#options);
  }

  runHook(
    run: ProcessRun,
    container: ContainerRun,
    hook: 'postStart' | 'preStop',
    timeoutMs: number | undefined,
    done: (fault: string | undefined) => void,
  ): void {
    void tryHook(this.#checked(run, container), hook, timeoutMs).then(done);
  }

  probe(run: ProcessRun, container: ContainerRun, kind: ProbeKind, done: (outcome: ProbeOutcome) => void): void {
    void tryProbe(this.#checked(run, container), kind).then(done);
  }

  #checked(run: ProcessRun, container: ContainerRun) {
    return {
      container,
      ip: run.ip ?? run.node.hostIp,
      runCommand: (command: string[], timeoutMs: number) => this.#tryCommand(run, container, command, timeoutMs),
    };
  }

  async #tryCommand(
    run: ProcessRun,
    container: ContainerRun,
    command: string[],
    timeoutMs: number,
  ): Promise<ProbeOutcome> {
    const beside = await this.#beside(run, container, command);
    if (!beside) return NOT_RUNNING;
    const result = await this.#options.shim.exec(beside.running, beside.spec, { timeoutMs, maxBytes: MAX_OUTPUT });
    return outcomeOf(command, timeoutMs, result);
  }

  /** Starts a command in the namespaces of a container; undefined where it does not run. */
  async spawnBeside(
    run: ProcessRun,
    name: string,
    command: string[],
    stdio: StdioOptions,
  ): Promise<ChildProcess | undefined> {
    const container = run.containers.find((one) => one.name === name);
    const beside = container && (await this.#beside(run, container, command));
    return beside && this.#options.shim.spawnBeside(beside.running, beside.spec, stdio);
  }

  /** Starts a command in a terminal of its own, in the namespaces of a container; undefined where it does not run. */
  async spawnInTerminal(run: ProcessRun, name: string, command: string[], hasInput: boolean) {
    const container = run.containers.find((one) => one.name === name);
    const beside = container && (await this.#beside(run, container, command));
    if (!beside) return undefined;
    const { running, spec } = beside;
    // Programs ask for the kind of their terminal. Engines name the same one.
    const variables = new Map([['TERM', 'xterm'], ...spec.variables]);
    return this.#options.shim.spawnInTerminal(running, { ...spec, variables }, hasInput);
  }

  logFile({ pod }: ProcessRun, container: string, instance: number): string {
    return this.#options.state.logFile(pod, container, instance);
  }

  /** What a command beside a container is started with; undefined where the container does not run. */
  async #beside(
    run: ProcessRun,
    container: ContainerRun,
    command: string[],
  ): Promise<{ running: RunningProcess; spec: ProcessSpec } | undefined> {
    const live = run.live.get(container.name);
    const process = live && (await this.#processOf(run, container, live));
    const state = live && readRunFolder(live.folder, this.#options.bootId);
    if (!process || state?.state !== 'running') return undefined;
    const { pid, startTime } = state;
    const { ownPids, ownMounts } = process;
    return { running: { pid, startTime, ownPids, ownMounts }, spec: { ...process, args: command } };
  }

  /** What commands beside a run have; of one that an earlier process has started, by what its pod says now. */
  async #processOf(run: ProcessRun, container: ContainerRun, live: LiveProcess): Promise<ContainerSpec | undefined> {
    if (live.process) return live.process;
    try {
      await this.#options.sources.ensure(run);
    } catch {
      return undefined;
    }
    const made = this.#specOf(run, container, live.folder, live.instance);
    if ('fault' in made) return undefined;
    const name = cgroupName(run.pod.metadata.uid, container.name, live.instance);
    live.process = { ...made.spec, cgroups: this.#options.cgroups?.foldersOf(name) ?? [] };
    return live.process;
  }

  /** What a container uses since its last start; undefined where it does not run, or nothing counts it. */
  usageOf({ pod, live }: ProcessRun, container: string): ContainerUsage | undefined {
    const instance = live.get(container)?.instance;
    if (instance === undefined) return undefined;
    return this.#options.cgroups?.usage(cgroupName(pod.metadata.uid, container, instance));
  }

  /** Holds the containers that run to the limits that their pod has now. */
  resize({ pod, containers, live: processes }: ProcessRun): void {
    const { cgroups, say } = this.#options;
    for (const { name, resources } of containers) {
      const live = processes.get(name);
      if (!live || live.resources === resources) continue;
      live.resources = resources;
      const cgroup = cgroupName(pod.metadata.uid, name, live.instance);
      try {
        if (cgroups?.foldersOf(cgroup).length) cgroups.setLimits(cgroup, limitsOf(resources));
      } catch (err) {
        say.warn({ err, pod: pod.metadata.name, container: name }, 'the limits of a container were not changed');
      }
    }
  }

  /** Ends the shim that holds a run, if there is one, and sees to it that none comes and that nothing of it is left. */
  async endRun(uid: string, container: string, instance: number): Promise<void> {
    const folder = this.#options.state.runFolder(uid, container, instance);
    if (!claimRun(folder) && killRun(folder)) await new Promise<void>((resolve) => void onShimEnd(folder, resolve));
    await this.#removeCgroup(uid, container, instance);
  }

  async #removeCgroup(uid: string, container: string, instance: number): Promise<void> {
    await this.#options.cgroups?.remove(cgroupName(uid, container, instance), this.#options.shim);
  }

  /** Kills what a run has left behind whose shim has ended, or never began. */
  clearRun({ pod }: ProcessRun, container: string, instance: number): void {
    this.#removeCgroup(pod.metadata.uid, container, instance).catch((err: unknown) =>
      this.#options.say.warn({ err, pod: pod.metadata.name, container }, 'what a container has left still runs'),
    );
  }

  /**
   * Removes cgroups of these pods whose runs have no folder any more, and kills what is in them: an agent was killed
   * before it could. Those of other pods may be another agent's.
   */
  removeLostCgroups(uids: ReadonlySet<string>): void {
    const { cgroups, state, shim, say } = this.#options;
    for (const name of cgroups?.names() ?? []) {
      const [, uid = '', container = '', instance = ''] = /^(.+)\.([^.]+)\.(\d+)$/.exec(name) ?? [];
      if (!uids.has(uid) || existsSync(state.runFolder(uid, container, Number(instance)))) continue;
      cgroups?.remove(name, shim).catch((err: unknown) => say.warn({ err, cgroup: name }, 'a cgroup is left'));
    }
  }

  #specOf(
    run: ProcessRun,
    container: ContainerRun,
    folder: string,
    instance: number,
  ): { spec: ContainerSpec } | { fault: string; reason: string } {
    const { state, sources, volumes, images, bootId, isPrivileged, leastOomScore, log } = this.#options;
    const { pod, node } = run;
    const { spec: own, name } = container;
    const inputs = sources.sourcesOf(run);
    const config = (fault: string) => ({ fault, reason: 'CreateContainerConfigError' });
    const environment = environmentOf(own, inputs);
    if (environment.fault !== undefined) return config(environment.fault);
    const who = userOf(own, pod.spec, podText(pod));
    if (who.fault !== undefined) return config(who.fault);
    const { variables } = environment;
    const mounted = volumes.mountsOf(own, inputs, variables);
    if (mounted.fault !== undefined) return config(mounted.fault);
    const program = programOf(container.image, images);
    if (program === undefined) return { fault: `${container.image} is not there`, reason: 'CreateContainerError' };
    const { command, args } = commandOf(own, variables);
    const message = messageMount(folder, own);
    const { uid, gid, groups, home } = who.user;
    return {
      spec: {
        folder,
        log: { path: state.logFile(pod, name, instance), ...log },
        bootId,
        ownPids: isPrivileged && !pod.spec.hostPID,
        ownMounts: isPrivileged,
        maskedProc: isPrivileged && own.securityContext?.privileged !== true,
        hidden: state.root,
        mounts: isPrivileged ? [...mounted.mounts, message] : [],
        oomScoreAdjust: Math.max(leastOomScore, oomScoreAdjust(pod.spec, own.resources, node.allocatable)),
        args: [...(command.length > 0 ? command : [program]), ...args],
        variables: new Map([['PATH', PATH], ['HOSTNAME', hostNameOf(run)], ['HOME', home], ...variables]),
        cwd: own.workingDir || '/',
        uid,
        gid,
        groups,
        droppedCapabilities: isPrivileged ? droppedCapabilities(own.securityContext ?? {}) : [],
        noNewPrivileges: own.securityContext?.allowPrivilegeEscalation === false,
      },
    };
  }
}

/** The name of the cgroup of a run. Names of containers have no dots. */
const cgroupName = (uid: string, container: string, instance: number): string => `${uid}.${container}.${instance}`;

/** The pod shares the network, and so the name, of the machine. */
const hostNameOf = ({ node }: ProcessRun): string => node.name;

const FIRST_REAL_TIME = 34;
const LAST_REAL_TIME = 64;

/** The number of a signal: `SIGTERM`, `SIGRTMIN+3`. */
function numberOf(signal: string): number {
  const [, base, way = '+', distance = '0'] = /^SIGRTM(IN|AX)(?:([+-])(\d+))?$/.exec(signal) ?? [];
  if (base !== undefined) {
    const from = base === 'IN' ? FIRST_REAL_TIME : LAST_REAL_TIME;
    return from + Number(`${way}${distance}`);
  }
  return (constants.signals as Record<string, number>)[signal] ?? constants.signals.SIGTERM;
}
