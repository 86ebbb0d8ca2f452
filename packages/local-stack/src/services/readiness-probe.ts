import { Agent, request } from 'node:http';

/** What GET /readyz of a process says: 200, anything else, or nothing within the time. */
export type ProbeResult = 'ready' | 'not ready' | 'silent';

const TIMEOUT_MS = 1000;
/** One question in so many is asked on a new connection: it asks whether the process still takes connections. */
const NEW_CONNECTION_EVERY = 10;

/** Asks a process on loopback again and again, over one connection: a new one for each question costs both more. */
export class ReadinessProbe {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #questions = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async ask(): Promise<ProbeResult> {
    if (this.#questions % NEW_CONNECTION_EVERY === 0) this.close();
    this.#questions += 1;
    let answer = await this.#request();
    // That a kept connection broke is no news of the process; a new one has it.
    if (answer === 'broken') answer = await this.#request();
    return answer === 'broken' ? 'silent' : answer;
  }

  /** Ends the connection. */
  close(): void {
    this.#agent.destroy();
  }

  #request(): Promise<ProbeResult | 'broken'> {
    return new Promise((resolve) => {
      const options = { host: '127.0.0.1', port: this.#port, path: '/readyz', timeout: TIMEOUT_MS, agent: this.#agent };
      let isOverdue = false;
      const asked = request(options, (response) => {
        response.resume();
        const result = response.statusCode === 200 ? 'ready' : 'not ready';
        // Only then the connection can take the next question.
        response.once('close', () => resolve(result));
      });
      asked.once('timeout', () => {
        isOverdue = true;
        asked.destroy();
      });
      asked.once('error', () => resolve(asked.reusedSocket && !isOverdue ? 'broken' : 'silent'));
      asked.end();
    });
  }
}
