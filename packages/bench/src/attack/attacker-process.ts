import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AttackName } from './attacks.js';

/** An attack begins to count after its first answers, or this time, in ms. */
const WARM_UP_MS = 3000;

/** What an attacker got until now. */
interface AttackCount {
  answered: number;
  /** Requests that ended without an answer, or with another one than the attack expects. */
  failed: number;
}

/** An attacker in a process of its own. */
export class AttackerProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts an attack. Resolves when it is at full speed. @throws Error when the process ends at its start. */
  static async start(kubeconfig: string, name: AttackName, signal: AbortSignal): Promise<AttackerProcess> {
    // Works from sources (with a loader in execArgv) and from the build.
    const file = import.meta.url.endsWith('.ts') ? 'attacker.ts' : 'attacker.js';
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), [kubeconfig, name], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const settled = new AbortController();
    const until = AbortSignal.any([settled.signal, signal, AbortSignal.timeout(WARM_UP_MS)]);
    const started = once(child, 'message', { signal: until }).catch(() => undefined);
    const ended = once(child, 'exit', { signal: settled.signal }).then(
      () => Promise.reject(new Error(`the attacker (${name}) has ended`)),
      () => undefined,
    );
    await Promise.race([started, ended]);
    settled.abort();
    return new AttackerProcess(child);
  }

  async count(): Promise<AttackCount> {
    this.#child.send('count');
    for (;;) {
      const [message] = (await once(this.#child, 'message')) as [AttackCount | string];
      if (typeof message === 'object') return message;
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
