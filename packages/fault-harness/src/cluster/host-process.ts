import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LaunchOf } from '@everynode/local-stack';
import type { Call, HarnessMessage, HostMessage, HostRequest } from './host-protocol.js';

const STOP_DEADLINE_MS = 60_000;

type Request = Omit<Call, 'call'>;
type Answer = Extract<HostMessage, { to: number }>;

interface HostOptions {
  request: HostRequest;
  /** More environment for all processes. */
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** Asked before each start of a process of the cluster. */
  launchOf: LaunchOf;
}

/** The process that supervises the cluster (cluster-host.ts), as the harness sees it. */
export class HostProcess {
  readonly #child: ChildProcess;
  readonly #launchOf: LaunchOf;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(child: ChildProcess, launchOf: LaunchOf) {
    this.#child = child;
    this.#launchOf = launchOf;
    child.on('message', (message: HostMessage) => void this.#receive(message));
    child.once('exit', () => {
      for (const [to, settle] of this.#answers) settle({ to, error: 'the supervisor has ended' });
      this.#answers.clear();
    });
  }

  /**
   * Starts the cluster, and resolves when it answers.
   * @throws Error with the end of a log when something does not start; nothing runs then.
   */
  static async start({ request, env, logFile, launchOf }: HostOptions): Promise<HostProcess> {
    // Of the build, as the services that it starts, also when a test runs the harness from its sources.
    const program = fileURLToPath(new URL('../../dist/cluster/cluster-host.js', import.meta.url));
    // The harness must not break servers that the user runs.
    const { DATABASE_URL: _database, NATS_URL: _nats, ...around } = process.env;
    const log = openSync(logFile, 'a', 0o600);
    const child = fork(program, [JSON.stringify(request)], {
      env: { ...around, ...env },
      // Those of vitest lead to sources.
      execArgv: [],
      // A terminal's Ctrl-C reaches only the harness, which stops the cluster in order.
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    const host = new HostProcess(child, launchOf);
    const { error } = await host.#answerTo(0);
    if (error === undefined) return host;
    await host.stop();
    throw new Error(error);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @throws Error of the answer, or when the supervisor has ended. */
  async call<T>(request: Request): Promise<T> {
    this.#calls += 1;
    const answer = this.#answerTo(this.#calls);
    this.#send({ ...request, call: this.#calls });
    const { error, result } = await answer;
    if (error !== undefined) throw new Error(error);
    return result as T;
  }

  /** Stops the cluster, and kills its supervisor when that takes too long. All that it started ends with it. */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS);
    const ended = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    await ended;
    clearTimeout(timer);
  }

  /** Kills the supervisor: its services, Postgres and NATS end by themselves. */
  async kill(): Promise<void> {
    if (!this.#isRunning) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  #answerTo(number: number): Promise<Answer> {
    if (!this.#isRunning) return Promise.resolve({ to: number, error: 'the supervisor has ended' });
    return new Promise((resolve) => this.#answers.set(number, resolve));
  }

  async #receive(message: HostMessage): Promise<void> {
    if ('ask' in message) {
      this.#send({ asked: message.ask, launch: await this.#launchOf(message.name, message.env) });
      return;
    }
    this.#answers.get(message.to)?.(message);
    this.#answers.delete(message.to);
  }

  #send(message: HarnessMessage): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
