import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../process/free-port.js';
import { removePidFile, writePidFile } from '../process/pid-file.js';
import { sendSignal } from '../process/process-command.js';
import { waitUntil } from '../process/wait-until.js';
import type { Launch, LaunchOf } from '../stack-options.js';
import { lastLines, sizeOf } from '../state/log-files.js';
import type { Replica } from './front-door.js';
import { ReadinessWatch, type WatchedState } from './readiness-watch.js';
import { restartDelayMs, SETTLED_MS } from './restart-delay.js';
import { closeStuckHandle, recallQueuedHandles } from './stuck-handle.js';

const STOP_GRACE_MS = 15_000;
/** A service that died so often before it was ready is given up. */
const FUTILE_STARTS = 5;

export interface ServiceOptions {
  /** Unique in the stack, such as `api-1`: names the log and the pid file. */
  name: string;
  /** The script to run, an absolute path. */
  entry: string;
  env: NodeJS.ProcessEnv;
  /** Asked before each start; without it the process gets `env` and no wrapper. */
  launchOf?: LaunchOf | undefined;
  logsDir: string;
  runDir: string;
  onExit?: (description: string) => void;
  /** Called when it begins to serve, and again when it answers after a silence. */
  onServing?: () => void;
}

/** `silent`: it has started and does not answer its health port now. `stopping`: it has said that it ends. */
export type ServiceState = WatchedState | 'stopping' | 'waiting to restart' | 'stopped';

export interface ServiceStatus {
  name: string;
  state: ServiceState;
  /** Since when it is in this state, as an RFC 3339 time. */
  since: string;
  pid: number | null;
  restarts: number;
  /** How it ended the last time that it was not asked to. */
  lastExit: { how: string; at: string } | null;
  healthPort: number | null;
  log: string;
}

/**
 * Keeps one service running as a process of its own: starts it, watches its readiness, and starts it again with
 * back-off when it dies. The process hangs on an IPC channel and ends when that breaks, so it never outlives this
 * process.
 */
