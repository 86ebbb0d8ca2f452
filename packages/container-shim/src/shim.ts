import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type ContainerSpec, containerWords, execWords, type ProcessSpec, type RunningProcess } from './shim-words.js';

/** The descriptor on which the shim reads what it is to do. */
const WORDS_FD = 3;
/** The descriptor on which it reads the sizes of a terminal. */
const SIZE_FD = 4;

/** What a command wrote is read within this time after its end, in ms. */
const OUTPUT_MS = 200;

/** What a command brought that ran beside a container. */
interface ExecResult {
  code: number;
  /** What it wrote, to both of its outputs, up to the limit. */
  output: string;
  isTimedOut: boolean;
}

/** Starts containers, and commands beside them, by the shim at this path (`native/everynode-shim.c`). */
export class Shim {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Starts a container, which outlives this process. Resolves when its program runs, or with why it could not be
   * started; `isClaimed` is then false when nothing of it was begun. What becomes of it is in its folder.
   */
  async start(spec: ContainerSpec): Promise<{ fault: string; isClaimed: boolean } | undefined> {
    const child = this.#spawn('run', containerWords(spec), ['ignore', 'pipe', 'pipe'], true);
    const unspawned = faultOf(child);
    const [said, faults] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
    child.unref();
    const noShim = unspawned();
    if (noShim) return { fault: noShim.message, isClaimed: false };
    if (said.startsWith('started')) return undefined;
    const fault = /^fault (.*)/.exec(said)?.[1];
    return { fault: fault ?? (faults.trim() || 'the shim has ended'), isClaimed: fault !== undefined };
  }

  /** Starts a command in the namespaces of a container. Its end is that of the child; a kill of the child kills it. */
  spawnBeside(process: RunningProcess, spec: ProcessSpec, stdio: StdioOptions): ChildProcess {
    return this.#spawn('exec', execWords(process, spec), stdio, false);
  }

  /**
   * The same in a terminal of its own, whose input and output are those of the child; it has no other output. Returns
   * what sets the size of the terminal, too.
   */
  spawnInTerminal(
    process: RunningProcess,
    spec: ProcessSpec,
    hasInput: boolean,
  ): { child: ChildProcess; resize: (columns: number, rows: number) => void } {
    const stdio: StdioOptions = [hasInput ? 'pipe' : 'ignore', 'pipe', 'ignore'];
    const child = this.#spawn('exec', execWords(process, spec, true), stdio, false, ['pipe']);
    const sizes = child.stdio[SIZE_FD] as Writable | null | undefined;
    // A command that has ended has no terminal any more.
    sizes?.on('error', () => undefined);
    return { child, resize: (columns, rows) => void sizes?.write(`${columns} ${rows}\n`) };
  }

