import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import {
  type ContainerIo,
  type ContainerStreams,
  logText,
  type ReachedPod,
  TunnelRefusedError,
} from '@everynode/container-streams';
import type { ExecWanted, LogWanted } from '@everynode/contract';
import { findLogRun } from '@everynode/kubelet';
import { readCriLog } from '../../state/cri-log.js';
import { connectPort } from '../connect-port.js';
import type { ProcessContainers } from './process-containers.js';
import type { ProcessRun } from './process-run.js';

const KILLED = 137;

const refused = (message: string): TunnelRefusedError => new TunnelRefusedError({ reason: 'BadRequest', message });

/** What clients see of containers that are processes. */
export class ProcessStreams implements ContainerStreams {
  readonly #find: (uid: string) => ProcessRun | undefined;
  readonly #containers: ProcessContainers;

  constructor(find: (uid: string) => ProcessRun | undefined, containers: ProcessContainers) {
    this.#find = find;
    this.#containers = containers;
  }

  #runOf({ name, uid }: ReachedPod): ProcessRun {
    const run = this.#find(uid);
    if (!run) throw refused(`pod "${name}" is not on this node any more`);
    return run;
  }

  async logs(pod: ReachedPod, wanted: LogWanted, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { container, previous, since, tailLines, follow } = wanted;
    const run = this.#runOf(pod);
    const read = findLogRun(pod.name, run.status, container, previous);
    if ('fault' in read) throw refused(read.fault);
    const lines = readCriLog(this.#containers.logFile(run, container, read.restarts), {
      sinceMs: since === undefined ? undefined : Date.parse(since),
      tailLines,
      signal,
      mayGrow: () => follow && run.live.get(container)?.instance === read.restarts,
    });
    return logText(lines, wanted);
  }

  async exec(pod: ReachedPod, { container, command, stdin, stdout, stderr, tty }: ExecWanted): Promise<ContainerIo> {
    if (tty) throw refused('a container of the process runtime has no terminal: leave out --tty');
    const child = await this.#containers.spawnBeside(this.#runOf(pod), container, command, [
      stdin ? 'pipe' : 'ignore',
      stdout ? 'pipe' : 'ignore',
      stderr ? 'pipe' : 'ignore',
    ]);
    if (!child) throw refused(`container "${container}" in pod "${pod.name}" does not run`);
    // A command that does not read to the end of its input is none that has failed.
    child.stdin?.on('error', () => undefined);
    return {
      stdin: child.stdin ?? undefined,
      stdout: child.stdout ?? undefined,
      stderr: child.stderr ?? undefined,
      resize: () => undefined,
      exited: once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : KILLED)),
      close: () => void child.kill('SIGKILL'),
    };
  }

  attach({ name }: ReachedPod): Promise<ContainerIo> {
    return Promise.reject(
      refused(`pod "${name}" runs as processes, whose output is in their logs: nothing attaches to them`),
    );
  }

  async connectPort(pod: ReachedPod, port: number): Promise<Duplex> {
    const { ip, node } = this.#runOf(pod);
    // What listens at loopback alone is reached as well, as in a network namespace of a pod.
    return connectPort(['127.0.0.1', ip ?? node.hostIp], port);
  }

  async checkPorts(pod: ReachedPod): Promise<void> {
    this.#runOf(pod);
  }
}
