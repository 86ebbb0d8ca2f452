import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Agent, request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { protobufEvents } from './protobuf-client.js';
import type { WatchEvent } from './watch-event.js';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind
  json: any;
}

export interface RequestOptions {
  body?: unknown;
  contentType?: string;
  accept?: string;
  headers?: Record<string, string>;
  /** Without the administrator's certificate. */
  anonymous?: boolean;
  /** Keeps connections for later requests: a handshake costs more than most answers. */
  agent?: Agent;
}

/** An open watch. `events` grows as lines come in; `ended` resolves when the server has ended it. */
export interface OpenWatch {
  /** Undefined until the answer begins. */
  status: number | undefined;
  events: WatchEvent[];
  ended: Promise<void>;
  close(): void;
}

/** A request whose answer is not read until `read` is called, which resolves with the text when it is whole. */
interface StalledRequest {
  read(isWhole: (text: string) => boolean): Promise<string>;
  close(): void;
}

/** Sends requests, each over a connection of its own unless it has an agent. */
export interface TestClient {
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  watch(path: string, accept?: string): OpenWatch;
  stall(path: string, options?: RequestOptions): StalledRequest;
}

/** The port of a server on this machine, and PEM texts: its CA, and the administrator's key and certificate. */
export interface ClientOptions {
  port: number;
  ca: string;
  key: string;
  cert: string;
}

export function testClient({ port, ca, key, cert }: ClientOptions): TestClient {
  const open = (method: string, path: string, options: RequestOptions) => {
    const { body, contentType = 'application/json', accept, headers, anonymous, agent = false } = options;
    const content =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const outgoing = httpsRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      ca,
      agent,
      ...(!anonymous && { key, cert }),
      headers: {
        ...(content !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(content) }),
        ...(accept && { accept }),
        ...headers,
      },
    });
    outgoing.end(content);
    return outgoing;
  };

  return {
    request: (method, path, options = {}) =>
      new Promise((resolve, reject) => {
        const outgoing = open(method, path, options);
        outgoing.on('error', reject);
        outgoing.on('response', (response) => {
          answerOf(response).then(resolve, reject);
        });
      }),
    watch: (path, accept) => {
      const events: WatchEvent[] = [];
      const outgoing = open('GET', path, accept === undefined ? {} : { accept });
      const watch: OpenWatch = { status: undefined, events, ended: Promise.resolve(), close: () => outgoing.destroy() };
      watch.ended = new Promise<void>((resolve) => {
        outgoing.on('error', () => resolve());
        outgoing.on('response', (response) => {
          watch.status = response.statusCode;
          if (watch.status !== 200) response.resume();
          const read = response.headers['content-type']?.includes('protobuf') ? protobufEvents() : jsonEvents();
          response.on('data', (chunk: Buffer) => {
            if (watch.status !== 200) return;
            for (const event of read(chunk)) events.push(event);
          });
          response.on('close', () => resolve());
        });
      });
      return watch;
    },
    stall: (path, options = {}) => {
      const outgoing = open('GET', path, options);
      outgoing.on('error', () => undefined);
      const response = new Promise<IncomingMessage>((resolve) => outgoing.on('response', resolve));
      void response.then((incoming) => incoming.pause());
      return { read: async (isWhole) => textOf(await response, isWhole), close: () => outgoing.destroy() };
    },
  };
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const bytes = await buffer(response);
  const text = bytes.toString();
  const { 'content-type': type = '', 'content-encoding': encoding } = response.headers;
  const json: unknown = type.startsWith('application/json') && !encoding && text !== '' ? JSON.parse(text) : undefined;
  return { status: response.statusCode ?? 0, headers: response.headers, bytes, text, json };
}

function textOf(incoming: IncomingMessage, isWhole: (text: string) => boolean): Promise<string> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    incoming.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunk.at(-1) !== 10) return;
      const text = Buffer.concat(chunks).toString();
      if (isWhole(text)) resolve(text);
    });
    incoming.resume();
  });
}

function jsonEvents(): (chunk: Buffer) => WatchEvent[] {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    return lines.map((line) => JSON.parse(line) as WatchEvent);
  };
}
