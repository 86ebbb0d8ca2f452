import { Bindings } from './compare/bindings.js';
import type { Answer } from './compare/compare-answers.js';
import { learn } from './compare/learn.js';
import { type Exchange, type Headers, isObject, type Json, type JsonObject, type Transcript } from './exchange.js';
import { isWatch } from './read/read-exchange.js';
import type { Target } from './replay.js';
import { bodyJson } from './report.js';
import { outgoingRequest } from './target/outgoing-request.js';

/** Headers of an answer that a recording keeps. */
const KEPT = /^(content-type|warning|retry-after|location|allow|etag|cache-control|vary|www-authenticate)$/;

/**
 * Sends the requests of a list to a server and gives a recording of what it answered. A list that is a recording
 * already is recorded anew: the old answers tell which values of the requests stand for which of this server.
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

/** As it was sent: a value where it is JSON, text where it is text, bytes in base64. */
function requestBody({ request: { body } }: Exchange, sent: Buffer): Json {
  if (body.kind === 'bytes') return { base64: sent.toString('base64') };
  const text = sent.toString();
  if (body.kind !== 'value') return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // YAML: the value is what was written so.
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
