import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Logger } from '@everynode/service-shell';
import type { DrainOutcome } from './shutdown.js';

/** The socket in the folder of the agent, which only root may enter. */
const SOCKET = 'agent.sock';

/** Takes what `everynode agent drain` asks on the machine: `POST /drain` answers when the pods have ended. */
export class AgentSocket {
  readonly #server: Server;

  constructor(stateFolder: string, drain: () => Promise<DrainOutcome>, log: Logger) {
    const path = join(stateFolder, SOCKET);
    // An agent that was killed has left it.
    rmSync(path, { force: true });
    this.#server = createServer((request, response) => {
      if (request.method !== 'POST' || request.url !== '/drain') {
        response.writeHead(404).end();
        return;
      }
      drain().then(
        (outcome) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(outcome)),
        (err: unknown) => {
          log.error({ err }, 'the pods could not be ended');
          response.writeHead(500).end();
        },
      );
    });
    // Without its socket an agent runs its pods all the same.
    this.#server.on('error', (err) => log.error({ err, path }, 'the agent has no socket'));
    this.#server.listen(path);
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
