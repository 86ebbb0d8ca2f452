import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { AttackName } from './attacks.js';

/** An attack begins to count after its first answers, or this time, in ms. */
const WARM_UP_MS = 3000;

const NOISY_AGENT = 'bench-noisy';

/** What an attacker got until now. */
interface AttackCount {
  /** Of an agent: the messages that it has sent. */
  answered: number;
  /** Requests that ended without an answer, or with another one than the attack expects. */
  failed: number;
  /** CPU that its process has used, in ms. */
  cpuMs: number;
}

/** An attacker in a process of its own. */
export class AttackerProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts an attack. Resolves when it is at full speed. @throws Error when the process ends at its start. */
  static start(kubeconfig: string, name: AttackName, signal: AbortSignal): Promise<AttackerProcess> {
    return AttackerProcess.begin('attacker', [kubeconfig, name], signal);
  }

  /** Starts an agent that sends all it can. It hosts no node. @throws Error when the process ends at its start. */
  static async startAgent(cluster: OwnCluster, signal: AbortSignal): Promise<AttackerProcess> {
    const { credentialsFile, caFile } = await cluster.agentCredential(NOISY_AGENT);
    return await AttackerProcess.begin(
      'flooding-agent',
      [NOISY_AGENT, cluster.nats.url, credentialsFile, caFile],
      signal,
    );
  }

  /** Starts a process that uses this much CPU, in cores, and sends nothing. */
  static startBusy(cores: number, signal: AbortSignal): Promise<AttackerProcess> {
    return AttackerProcess.begin('busy-process', [cores.toFixed(3)], signal);
  }

  private static async begin(program: string, args: readonly string[], signal: AbortSignal): Promise<AttackerProcess> {
    // Works from sources (with a loader in execArgv) and from the build.
    const file = `${program}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`;
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const settled = new AbortController();
    const until = AbortSignal.any([settled.signal, signal, AbortSignal.timeout(WARM_UP_MS)]);
    const started = once(child, 'message', { signal: until }).catch(() => undefined);
    const ended = once(child, 'exit', { signal: settled.signal }).then(
      () => Promise.reject(new Error(`${program} has ended`)),
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
