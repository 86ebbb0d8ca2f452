import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BusCredential } from '@everynode/bus-credentials';

/** A process that sends as much to the bus as it can, with the credential of an agent. */
export class Flood {
  readonly #child: ChildProcess;
  /** Messages that were sent until now. */
  sent = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message) => {
      this.sent = (message as { sent: number }).sent;
    });
  }

  /** Resolves when it has begun. It sends the messages in turn, without end. */
  static async start(
    url: string,
    credential: BusCredential,
    messages: readonly { subject: string; body: string }[],
  ): Promise<Flood> {
    const file = fileURLToPath(new URL('flooding-client.mjs', import.meta.url));
    const child = fork(file, { execArgv: [] });
    child.send({ url, ...credential, messages });
    const flood = new Flood(child);
    while (flood.sent === 0) await once(child, 'message');
    return flood;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
