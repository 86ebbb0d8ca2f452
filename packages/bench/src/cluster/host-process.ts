import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer, Call, ClusterSize } from './host-protocol.js';

const STOP_DEADLINE_MS = 60_000;

type Request = Call extends infer C ? (C extends { number: number } ? Omit<C, 'number'> : never) : never;

/** The process that runs the cluster (cluster-host.ts), as this process sees it. */
export class HostProcess {
  readonly #child: ChildProcess;
  readonly #stateDir: string;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #ended: Promise<void>;
  #hasEnded = false;
  #calls = 0;
  #early: Answer | undefined;

  private constructor(child: ChildProcess, stateDir: string) {
    this.#child = child;
    this.#stateDir = stateDir;
    child.on('message', (answer: Answer) => {
      const settle = this.#answers.get(answer.to);
      this.#answers.delete(answer.to);
      if (settle) settle(answer);
      else if (answer.to === 0) this.#early = answer;
    });
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true;
        for (const [to, settle] of this.#answers) settle({ to, error: 'the cluster has ended' });
        this.#answers.clear();
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
  }

  static async start(size: ClusterSize, env: NodeJS.ProcessEnv): Promise<HostProcess> {
    const stateDir = await mkdtemp(join(tmpdir(), 'everynode-bench-'));
    // Works from sources (with a loader in execArgv) and from the build.
    const file = import.meta.url.endsWith('.ts') ? 'cluster-host.ts' : 'cluster-host.js';
    const program = fileURLToPath(new URL(file, import.meta.url));
    // The bench must not write into servers that the user runs.
    const { DATABASE_URL: _database, NATS_URL: _nats, ...around } = process.env;
    const child = fork(program, [stateDir, JSON.stringify(size)], {
      env: { ...around, EVERYNODE_LOG_LEVEL: 'warn', ...env },
      // A terminal's Ctrl-C reaches the bench only, which stops the cluster in order.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return new HostProcess(child, stateDir);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits for the answer to a call; 0 stands for the start. @throws Error of the answer, or when the signal aborts. */
  async answerTo(number: number, signal?: AbortSignal): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      if (number === 0 && this.#early) resolve(this.#early);
      else if (this.#hasEnded) resolve({ to: number, error: 'the cluster has ended' });
      else this.#answers.set(number, resolve);
      signal?.addEventListener(
        'abort',
        () => reject(new Error('gave up waiting for the cluster', { cause: signal.reason })),
        {
          once: true,
        },
      );
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }

  call(request: Request): Promise<unknown> {
    this.#calls += 1;
    const number = this.#calls;
    const answer = this.answerTo(number);
    if (this.#child.connected) this.#child.send({ ...request, number });
    return answer;
  }

  /** Stops it, and kills it when that takes too long. All that it started ends with it. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS);
    // It stops when its channel closes, as it does when the bench ends.
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
    clearTimeout(timer);
    await rm(this.#stateDir, { recursive: true, force: true });
  }
}
