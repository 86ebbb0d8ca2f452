import { stringify } from 'yaml';
import type { Bindings } from '../compare/bindings.js';
import { type Body, isObject, type Json, type RecordedRequest } from '../exchange.js';
import { mediaTypeOf } from '../read/read-body.js';

export interface OutgoingRequest {
  method: string;
  path: string;
  headers: Record<string, string | string[]>;
  body: Buffer | undefined;
}

/** Headers of the connection or of the recording's client: ours has its own. */
const OWN = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'authorization',
  'cookie',
  'keep-alive',
  'upgrade',
  'te',
  'x-forwarded-for',
]);

/**
 * The request for our server: path, query, headers and body have our values in the place of the recorded ones.
 */
export function outgoingRequest(
  { method, path, headers, body }: RecordedRequest,
  bindings: Bindings,
  userAgent?: string,
): OutgoingRequest {
  const outgoing: OutgoingRequest['headers'] = {};
  for (const [name, values] of Object.entries(headers)) {
    if (OWN.has(name) || name.startsWith(':')) continue;
    const translated = values.map((value) => bindings.translate(value));
    outgoing[name] = translated.length === 1 ? (translated[0] ?? '') : translated;
  }
  outgoing.accept ??= 'application/json';
  if (userAgent !== undefined) outgoing['user-agent'] ??= userAgent;
  const content = contentOf(body, mediaTypeOf(headers), bindings);
  if (content !== undefined) {
    outgoing['content-type'] ??= guessedType(method, body);
    outgoing['content-length'] = String(content.length);
  }
  return { method, path: translatedPath(path, bindings), headers: outgoing, body: content };
}

/** Guesses the content type of a patch that was recorded without one: a list is a JSON Patch. */
function guessedType(method: string, body: Body): string {
  if (method !== 'PATCH') return 'application/json';
  const isList = body.kind === 'value' ? Array.isArray(body.value) : body.kind === 'text' && body.text.startsWith('[');
  return isList ? 'application/json-patch+json' : 'application/merge-patch+json';
}

function contentOf(body: Body, type: string, bindings: Bindings): Buffer | undefined {
  switch (body.kind) {
    case 'none':
      return undefined;
    case 'bytes':
      return body.bytes;
    case 'text':
      return Buffer.from(bindings.translate(body.text));
    case 'events':
      return Buffer.from(JSON.stringify(translatedValue(body.events, bindings)));
    case 'value': {
      const value = translatedValue(body.value, bindings);
      return Buffer.from(type.includes('yaml') ? stringify(value) : JSON.stringify(value));
    }
  }
}

function translatedPath(path: string, bindings: Bindings): string {
  const at = path.indexOf('?');
  if (at < 0) return bindings.translate(path);
  const query = path
    .slice(at + 1)
    .split('&')
    .map((parameter) => {
      const [name = '', ...rest] = parameter.split('=');
      const value = rest.join('=');
      if (name === 'resourceVersion') return `${name}=${bindings.version(value)}`;
      const decoded = decode(value);
      const translated = bindings.translate(decoded);
      return translated === decoded ? parameter : `${name}=${encodeURIComponent(translated)}`;
    });
  return `${bindings.translate(path.slice(0, at))}?${query.join('&')}`;
}

/** Decodes a query value. An invalid encoding stays as it is: it may be the subject of the test. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}

function translatedValue(value: Json, bindings: Bindings): Json {
  if (typeof value === 'string') return bindings.translate(value);
  if (Array.isArray(value)) return value.map((item) => translatedValue(item, bindings));
  if (!isObject(value)) return value;
  // Is it an operation of a JSON Patch on the version?
  const onVersion = typeof value.path === 'string' && value.path.endsWith('/resourceVersion');
  const entries = Object.entries(value).map(([key, item]): [string, Json] => {
    const isVersion = key === 'resourceVersion' || (onVersion && key === 'value');
    const sent = bindings.translate(key);
    return [sent, isVersion && typeof item === 'string' ? bindings.version(item) : translatedValue(item, bindings)];
  });
  return Object.fromEntries(entries);
}

/** Every text in a body. */
export function* textsIn(body: Body | undefined): Generator<string> {
  if (body?.kind === 'value') yield* texts(body.value);
  else if (body?.kind === 'events') yield* texts(body.events);
  else if (body?.kind === 'text') for (const [, text = ''] of body.text.matchAll(/"([^"\\]*)"/g)) yield text;
}

function* texts(value: Json): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (Array.isArray(value)) for (const item of value) yield* texts(item);
  else if (isObject(value)) for (const item of Object.values(value)) yield* texts(item);
}
