import {
  type ContainerIo,
  type ContainerStreams,
  type LogLine,
  logText,
  type ReachedPod,
} from '@everynode/container-streams';
import type { AttachWanted, ExecWanted, LogWanted, NodeUsage } from '@everynode/contract';
import { findLogRun, type LogRun, type PodRun } from '@everynode/kubelet';
import { pause } from '@everynode/service-shell';
import { type FindRun, reachedLog, reachedRun, refused } from '../reached-run.js';
import type { Clock } from '../timers.js';
import { logScriptFor, SimulatedLog } from './simulated-log.js';
import type { SimulatedRun } from './simulated-run.js';
import { simulatedUsage } from './simulated-usage.js';

/** How often a log that is followed looks whether its container still runs, in ms. */
const LOOK_MS = 500;

/** What clients see of simulated containers: the log that the scenario says, and words for all that needs a process. */
export class SimulatedStreams implements ContainerStreams {
  readonly #find: FindRun<PodRun>;
  readonly #clock: Pick<Clock, 'wallTime'>;
  readonly #runsOn: (node: string) => Iterable<SimulatedRun>;

  constructor(find: FindRun<PodRun>, clock: Pick<Clock, 'wallTime'>, runsOn: (node: string) => Iterable<SimulatedRun>) {
    this.#find = find;
    this.#clock = clock;
    this.#runsOn = runsOn;
  }

  async logs(pod: ReachedPod, wanted: LogWanted, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const read = reachedLog(reachedRun(this.#find, pod), pod, wanted);
    return logText(this.#lines(pod, wanted, read, signal), wanted);
  }

  async *#lines(pod: ReachedPod, wanted: LogWanted, read: LogRun, signal: AbortSignal): AsyncGenerator<LogLine> {
    const { container, follow, since, tailLines } = wanted;
    const assigned = this.#find(pod.uid)?.pod;
    if (!assigned || read.startedAt === undefined) return;
    const log = new SimulatedLog(logScriptFor(assigned, container), Date.parse(read.startedAt));
    // What ends within the second in which it began has written what it writes at its start.
    let ended = read.finishedAt === undefined ? undefined : Math.max(Date.parse(read.finishedAt), log.timeOf(0));
    let count = log.countAt(ended ?? this.#clock.wallTime());
    const sinceMs = since === undefined ? undefined : Date.parse(since);
    for (let next = log.first(count, { sinceMs, tailLines }); ; ) {
      for (; next < count; next += 1) yield log.line(next);
      if (!follow || ended !== undefined || signal.aborted) return;
      const waitMs = Math.min(LOOK_MS, Math.max(1, log.timeOf(next) - this.#clock.wallTime()));
      await pause(waitMs, signal);
      ended = this.#endOf(pod, wanted, read);
      count = Math.max(next, log.countAt(ended ?? this.#clock.wallTime()));
    }
  }

  /** When the run that is followed has ended, in ms since 1970; undefined while it goes on. */
  #endOf(pod: ReachedPod, wanted: LogWanted, read: LogRun): number | undefined {
    const run = this.#find(pod.uid);
    const now = run && findLogRun(pod.name, run.status, wanted.container, wanted.previous);
    if (!now || 'fault' in now || now.restarts !== read.restarts) return this.#clock.wallTime();
    return now.finishedAt === undefined ? undefined : Date.parse(now.finishedAt);
  }

  exec({ name }: ReachedPod, { container }: ExecWanted): Promise<ContainerIo> {
    return Promise.reject(refused(`${inContainer(name, container)}, so no command can run in it`));
  }

  attach({ name }: ReachedPod, { container }: AttachWanted): Promise<ContainerIo> {
    return Promise.reject(refused(`${inContainer(name, container)}, so there is nothing to attach to`));
  }

  connectPort({ name }: ReachedPod): Promise<never> {
    return Promise.reject(refused(noPort(name)));
  }

  checkPorts({ name }: ReachedPod): Promise<void> {
    return Promise.reject(refused(noPort(name)));
  }

  async usage(nodes: readonly string[]): Promise<Iterable<NodeUsage>> {
    return this.#usages(nodes);
  }

  /** One at a time, as they are sent. */
  *#usages(nodes: readonly string[]): Generator<NodeUsage> {
    for (const node of nodes) yield simulatedUsage(node, this.#runsOn(node), this.#clock.wallTime());
  }
}

const inContainer = (pod: string, container: string): string =>
  `pod "${pod}" is simulated: no process runs in its container "${container}"`;

const noPort = (pod: string): string => `pod "${pod}" is simulated: no process runs in it, so no port of it is open`;
