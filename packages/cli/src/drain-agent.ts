import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The socket of an agent in its folder. Source: services/node-agent, machine/agent-socket.ts. */
const SOCKET = 'agent.sock';

/**
 * Has the agent of this machine end its pods, as before the machine shuts down. Resolves when they have ended; to 1
 * where some have not, in their time.
 * @throws Error where no agent answers.
 */
export async function drainAgent(stateFolder: string): Promise<number> {
  const socketPath = join(stateFolder, SOCKET);
  const asked = request({ socketPath, path: '/drain', method: 'POST' }).end();
  const [response] = (await once(asked, 'response').catch((error: Error) => {
    throw new Error(`no agent of real pods answers at ${socketPath}: ${error.message}`);
  })) as [IncomingMessage];
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`the agent could not end its pods: ${response.statusCode}`);
  const { pods, left } = JSON.parse(body) as { pods: number; left: number };
  process.stdout.write(
    `${pods - left} of ${pods} pods have ended; the node takes no more until its agent starts again.\n`,
  );
  return left === 0 ? 0 : 1;
}
