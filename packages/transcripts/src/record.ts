import { Bindings } from './compare/bindings.js';
import { learn } from './compare/learn.js';
import {
  type Answer,
  bodyJson,
  type Exchange,
  type Headers,
  isObject,
  type Json,
  type JsonObject,
  type Transcript,
} from './exchange.js';
import { isWatch } from './read/read-exchange.js';
import { outgoingRequest } from './target/outgoing-request.js';
import type { Target } from './target/target.js';

/** Headers of an answer that are recorded. */
const KEPT = /^(content-type|warning|retry-after|location|allow|etag|cache-control|vary|www-authenticate)$/;

/**
 * Sends the requests of a list to a server and returns a recording of its answers. Where the list is a recording
 * already, the old answers show which values of the requests correspond to which of this server.
 */
export async function record(target: Target, { exchanges }: Transcript, patienceMs = 1500): Promise<Json> {
  const bindings = new Bindings();
  const recorded: Json[] = [];
  for (const exchange of exchanges) {
    const request = outgoingRequest(exchange.request, bindings);
    const answer = isWatch(exchange.request)
      ? await watched(target, request, exchange, patienceMs)
      : await target.send(request);
    const [before, now] = [exchange.answer?.body, answer.body];
    if (before?.kind === 'value' && now.kind === 'value') learn(before.value, now.value, bindings);
    recorded.push({
      ...(exchange.name === `${exchange.request.method} ${exchange.request.path}` ? {} : { name: exchange.name }),
      request: {
        method: request.method,
        path: request.path,
        headers: keptRequestHeaders(request.headers),
        ...(request.body !== undefined && { body: requestBody(exchange, request.body) }),
      },
      response: answerJson(answer),
      ...(exchange.compare !== 'exact' && { compare: exchange.compare }),
      ...(exchange.ignore.length > 0 && { ignore: exchange.ignore }),
    });
  }
  return { exchanges: recorded };
}

async function watched(
  target: Target,
  request: Parameters<Target['watch']>[0],
  { answer }: Exchange,
  patienceMs: number,
): Promise<Answer> {
  const stream = await target.watch(request);
  const { status, headers } = stream;
  if (stream.rest) return { status, headers, body: await stream.rest };
  const count = answer?.body?.kind === 'events' ? answer.body.events.length : Number.POSITIVE_INFINITY;
  const events = await stream.gather(count, patienceMs);
  stream.close();
  return { status, headers, body: { kind: 'events', events } };
}

function keptRequestHeaders(headers: Record<string, string | string[]>): JsonObject {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-length'));
}

/** The body as it was sent: a value where it is JSON, text where it is text, bytes in base64. */
function requestBody({ request: { body } }: Exchange, sent: Buffer): Json {
  if (body.kind === 'bytes') return { base64: sent.toString('base64') };
  const text = sent.toString();
  if (body.kind !== 'value') return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // It was YAML, made of this value.
    return isObject(body.value) || Array.isArray(body.value) ? body.value : text;
  }
}

function answerJson({ status, headers, body }: Answer): Json {
  const value = bodyJson(body);
  return { status, headers: keptHeaders(headers), ...(value !== undefined && { body: value }) };
}

function keptHeaders(headers: Headers): JsonObject {
  const kept = Object.entries(headers).filter(([name]) => KEPT.test(name));
  return Object.fromEntries(kept.map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]));
}
