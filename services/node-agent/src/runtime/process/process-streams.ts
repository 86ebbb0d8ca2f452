import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { type ContainerIo, type ContainerStreams, logText, type ReachedPod } from '@everynode/container-streams';
import type { ExecWanted, LogWanted, NodeUsage } from '@everynode/contract';
import { type FindRun, notRunning, reachedLog, reachedRun, refused } from '@everynode/pod-runtime';
import { readCriLog } from '../../state/cri-log.js';
import type { UsageSampler } from '../../usage/usage-sampler.js';
import { connectPort } from '../connect-port.js';
import { KILLED } from '../run-end.js';
import type { ProcessContainers } from './process-containers.js';
import type { ProcessRun } from './process-run.js';

/** What clients see of containers that are processes. */
export class ProcessStreams implements ContainerStreams {
  readonly #find: FindRun<ProcessRun>;
  readonly #containers: ProcessContainers;
  readonly #usage: UsageSampler;

  constructor(find: FindRun<ProcessRun>, containers: ProcessContainers, usage: UsageSampler) {
    this.#find = find;
    this.#containers = containers;
    this.#usage = usage;
  }

  async logs(pod: ReachedPod, wanted: LogWanted, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { container, since, tailLines, follow } = wanted;
    const run = reachedRun(this.#find, pod);
    const read = reachedLog(run, pod, wanted);
    const lines = readCriLog(this.#containers.logFile(run, container, read.restarts), {
      sinceMs: since === undefined ? undefined : Date.parse(since),
      tailLines,
      signal,
      mayGrow: () => follow && run.live.get(container)?.instance === read.restarts,
    });
    return logText(lines, wanted);
  }

  async exec(pod: ReachedPod, wanted: ExecWanted): Promise<ContainerIo> {
    const { container, command, stdin, stdout, stderr, tty } = wanted;
    const run = reachedRun(this.#find, pod);
    if (tty) {
      const started = await this.#containers.spawnInTerminal(run, container, command, stdin);
      if (!started) throw notRunning(container, pod);
      return ioOf(started.child, started.resize);
    }
    const child = await this.#containers.spawnBeside(run, container, command, [
      stdin ? 'pipe' : 'ignore',
      stdout ? 'pipe' : 'ignore',
      stderr ? 'pipe' : 'ignore',
    ]);
    if (!child) throw notRunning(container, pod);
    return ioOf(child, () => undefined);
  }

  attach({ name }: ReachedPod): Promise<ContainerIo> {
    return Promise.reject(
      refused(`pod "${name}" runs as processes, whose output is in their logs: nothing attaches to them`),
    );
  }

  async connectPort(pod: ReachedPod, port: number): Promise<Duplex> {
    const { ip, node } = reachedRun(this.#find, pod);
    // What listens at loopback alone is reached as well, as in a network namespace of a pod.
    return connectPort(['127.0.0.1', ip ?? node.hostIp], port);
  }

  async checkPorts(pod: ReachedPod): Promise<void> {
    reachedRun(this.#find, pod);
  }

  usage(nodes: readonly string[]): Promise<NodeUsage[]> {
    return this.#usage.usage(nodes);
  }
}

function ioOf(child: ChildProcess, resize: ContainerIo['resize']): ContainerIo {
  // A command that does not read to the end of its input is none that has failed.
  child.stdin?.on('error', () => undefined);
  return {
    stdin: child.stdin ?? undefined,
    stdout: child.stdout ?? undefined,
    stderr: child.stderr ?? undefined,
    resize,
    exited: once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : KILLED)),
    close: () => void child.kill('SIGKILL'),
  };
}
