import { Agent, type RequestOptions, request } from 'node:https';
import { CallError } from './webhook-error.js';

/** Where a webhook is. */
export interface Endpoint {
  /** With path, as errors name it. */
  url: string;
  /** The address to connect to, where it is not that of the URL. */
  connectTo?: { host: string; port: number };
  /** PEM; the roots of the machine where it is left out. */
  ca?: string | undefined;
}

/** What one webhook may have on its way at once. Others of it wait for their turn, until their time is up. */
const MAX_CALLS = 64;
const MAX_ANSWER = 3 * 1024 * 1024;
const MAX_AGENTS = 200;
/** Longer than any call may take, which is 30 s. */
const IDLE_MS = 60_000;

const agents = new Map<string, Agent>();

function agentFor({ url, ca, connectTo }: Endpoint): Agent {
  const key = JSON.stringify([new URL(url).host, ca, connectTo]);
  const known = agents.get(key);
  if (known) return known;
  // The oldest is forgotten and not destroyed: it may have calls under way. Its idle connections end by their timeout.
  const [oldest] = agents.keys();
  if (agents.size >= MAX_AGENTS && oldest !== undefined) agents.delete(oldest);
  const agent = new Agent({
    keepAlive: true,
    timeout: IDLE_MS,
    maxSockets: MAX_CALLS,
    ...(ca !== undefined && { ca }),
  });
  agents.set(key, agent);
  return agent;
}

/**
 * Posts a review to a webhook. Returns the JSON of the answer.
 * @param seconds how long it may take. @throws CallError in the words of upstream's client.
 */
export async function callWebhook(
  endpoint: Endpoint,
  body: object,
  seconds: number,
  aborted: AbortSignal | undefined,
): Promise<unknown> {
  const asked = `${endpoint.url}?timeout=${seconds}s`;
  const inTime = AbortSignal.timeout(seconds * 1000);
  const signal = aborted ? AbortSignal.any([inTime, aborted]) : inTime;
  let answer: { status: number; text: string };
  try {
    const text = JSON.stringify(body);
    answer = await post(endpoint, asked, text, signal).catch((error: NodeJS.ErrnoException) => {
      // Most likely the webhook closed a kept connection before it read the request. Go's client tries again as well.
      if (error.code !== 'ECONNRESET' || !reused.has(error)) throw error;
      return post(endpoint, asked, text, signal);
    });
  } catch (error) {
    const words = inTime.aborted
      ? 'context deadline exceeded'
      : aborted?.aborted
        ? 'context canceled'
        : wordsFor(error as NodeJS.ErrnoException);
    throw new CallError(`failed to call webhook: Post ${JSON.stringify(asked)}: ${words}`, { cause: error });
  }
  if (answer.status !== 200) throw new CallError(`failed to call webhook: ${statusWords(answer)}`);
  try {
    return JSON.parse(answer.text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const words = `couldn't get version/kind; json parse error: ${detail}`;
    throw new CallError(`failed to call webhook: ${words}`, { cause: error });
  }
}

/** Errors of requests that went over a connection that was used before. */
const reused = new WeakSet<Error>();

function post(
  endpoint: Endpoint,
  url: string,
  body: string,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const { hostname } = new URL(endpoint.url);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, */*',
    'content-length': Buffer.byteLength(body),
  };
  const options: RequestOptions = {
    method: 'POST',
    agent: agentFor(endpoint),
    signal,
    headers,
    ...(endpoint.connectTo && { ...endpoint.connectTo, servername: hostname }),
  };
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER) response.destroy(new Error('http: response body too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    call.on('error', (error) => {
      if (call.reusedSocket) reused.add(error);
      reject(error);
    });
    call.end(body);
  });
}

const UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Go's words for what may go wrong below HTTP. */
function wordsFor(error: NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string }): string {
  const { code = '', address, port, hostname, message } = error;
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname}: no such host`;
  if (code === 'ECONNRESET') return 'EOF';
  if (UNKNOWN_AUTHORITY.has(code)) {
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `tls: failed to verify certificate: x509: ${message}`;
  return message;
}

/** Source: apimachinery pkg/api/errors, NewGenericServerResponse. */
function statusWords({ status, text }: { status: number; text: string }): string {
  if (status === 404) return 'the server could not find the requested resource';
  if (status === 400) return 'the server rejected our request for an unknown reason';
  if (status === 401) return 'the server has asked for the client to provide credentials';
  if (status === 429) return 'the server has received too many requests and has asked us to try again later';
  if (status === 503) return 'the server is currently unable to handle the request';
  if (status >= 500) {
    const shown = text.trim() === '' ? 'unknown' : text.trim().slice(0, 2048);
    return `an error on the server (${JSON.stringify(shown)}) has prevented the request from succeeding`;
  }
  return `the server responded with the status code ${status} but did not return more information`;
}
