import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

export interface Answer {
  status: number;
  retryAfter: boolean;
  /** It has a Warning header. */
  warned: boolean;
  /** The parsed body; undefined when it is no JSON. */
  body: unknown;
  /** The call went by a connection that an earlier one had opened. */
  reused: boolean;
}

/** The code of the connection's error, or `gave up` when the client's patience was over. */
export interface NoAnswer {
  noAnswer: string;
  reused: boolean;
}

interface CallOptions {
  method: string;
  path: string;
  body?: object;
  contentType?: string;
  /** The client hangs up after so long, in ms. */
  patienceMs: number;
}

/**
 * A connection is used for so long, in ms, and then another is opened, as by commands that come and go. Otherwise all
 * clients would stay with the replica that was there when the others ended, and that one would do all the work.
 */
const RENEW_MS = 5000;

/** A client of one address of the API: the front door, or one replica's own port. */
export class KubeClient {
  readonly #base: string;
  readonly #tls: object;
  readonly #streams: Agent;
  #agent: Agent;
  #agentSince = performance.now();

  private constructor(base: string, tls: object) {
    this.#base = base;
    this.#tls = tls;
    this.#agent = this.#newAgent();
    this.#streams = new Agent({ keepAlive: false, ...tls });
  }

  /** With `port`, the client of one replica in place of the front door. */
  static async open(kubeconfig: string, port?: number): Promise<KubeClient> {
    const config = new KubeConfig();
    config.loadFromString(await readFile(kubeconfig, 'utf8'));
    const base = port === undefined ? config.getCurrentCluster()?.server : `https://127.0.0.1:${port}`;
    if (!base) throw new Error(`${kubeconfig} names no cluster`);
    const options: Record<string, unknown> = {};
    await config.applyToHTTPSOptions(options);
    const { ca, cert, key } = options;
    return new KubeClient(base, { ca, cert, key });
  }

  call({ method, path, body, contentType = 'application/json', patienceMs }: CallOptions): Promise<Answer | NoAnswer> {
    return new Promise((resolve) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      // Node sets no length on the body of a DELETE.
      const length = { 'content-type': contentType, 'content-length': String(Buffer.byteLength(text ?? '')) };
      const headers = { accept: 'application/json', ...(text !== undefined && length) };
      const outgoing = request(new URL(path, this.#base), { agent: this.#youngAgent(), method, headers });
      const timer = setTimeout(() => {
        resolve({ noAnswer: 'gave up', reused: outgoing.reusedSocket });
        outgoing.destroy();
      }, patienceMs);
      const fail = (error: NodeJS.ErrnoException): void => {
        clearTimeout(timer);
        resolve({ noAnswer: error.code ?? error.message, reused: outgoing.reusedSocket });
      };
      outgoing.on('error', fail);
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          clearTimeout(timer);
          const retryAfter = response.headers['retry-after'] !== undefined;
          const warned = response.headers.warning !== undefined;
          const body = parsed(Buffer.concat(chunks).toString());
          resolve({ status: response.statusCode ?? 0, retryAfter, warned, body, reused: outgoing.reusedSocket });
        });
      });
      outgoing.end(text);
    });
  }

  #newAgent(): Agent {
    return new Agent({ keepAlive: true, maxSockets: 8, ...this.#tls });
  }

  /** Calls under way go on by the connection that they have. */
  #youngAgent(): Agent {
    if (performance.now() - this.#agentSince < RENEW_MS) return this.#agent;
    const { freeSockets } = this.#agent;
    Object.assign(this.#agent, { keepAlive: false });
    for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
    this.#agent = this.#newAgent();
    this.#agentSince = performance.now();
    return this.#agent;
  }

  /** Sends the head and half of the body of a request, and hangs up. */
  hangUp(method: string, path: string, body: object): Promise<void> {
    const text = JSON.stringify(body);
    return new Promise((resolve) => {
      const headers = { 'content-type': 'application/json', 'content-length': String(text.length) };
      const outgoing = request(new URL(path, this.#base), { agent: this.#streams, method, headers });
      outgoing.on('error', () => undefined);
      outgoing.on('close', () => resolve());
      outgoing.write(text.slice(0, text.length / 2), () => outgoing.destroy());
    });
  }

  /**
   * Opens a watch. `onOpen` is called when the server has accepted it, `onLine` for each line; `onEnd` is called once
   * when the stream ends by itself, with the status of an answer that is no stream. The returned stream may be paused,
   * and closed.
   */
  watch(path: string, { onOpen, onLine, onEnd }: WatchListeners): WatchStream {
    const outgoing = request(new URL(path, this.#base), {
      agent: this.#streams,
      headers: { accept: 'application/json' },
    });
    let incoming: IncomingMessage | undefined;
    let closed = false;
    const end = (how: { code?: number; error?: string }): void => {
      if (closed) return;
      closed = true;
      outgoing.destroy();
      onEnd(how);
    };
    outgoing.on('error', (error: NodeJS.ErrnoException) => end({ error: error.code ?? error.message }));
    outgoing.on('response', (response) => {
      if (response.statusCode !== 200) {
        end({ code: response.statusCode ?? 0 });
        return;
      }
      if (closed) return;
      incoming = response;
      onOpen();
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (!closed) onLine(line);
      });
      response.on('error', (error: NodeJS.ErrnoException) => end({ error: error.code ?? error.message }));
      response.on('end', () => end({}));
    });
    outgoing.end();
    return {
      pause: () => incoming?.pause(),
      resume: () => incoming?.resume(),
      close: () => {
        closed = true;
        outgoing.destroy();
      },
    };
  }

  close(): void {
    this.#agent.destroy();
    this.#streams.destroy();
  }
}

interface WatchListeners {
  onOpen: () => void;
  onLine: (line: string) => void;
  onEnd: (end: { code?: number; error?: string }) => void;
}

export interface WatchStream {
  pause(): void;
  resume(): void;
  close(): void;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
