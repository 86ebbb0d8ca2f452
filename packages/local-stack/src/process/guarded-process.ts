import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { sendSignal } from './process-command.js';

/** The guard below uses descriptor 3. */
const DIRECTORY_DESCRIPTOR = 4;
/** Where a program on Linux finds the directory that it was handed, whatever folders are above it (proc(5)). */
export const HANDED_DIRECTORY = `/proc/self/fd/${DIRECTORY_DESCRIPTOR}`;

/**
 * Streams to add to the three standard ones of a child process: the open directory goes to {@link HANDED_DIRECTORY}.
 */
export function handOver(directory: number | undefined): ('ignore' | number)[] {
  return directory === undefined ? [] : ['ignore', directory];
}

/**
 * Runs a program under a small shell that holds the read end of a pipe from this process. When the pipe closes, by
 * `stop` or because this process has ended (`kill -9` included), the shell signals the program. So the program never
 * outlives this process. `$1` is the signal's name without SIG, the rest is the command.
 */
const GUARD = `
exec 3<&0
signal=$1; shift
"$@" </dev/null 3<&- &
child=$!
{ read -r _ <&3; kill -"$signal" "$child"; } 2>/dev/null &
watch=$!
exec 3<&-
wait "$child"; code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;

export interface GuardedOptions {
  command: string;
  args: string[];
  /** Both outputs are appended to this file. */
  logFile: string;
  env: NodeJS.ProcessEnv;
  stopSignal: NodeJS.Signals;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Descriptor of an open directory that the program finds at {@link HANDED_DIRECTORY}. */
  directory?: number;
}

export interface GuardedProcess {
  /** Resolves once with the exit code; a death by signal counts as 128 + n, as in a shell. Never rejects. */
  readonly exited: Promise<number>;
  readonly running: boolean;
  /** Signals the program and waits; kills it after `graceMs`. May be called twice. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a program that ends when this process ends. It has its own process group: a terminal's Ctrl-C passes it by.
 */
export function startGuarded(options: GuardedOptions): GuardedProcess {
  const words = ['-c', GUARD, 'guard', options.stopSignal.replace(/^SIG/, ''), options.command];
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn('/bin/sh', [...words, ...options.args], {
    cwd: options.cwd ?? '/',
    env: options.env,
    stdio: ['pipe', log, log, ...handOver(options.directory)],
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  closeSync(log);
  let running = true;
  const exited = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 137));
  }).finally(() => {
    running = false;
  });
  child.stdin?.on('error', () => {
    // The guard has ended, and with it the reader of this pipe; `exited` reports it.
  });
  return {
    exited,
    get running() {
      return running;
    },
    async stop(graceMs) {
      child.stdin?.end();
      const { pid } = child;
      if (pid === undefined) return;
      const timer = setTimeout(() => sendSignal(-pid, 'SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}
