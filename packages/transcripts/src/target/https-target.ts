import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { KubeConfig } from '@kubernetes/client-node';
import type { Answer, Headers } from '../exchange.js';
import { bodyFromBytes, mediaTypeOf } from '../read/read-body.js';
import { EventStream } from './event-stream.js';
import type { OutgoingRequest } from './outgoing-request.js';
import type { OpenStream, Target } from './target.js';

const TIMEOUT_MS = 60_000;
const unzip = promisify(gunzip);

export interface Credentials {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  rejectUnauthorized?: boolean;
  headers?: Record<string, string>;
}

/** An API server over HTTP or HTTPS. */
export class HttpsTarget implements Target {
  readonly #server: URL;
  readonly #credentials: Credentials;
  readonly #agent: Agent;

  constructor(server: string, credentials: Credentials = {}) {
    this.#server = new URL(server);
    this.#credentials = credentials;
    const { headers: _headers, ...tls } = credentials;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 8, ...tls });
  }

  /** The server of a kubeconfig's current context, with its user. */
  static async ofKubeconfig(file: string): Promise<HttpsTarget> {
    const config = new KubeConfig();
    config.loadFromFile(file);
    const server = config.getCurrentCluster()?.server;
    if (!server) throw new Error(`${file} names no cluster`);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
    const { ca, cert, key, rejectUnauthorized } = options as Credentials;
    return new HttpsTarget(server, {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      headers: (options.headers ?? {}) as Record<string, string>,
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #open({ method, path, headers, body }: OutgoingRequest, signal?: AbortSignal): Promise<IncomingMessage> {
    const { protocol, hostname, port, pathname } = this.#server;
    const plain = protocol === 'http:';
    const options = {
      protocol,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port: port || (plain ? 80 : 443),
      method,
      // Unchanged: a path that is not a valid URL may be the subject of the test.
      path: `${pathname.replace(/\/$/, '')}${path}`,
      headers: { ...this.#credentials.headers, ...headers },
      ...(signal && { signal }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = plain ? httpRequest(options) : httpsRequest({ ...options, agent: this.#agent });
      outgoing.on('error', reject);
      outgoing.on('response', resolve);
      outgoing.end(body);
    });
  }

  async send(request: OutgoingRequest): Promise<Answer> {
    const response = await this.#open(request, AbortSignal.timeout(TIMEOUT_MS));
    const headers = headersOf(response);
    const bytes = await bytesOf(response);
    return { status: response.statusCode ?? 0, headers, body: bodyFromBytes(bytes, mediaTypeOf(headers), false) };
  }

  async watch(request: OutgoingRequest): Promise<OpenStream> {
    const response = await this.#open(request);
    const headers = headersOf(response);
    const status = response.statusCode ?? 0;
    if (status === 200) return new EventStream(response, headers);
    const rest = bytesOf(response).then((bytes) => bodyFromBytes(bytes, mediaTypeOf(headers), false));
    return { status, headers, rest, gather: () => Promise.resolve([]), close: () => response.destroy() };
  }
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const present = Object.entries(headersDistinct).filter(
    (entry): entry is [string, string[]] => entry[1] !== undefined,
  );
  return Object.fromEntries(present);
}

async function bytesOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return response.headers['content-encoding'] === 'gzip' && bytes.length > 0 ? await unzip(bytes) : bytes;
}