export class ServiceProcess implements Replica {
  readonly name: string;
  readonly #options: ServiceOptions;
  readonly #log: string;
  #child: ChildProcess | undefined;
  #state: ServiceState = 'stopped';
  #since = new Date();
  #lastExit: { how: string; at: string } | null = null;
  #wanted = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #restarts = 0;
  /** Deaths in a row without having been ready. */
  #failedStarts = 0;
  #healthPort: number | undefined;
  #logStart = 0;

  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#log = join(options.logsDir, `${options.name}.log`);
    this.#wanted.abort();
  }

  get ready(): boolean {
    return this.#state === 'ready' && this.#child?.connected === true;
  }

  get serving(): boolean {
    return (this.#state === 'ready' || this.#state === 'not ready') && this.#child?.connected === true;
  }

  status(): ServiceStatus {
    return {
      name: this.name,
      state: this.#state,
      since: this.#since.toISOString(),
      pid: this.#child?.pid ?? null,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      healthPort: this.#child === undefined ? null : (this.#healthPort ?? null),
      log: this.#log,
    };
  }

  receive(socket: Socket, done: (error: Error | null) => void): void {
    if (this.#child === undefined) done(new Error(`${this.name} is not running`));
    else this.#child.send({ type: 'connection' }, socket, { keepOpen: false }, done);
  }

  /** Starts it, unless it runs already. */
  async start(): Promise<void> {
    if (!this.#wanted.signal.aborted) return;
    this.#wanted = new AbortController();
    this.#enter('starting');
    this.#failedStarts = 0;
    this.#logStart = await sizeOf(this.#log);
    this.#loop = this.#keepRunning(this.#wanted.signal);
  }

  /** Resolves when it is ready; rejects with the end of its log at the deadline, or when it dies at every start. */
  async untilReady(deadlineMs: number, signal?: AbortSignal): Promise<void> {
    try {
      const probe = () => {
        if (this.#failedStarts >= FUTILE_STARTS) throw new Error(`${this.name} died ${this.#failedStarts} times`);
        return this.ready;
      };
      await waitUntil(probe, {
        what: `${this.name} to be ready`,
        deadlineMs,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      const tail = await lastLines(this.#log, 12, this.#logStart);
      throw new Error(`${this.name} did not become ready (log: ${this.#log}):\n${tail}`, { cause: error });
    }
  }

  /** Asks it to end, kills it when it takes too long, and does not start it again. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = STOP_GRACE_MS): Promise<void> {
    this.#wanted.abort();
    const { pid } = this.#child ?? {};
    if (pid !== undefined) sendSignal(pid, signal);
    const timer = setTimeout(() => pid !== undefined && sendSignal(pid, 'SIGKILL'), graceMs);
    await this.#loop;
    clearTimeout(timer);
    this.#enter('stopped');
  }

  #enter(state: ServiceState): void {
    const wasServing = this.serving;
    if (state !== this.#state) this.#since = new Date();
    this.#state = state;
    const takesNone = state === 'silent' || state === 'stopping';
    if (takesNone && this.#child !== undefined) recallQueuedHandles(this.#child);
    if (this.serving && !wasServing) this.#options.onServing?.();
  }

  async #keepRunning(wanted: AbortSignal): Promise<void> {
    for (let deaths = 0; !wanted.aborted; ) {
      const startedAt = performance.now();
      const hadStarted = await this.#runOnce(wanted);
      if (wanted.aborted) break;
      deaths = performance.now() - startedAt > SETTLED_MS ? 1 : deaths + 1;
      // A process that never came up may have found its health port taken.
      if (!hadStarted) this.#healthPort = undefined;
      this.#failedStarts = hadStarted ? 0 : this.#failedStarts + 1;
      this.#restarts += 1;
      this.#enter('waiting to restart');
      await delay(restartDelayMs(deaths, hadStarted), undefined, { signal: wanted }).catch(() => undefined);
    }
  }

  /** Runs the process to its end. Returns whether its start was ever complete. */
  async #runOnce(wanted: AbortSignal): Promise<boolean> {
    this.#enter('starting');
    this.#healthPort ??= await freePort();
    const { env, launchOf } = this.#options;
    const own = { ...env, EVERYNODE_REPLICA: this.name, EVERYNODE_HEALTH_PORT: String(this.#healthPort) };
    const launch = (await launchOf?.(this.name, own)) ?? { env: own };
    if (wanted.aborted) return false;
    const child = this.#fork(launch);
    this.#child = child;
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
    });
    const watch = new ReadinessWatch(this.#healthPort, (state) => this.#enter(state));
    const watching = new AbortController();
    child.on('message', (message: { type?: string } | null) => {
      if (message?.type === 'started') watch.started();
      if (message?.type !== 'stopping') return;
      watching.abort();
      this.#enter('stopping');
      // Nothing is sent after this. The process may be gone already.
      child.send({ type: 'dismissed' }, () => undefined);
    });
    if (child.pid !== undefined) {
      const { entry, runDir } = this.#options;
      await writePidFile(runDir, this.name, { pid: child.pid, entry, healthPort: this.#healthPort });
    }
    const watched = watch.run(watching.signal);
    const how = await ended;
    watching.abort();
    closeStuckHandle(child);
    this.#child = undefined;
    this.#enter('stopped');
    await watched;
    await removePidFile(this.#options.runDir, this.name);
    if (!wanted.aborted) {
      this.#lastExit = { how, at: new Date().toISOString() };
      this.#options.onExit?.(how);
    }
    return watch.hasStarted;
  }

  #fork({ env, wrapper = [] }: Launch): ChildProcess {
    // The last word of a wrapper's command line is the program that it becomes.
    const [execPath = process.execPath, ...execArgv] = [...wrapper, process.execPath];
    const log = openSync(this.#log, 'a', 0o600);
    try {
      return fork(this.#options.entry, [], {
        env,
        stdio: ['ignore', log, log, 'ipc'],
        execPath,
        execArgv,
        // Its own process group: a terminal's Ctrl-C reaches only this process, which stops the others in order.
        detached: true,
      });
    } finally {
      closeSync(log);
    }
  }
}