  /**
   * Runs a command in the namespaces of a container to its end, or kills it after `timeoutMs`.
   * @throws Error where the shim cannot be started.
   */
  async exec(
    process: RunningProcess,
    spec: ProcessSpec,
    { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number },
  ): Promise<ExecResult> {
    const child = this.spawnBeside(process, spec, ['ignore', 'pipe', 'pipe']);
    let isTimedOut = false;
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const timer = setTimeout(() => {
      isTimedOut = true;
      child.kill('SIGKILL');
      // What the command has started may hold them open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, timeoutMs);
    const chunks: Buffer[] = [];
    let left = maxBytes;
    const take = (chunk: Buffer) => {
      if (left > 0) chunks.push(chunk.subarray(0, left));
      left -= chunk.length;
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    try {
      const [code] = (await once(child, 'exit')) as [number | null];
      // What it has started may hold its outputs open: that is not waited for.
      await Promise.race([closed, pause(OUTPUT_MS)]);
      return { code: code ?? 137, output: Buffer.concat(chunks).toString('utf8'), isTimedOut };
    } finally {
      clearTimeout(timer);
      child.stdout?.destroy();
      child.stderr?.destroy();
    }
  }

  /** Mounts a file system in memory at a folder; 0 bytes: without a limit. @throws Error that says why not. */
  mountMemory(folder: string, bytes: number): Promise<void> {
    return this.#do(['tmpfs', folder, String(bytes)]);
  }

  /**
   * Shows what is at a path below a root at another place too. Folders that are missing are made. @throws Error that
   * says why not: also where a link on the path leads out of the root.
   */
  bindBeneath(root: string, path: string, place: string): Promise<void> {
    return this.#do(['bind', root, path, place]);
  }

  /** Unmounts what is mounted at a folder, if anything is. @throws Error that says why not. */
  unmount(folder: string): Promise<void> {
    return this.#do(['unmount', folder]);
  }

  /** Kills what is in a cgroup, and removes its folders. @throws Error where something in it stays. */
  removeCgroup(folders: readonly string[]): Promise<void> {
    return this.#do(['remove-cgroup', ...folders]);
  }

  async #do(args: string[]): Promise<void> {
    const child = spawn(this.#path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const [faults, [code]] = await Promise.all([textOf(child.stderr), once(child, 'exit')]);
    if (code !== 0) throw new Error(faults.trim());
  }

  #spawn(
    command: 'run' | 'exec',
    words: Buffer,
    stdio: StdioOptions,
    isDetached: boolean,
    more: readonly 'pipe'[] = [],
  ): ChildProcess {
    const all = Array.isArray(stdio) ? [...stdio, 'pipe' as const, ...more] : stdio;
    // It needs none of the agent's variables, and may outlive the agent by months.
    const child = spawn(this.#path, [command], { stdio: all, detached: isDetached, cwd: '/', env: {} });
    const pipe = child.stdio?.[WORDS_FD] as NodeJS.WritableStream | null | undefined;
    // A shim that has ended before it read all says why by its code and its words.
    pipe?.on('error', () => undefined);
    pipe?.end(words);
    return child;
  }
}

/** Takes note of a child that could not be made, which has no other end than that. */
function faultOf(child: ChildProcess): () => Error | undefined {
  let fault: Error | undefined;
  child.on('error', (error) => {
    fault = error;
  });
  return () => fault;
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  if (!stream) return '';
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Tells the shim that holds a run something. Returns false when there is none any more. */
function tell(folder: string, text: string): boolean {
  let fd: number;
  try {
    fd = openSync(join(folder, 'control'), constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // There is no file before it has begun, and no reader after its end.
    if (code === 'ENXIO' || code === 'ENOENT') return false;
    throw error;
  }
  try {
    writeSync(fd, text);
    return true;
  } finally {
    closeSync(fd);
  }
}

/** Sends a signal, by its number, to the program of a run. Returns false when its shim has ended. */
export const signalRun = (folder: string, signal: number): boolean => tell(folder, `signal ${signal}\n`);

/** Kills all processes of a run. Returns false when its shim has ended. */
export const killRun = (folder: string): boolean => tell(folder, 'kill\n');

/** Whether any process has a FIFO open for writing. */
function hasWriter(fd: number): boolean {
  try {
    return readSync(fd, Buffer.alloc(1)) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return true;
    throw error;
  }
}

/**
 * Calls `ended` once when the shim that holds a run has ended, soon when it has before. Returns what ends the wait.
 */
export function onShimEnd(folder: string, ended: () => void): () => void {
  // The shim has the other end open as long as it lives, whichever process has started it.
  const fd = openSync(join(folder, 'alive'), constants.O_RDONLY | constants.O_NONBLOCK);
  if (!hasWriter(fd)) {
    // Of a FIFO that had no writer when it was opened, the kernel never says that it has none.
    closeSync(fd);
    const soon = setImmediate(ended);
    return () => clearImmediate(soon);
  }
  const socket = new Socket({ fd, readable: true, writable: false });
  let isCancelled = false;
  socket.on('error', () => undefined);
  socket.once('close', () => {
    if (!isCancelled) ended();
  });
  socket.resume();
  return () => {
    isCancelled = true;
    socket.destroy();
  };
}
