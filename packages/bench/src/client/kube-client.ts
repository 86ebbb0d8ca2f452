import type { IncomingMessage } from 'node:http';
import { Agent, type AgentOptions, type RequestOptions, request } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

export const JSON_TYPE = 'application/json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** A request that takes longer has failed: the bench never waits for a server without end. */
const CALL_DEADLINE_MS = 60_000;
const NEWLINE = 10;

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

interface CallOptions {
  contentType?: string;
  accept?: string;
  /** Accepts a compressed answer, which is not unpacked. */
  gzip?: boolean;
  /** Statuses that count as success besides 2xx. */
  accepts?: readonly number[];
  /** The user as which the request is made, with all rights. */
  as?: string;
  /** Opens a connection for this request alone. */
  fresh?: boolean;
}

/** Times of one answer since its request, and its size. */
interface TimedAnswer {
  status: number;
  firstByteMs: number;
  totalMs: number;
  bytes: number;
  body: Buffer;
}

/** A client of the API server in the kubeconfig's current context. It is plain HTTPS: its own cost must be small. */
export class KubeClient {
  readonly kubeconfig: string;
  readonly #headers: Record<string, string>;
  readonly #server: URL;
  /** Connections that are used again, for calls. */
  readonly #calls: Agent;
  /** A connection for each stream. */
  readonly #streams: Agent;

  private constructor(kubeconfig: string, server: string, headers: Record<string, string>, tls: AgentOptions) {
    this.kubeconfig = kubeconfig;
    this.#server = new URL(server);
    this.#headers = headers;
    this.#calls = new Agent({ keepAlive: true, maxSockets: 64, ...tls });
    this.#streams = new Agent({ keepAlive: false, ...tls });
  }

  static async open(kubeconfig: string): Promise<KubeClient> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const server = config.getCurrentCluster()?.server;
    if (!server) throw new Error(`${kubeconfig} names no cluster`);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
    const { ca, cert, key, rejectUnauthorized } = options;
    const tls = {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    };
    return new KubeClient(kubeconfig, server, (options.headers ?? {}) as Record<string, string>, tls);
  }

  #request(agent: Agent, method: string, path: string, headers: Record<string, string>) {
    return request(new URL(path, this.#server), { agent, method, headers: { ...this.#headers, ...headers } });
  }

  /**
   * Returns the answer with its times. A body that is a text is sent as it is.
   * @throws Error for a status that is neither 2xx nor accepted.
   */
  timed(method: string, path: string, body?: object | string, options: CallOptions = {}): Promise<TimedAnswer> {
    const { accept = JSON_TYPE, gzip = false, contentType = JSON_TYPE, accepts = [], as, fresh } = options;
    return new Promise((resolve, reject) => {
      const text = typeof body === 'object' ? JSON.stringify(body) : body;
      const began = performance.now();
      const headers = {
        accept,
        ...(gzip && { 'accept-encoding': 'gzip' }),
        ...(text !== undefined && { 'content-type': contentType }),
        ...(as !== undefined && { 'impersonate-user': as, 'impersonate-group': 'system:masters' }),
      };
      const outgoing = this.#request(fresh ? this.#streams : this.#calls, method, path, headers);
      outgoing.setTimeout(CALL_DEADLINE_MS, () => {
        outgoing.destroy(new Error(`${method} ${path}: no answer within ${CALL_DEADLINE_MS} ms`));
      });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        let firstByteMs: number | undefined;
        response.on('data', (chunk: Buffer) => {
          firstByteMs ??= performance.now() - began;
          chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks);
          const totalMs = performance.now() - began;
          const status = response.statusCode ?? 0;
          if ((status >= 200 && status < 300) || accepts.includes(status)) {
            resolve({ status, firstByteMs: firstByteMs ?? totalMs, totalMs, bytes: answer.length, body: answer });
          } else reject(new Error(`${method} ${path}: ${status} ${answer.toString().slice(0, 300)}`));
        });
      });
      outgoing.end(text);
    });
  }

  /** The parsed answer; see {@link timed}. */
  async call<T>(method: string, path: string, body?: object, options: CallOptions = {}): Promise<T> {
    return JSON.parse((await this.timed(method, path, body, options)).body.toString()) as T;
  }

  /** Calls `onLine` for each line of an answer that does not end, until the returned function is called. */
  lines(
    path: string,
    accept: string,
    onLine: (line: Buffer) => void,
    onEnd: (error: Error) => void,
    onOpen: () => void = () => undefined,
  ): () => void {
    const outgoing = this.#request(this.#streams, 'GET', path, { accept });
    let closed = false;
    const end = (error: Error): void => {
      if (!closed) onEnd(error);
      closed = true;
      outgoing.destroy();
    };
    const read = (response: IncomingMessage): void => {
      let rest: Buffer | undefined;
      response.on('data', (chunk: Buffer) => {
        const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
        let from = 0;
        for (let at = bytes.indexOf(NEWLINE); at >= 0 && !closed; at = bytes.indexOf(NEWLINE, from)) {
          onLine(bytes.subarray(from, at));
          from = at + 1;
        }
        rest = from < bytes.length ? bytes.subarray(from) : undefined;
      });
      response.on('error', end);
      response.on('end', () => end(new Error(`the watch of ${path} has ended`)));
      if (response.statusCode === 200) onOpen();
      else end(new Error(`GET ${path}: ${response.statusCode}`));
    };
    outgoing.on('error', end);
    outgoing.on('response', read);
    outgoing.end();
    return () => {
      closed = true;
      outgoing.destroy();
    };
  }

  /**
   * Calls `onEvent` for each event until the returned function is called, and `onEnd` when the stream ends by itself.
   */
  watch<T>(
    path: string,
    accept: string,
    onEvent: (event: WatchEvent<T>) => void,
    onEnd: (error: Error) => void,
  ): () => void {
    const onLine = (line: Buffer): void => {
      const event = JSON.parse(line.toString()) as WatchEvent<T>;
      if (event.type === 'ERROR') onEnd(new Error(`the watch of ${path}: ${line.toString().slice(0, 300)}`));
      else onEvent(event);
    };
    return this.lines(path, accept, onLine, onEnd);
  }

  close(): void {
    this.#calls.destroy();
    this.#streams.destroy();
  }
}
