import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ContainerIo,
  type ContainerStreams,
  type LogLine,
  logText,
  type ReachedPod,
  TunnelRefusedError,
} from '@everynode/container-streams';
import type { AttachWanted, ExecWanted, LogWanted, NodeUsage } from '@everynode/contract';

/** Containers that are this machine: commands are processes of it, ports are those of loopback. */
export class MachineStreams implements ContainerStreams {
  /** What each container has written. */
  readonly lines: LogLine[] = [];
  /** The processes that run. */
  readonly running = new Set<ChildProcess>();
  isEnded = false;
  /** What the nodes use, and how often that was asked. */
  usages: NodeUsage[] = [];
  asked = 0;

  async usage(): Promise<NodeUsage[]> {
    this.asked += 1;
    return this.usages;
  }

  async logs(_pod: ReachedPod, wanted: LogWanted, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    if (wanted.container === 'none') {
      throw new TunnelRefusedError({ reason: 'BadRequest', message: 'container "none" is waiting to start: Pulling' });
    }
    return logText(this.#lines(wanted, signal), wanted);
  }

  async *#lines({ follow, tailLines }: LogWanted, signal: AbortSignal): AsyncGenerator<LogLine> {
    for (let next = Math.max(0, this.lines.length - (tailLines ?? Number.POSITIVE_INFINITY)); ; ) {
      for (let line = this.lines[next]; line; line = this.lines[next]) {
        next += 1;
        yield line;
      }
      if (!follow || this.isEnded || signal.aborted) return;
      await pause(20);
    }
  }

  async exec(_pod: ReachedPod, { command, tty, stdin, stderr }: ExecWanted): Promise<ContainerIo> {
    const args = tty ? ['script', '-qefc', command.map(quoted).join(' '), '/dev/null'] : [...command];
    const child = spawn(args[0] ?? '', args.slice(1), { stdio: 'pipe' });
    this.running.add(child);
    const exited = once(child, 'close').then(([code]) => {
      this.running.delete(child);
      return Number(code ?? 137);
    });
    return {
      stdin: stdin ? child.stdin : undefined,
      stdout: child.stdout,
      stderr: stderr ? child.stderr : undefined,
      resize: (columns, rows) => void resizeTerminal(child, columns, rows),
      exited,
      close: () => child.kill('SIGKILL'),
    };
  }

  /** A shell stands for what the container runs. */
  async attach(pod: ReachedPod, wanted: AttachWanted): Promise<ContainerIo> {
    return await this.exec(pod, { ...wanted, kind: 'exec', command: ['sh'] });
  }

  async connectPort(_pod: ReachedPod, port: number): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  }

  async checkPorts(): Promise<void> {}
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The terminal of `script` is that of its child, which may be about to start. */
async function resizeTerminal({ pid }: ChildProcess, columns: number, rows: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const terminal = await terminalOf(pid ?? 0);
    if (terminal) {
      spawn('stty', ['-F', terminal, 'cols', String(columns), 'rows', String(rows)], { stdio: 'ignore' });
      return;
    }
    await pause(10);
  }
}

async function terminalOf(parent: number): Promise<string | undefined> {
  const tasks = await readdir(`/proc/${parent}/task`).catch(() => []);
  if (tasks.length === 0) return undefined;
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '');
  for (const child of children.split(' ').filter(Boolean)) {
    const terminal = await readlink(`/proc/${child}/fd/0`).catch(() => '');
    if (terminal.startsWith('/dev/pts/')) return terminal;
  }
  return undefined;
}
