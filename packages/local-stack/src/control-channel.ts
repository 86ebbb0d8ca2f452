import { createHash, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { randomSecret, readIfPresent, writeSecretFile } from '@everynode/service-shell/private-files';
import { COMMANDS, HERE } from './installation.js';
import type { NodeSpec, Taint } from './services/fleet.js';
import type { StackStatus } from './stack-status.js';

/** Nodes to add: by name, or `count` plain workers with the next free names. */
export interface NodesRequest {
  names?: string[];
  count?: number;
  labels?: Record<string, string>;
  taints?: Taint[];
  /** Those of the names that no Node object has: where the fleet has one, it was deleted, and may be made again. */
  absent?: string[];
}

export interface AddedNodes {
  /** The agent that hosts them. */
  agent: string;
  nodes: string[];
  /** Of these the fleet had an agent already, which hosts them as soon as they are created. */
  again: NodeSpec[];
}

/** What the command line may ask of a running supervisor. */
export interface StackControl {
  status(): StackStatus;
  /** Adds an agent that hosts these nodes to the fleet, and resolves when it runs. */
  addNodes(request: NodesRequest): Promise<AddedNodes>;
  /** Kills an agent's process, as a machine dies, and leaves it dead until `startAgent`. */
  stopAgent(agent: string): Promise<void>;
  startAgent(agent: string): Promise<void>;
  /** Begins to stop everything; the process ends some time after. */
  requestStop(): void;
}

interface Address {
  port: number;
  token: string;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const addressFile = (runDir: string) => join(runDir, 'control.json');
const digest = (text: string) => createHash('sha256').update(text).digest();

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('the request is too large');
    chunks.push(chunk);
  }
  return size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function answer(control: StackControl, route: string, body: unknown): Promise<unknown> {
  switch (route) {
    case 'GET /status':
      return control.status();
    case 'POST /nodes':
      return control.addNodes(body as NodesRequest);
    case 'POST /agents/stop':
      await control.stopAgent((body as { agent: string }).agent);
      return {};
    case 'POST /agents/start':
      await control.startAgent((body as { agent: string }).agent);
      return {};
    case 'POST /stop':
      control.requestStop();
      return {};
    default:
      throw new Error(`no such request: ${route}`);
  }
}

/**
 * Serves HTTP on a loopback port, only to clients that send the token in `runDir`. Returns a function that closes it.
 */
export async function openControlChannel(runDir: string, control: StackControl): Promise<() => Promise<void>> {
  const token = randomSecret();
  const expected = digest(`Bearer ${token}`);
  const server: Server = createServer((request, response) => {
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      reply(401, { error: 'wrong token' });
      return;
    }
    bodyOf(request)
      .then((body) => answer(control, `${request.method} ${request.url}`, body))
      .then(
        (result) => reply(200, result),
        (error: unknown) => reply(400, { error: error instanceof Error ? error.message : String(error) }),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address: Address = { port: (server.address() as AddressInfo).port, token };
  await writeSecretFile(addressFile(runDir), JSON.stringify(address));
  return async () => {
    await rm(addressFile(runDir), { force: true });
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
}

/** There is no supervisor on the control channel of this state directory. */
export class NotRunningError extends Error {
  override readonly name = 'NotRunningError';
  readonly retryable = false;
  constructor() {
    super(`Everynode is not running ${HERE}. Start it: ${COMMANDS.start}`);
  }
}

/** Calls the supervisor of a state directory. Methods reject with {@link NotRunningError} when there is none. */
export class ControlClient {
  readonly #runDir: string;
  readonly #deadlineMs: number | undefined;

  /** With `deadlineMs` a supervisor that hangs counts as one that is not there. */
  constructor(runDir: string, deadlineMs?: number) {
    this.#runDir = runDir;
    this.#deadlineMs = deadlineMs;
  }

  status(): Promise<StackStatus> {
    return this.#call('GET', '/status') as Promise<StackStatus>;
  }

  addNodes(request: NodesRequest): Promise<AddedNodes> {
    return this.#call('POST', '/nodes', request) as Promise<AddedNodes>;
  }

  async stopAgent(agent: string): Promise<void> {
    await this.#call('POST', '/agents/stop', { agent });
  }

  async startAgent(agent: string): Promise<void> {
    await this.#call('POST', '/agents/start', { agent });
  }

  async requestStop(): Promise<void> {
    await this.#call('POST', '/stop');
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const text = await readIfPresent(addressFile(this.#runDir));
    if (text === undefined) throw new NotRunningError();
    const { port, token } = JSON.parse(text) as Address;
    let response: Response;
    try {
      response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(this.#deadlineMs !== undefined && { signal: AbortSignal.timeout(this.#deadlineMs) }),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new NotRunningError();
    }
    const result = (await response.json()) as { error?: string };
    if (!response.ok) throw new Error(result.error ?? `the supervisor answered ${response.status}`);
    return result;
  }
}
