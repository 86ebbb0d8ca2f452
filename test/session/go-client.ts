import { readFile } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { PROTOBUF, protobufEvents, readObject, writeObject } from '@everynode/api/testing';
import { parse } from 'yaml';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind
export type Any = any;

/** The Accept header of client-go's typed clients since 1.32; before, they accepted only JSON by default. */
const TYPED = `${PROTOBUF},application/json`;
const AS_METADATA = ';as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const AS_METADATA_LIST = ';as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
/**
 * The Accept header of its metadata client: the garbage collector and the namespace controller receive only metadata.
 */
const METADATA = `${PROTOBUF}${AS_METADATA},application/json${AS_METADATA},application/json`;
const METADATA_LIST = `${PROTOBUF}${AS_METADATA_LIST},application/json${AS_METADATA_LIST},application/json`;

export const STRATEGIC = 'application/strategic-merge-patch+json';
export const MERGE = 'application/merge-patch+json';

/** The kinds of client-go's clients: they differ in the formats that they ask for. */
export type Kind = 'typed' | 'dynamic' | 'metadata';

interface Impersonated {
  user: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

export interface Answer {
  status: number;
  contentType: string;
  bytes: Buffer;
  object: Any;
}

export interface GoWatch {
  events: { type: string; object: Any }[];
  ended: Promise<void>;
  close(): void;
}

/** An answer that is not a success, with what client-go's errors contain. */
export class StatusError extends Error {
  constructor(
    readonly status: number,
    readonly body: Any,
  ) {
    super(`${status} ${body?.reason}: ${body?.message}`);
  }
}

/**
 * Calls the API as client-go does: typed clients send and accept protobuf, dynamic ones JSON, and the garbage
 * collector's accepts only metadata. Each method is one request; nothing is tried again.
 */
export class GoClient {
  readonly #server: URL;
  readonly #tls: { ca: Buffer; cert: Buffer; key: Buffer };
  readonly #agent: Agent;
  readonly #headers: OutgoingHttpHeaders;
  readonly kind: Kind;

  private constructor(
    server: URL,
    tls: { ca: Buffer; cert: Buffer; key: Buffer },
    kind: Kind,
    agent: Agent,
    headers: OutgoingHttpHeaders = {},
  ) {
    this.#server = server;
    this.#tls = tls;
    this.kind = kind;
    this.#agent = agent;
    this.#headers = headers;
  }

  static async for(kubeconfig: string): Promise<GoClient> {
    const config = parse(await readFile(kubeconfig, 'utf8')) as Any;
    const { cluster } = config.clusters[0];
    const { user } = config.users[0];
    const pem = (text: string) => Buffer.from(text, 'base64');
    const tls = {
      ca: pem(cluster['certificate-authority-data']),
      cert: pem(user['client-certificate-data']),
      key: pem(user['client-key-data']),
    };
    return new GoClient(new URL(cluster.server), tls, 'typed', new Agent({ ...tls, keepAlive: true }));
  }

  /** A client of another kind, for the same server. */
  as(kind: Kind): GoClient {
    return new GoClient(this.#server, this.#tls, kind, this.#agent, this.#headers);
  }

  /** A client that acts as another user (rest.ImpersonationConfig). */
  impersonating({ user, uid, groups = [], extra = {} }: Impersonated): GoClient {
    const headers = {
      'impersonate-user': user,
      ...(uid !== undefined && { 'impersonate-uid': uid }),
      ...(groups.length > 0 && { 'impersonate-group': groups }),
      ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [`impersonate-extra-${key}`, values])),
    };
    return new GoClient(this.#server, this.#tls, this.kind, this.#agent, headers);
  }

  /** A client with another certificate and key, as PEM. Close it, too. */
  withCertificate(cert: Buffer, key: Buffer): GoClient {
    const tls = { ca: this.#tls.ca, cert, key };
    return new GoClient(this.#server, tls, this.kind, new Agent({ ...tls, keepAlive: true }));
  }

  get(path: string): Promise<Any> {
    return this.#must('GET', path);
  }

  list(path: string): Promise<Any> {
    return this.#must('GET', path, undefined, undefined, this.kind === 'metadata' ? METADATA_LIST : undefined);
  }

  create(path: string, object: Any): Promise<Any> {
    return this.#must('POST', path, object);
  }

  update(path: string, object: Any): Promise<Any> {
    return this.#must('PUT', path, object);
  }

  patch(path: string, type: string, patch: object): Promise<Any> {
    return this.#must('PATCH', path, JSON.stringify(patch), type);
  }

  delete(path: string, options: object = {}): Promise<Any> {
    // The metadata client accepts any form of the answer to a DELETE, too.
    return this.#must(
      'DELETE',
      path,
      { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...options },
      undefined,
      TYPED,
    );
  }

  /** Sends one request. Every status is an answer. */
  async request(method: string, path: string, body?: Any, contentType?: string, accept?: string): Promise<Answer> {
    const json = this.kind === 'dynamic' || typeof body === 'string';
    const content =
      body === undefined
        ? undefined
        : typeof body === 'string'
          ? body
          : json
            ? JSON.stringify(body)
            : writeObject(body);
    const type = contentType ?? (json ? 'application/json' : PROTOBUF);
    return await new Promise((resolve, reject) => {
      const outgoing = this.#open(method, path, accept ?? this.#accept, content, type);
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        buffer(response)
          .then((bytes) => {
            const answered = response.headers['content-type'] ?? '';
            const object = answered.startsWith(PROTOBUF)
              ? readObject(bytes)
              : answered.startsWith('application/json')
                ? JSON.parse(bytes.toString())
                : bytes.toString();
            resolve({ status: response.statusCode ?? 0, contentType: answered, bytes, object });
          })
          .catch(reject);
      });
    });
  }

  watch(path: string): GoWatch {
    const events: GoWatch['events'] = [];
    const accept = this.kind === 'typed' ? `${PROTOBUF};stream=watch,${TYPED}` : this.#accept;
    const outgoing = this.#open('GET', `${path}${path.includes('?') ? '&' : '?'}watch=true`, accept);
    const ended = new Promise<void>((resolve, reject) => {
      outgoing.on('error', () => resolve());
      outgoing.on('response', (response) => {
        const read = response.headers['content-type']?.includes('protobuf') ? protobufEvents() : jsonEvents();
        response.on('data', (chunk: Buffer) => {
          try {
            events.push(...read(chunk));
          } catch (error) {
            reject(error);
          }
        });
        response.on('close', () => resolve());
      });
    });
    return { events, ended, close: () => outgoing.destroy() };
  }

  get #accept(): string {
    return this.kind === 'typed' ? TYPED : this.kind === 'metadata' ? METADATA : 'application/json';
  }

  async #must(method: string, path: string, body?: Any, contentType?: string, accept?: string): Promise<Any> {
    const answer = await this.request(method, path, body, contentType, accept);
    if (answer.status >= 400) throw new StatusError(answer.status, answer.object);
    return answer.object;
  }

  #open(method: string, path: string, accept: string, content?: string | Buffer, type = PROTOBUF) {
    const outgoing = httpsRequest(new URL(path, this.#server), {
      method,
      agent: this.#agent,
      headers: {
        accept,
        'user-agent': 'e2e.test/v1.36.0 (linux/amd64) kubernetes/0000000',
        'accept-encoding': 'identity',
        ...this.#headers,
        ...(content !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(content) }),
      },
    });
    outgoing.end(content);
    return outgoing;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function jsonEvents(): (chunk: Buffer) => GoWatch['events'] {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    return lines.map((line) => JSON.parse(line) as GoWatch['events'][number]);
  };
}
