import { parse } from 'yaml';
import { type Body, type Headers, isObject, type Json, type JsonObject } from '../exchange.js';

/** The media type without parameters, in lower case; empty when there is none. */
export const mediaTypeOf = (headers: Headers): string =>
  headers['content-type']?.[0]?.split(';', 1)[0]?.trim().toLowerCase() ?? '';

const isBinaryType = (type: string): boolean => /protobuf|octet-stream|cbor|gzip/.test(type);
const isYamlType = (type: string): boolean => /yaml/.test(type);
const isJsonType = (type: string): boolean => type === '' || /json/.test(type);

const BASE64_KEYS = ['base64', 'bodyBase64', 'body_base64', 'base64Body'];

/** Parses a body by its media type. A text that does not parse stays text. */
function bodyFromText(text: string, type: string, stream: boolean): Body {
  if (text === '') return { kind: 'none' };
  if (isJsonType(type)) {
    const events = stream ? asEvents(text) : undefined;
    if (events) return { kind: 'events', events };
    try {
      return { kind: 'value', value: JSON.parse(text) as Json };
    } catch {
      const lines = asEvents(text);
      return lines ? { kind: 'events', events: lines } : { kind: 'text', text };
    }
  }
  if (isYamlType(type)) {
    try {
      return { kind: 'value', value: parse(text) as Json };
    } catch {
      return { kind: 'text', text };
    }
  }
  return { kind: 'text', text };
}

export function bodyFromBytes(bytes: Buffer, type: string, stream: boolean): Body {
  if (bytes.length === 0) return { kind: 'none' };
  if (isBinaryType(type)) return { kind: 'bytes', bytes };
  return bodyFromText(bytes.toString(), type, stream);
}

/** Parses lines of watch events; undefined when a line is none. */
function asEvents(text: string): Json[] | undefined {
  const events: Json[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    try {
      const event = JSON.parse(line) as Json;
      if (!isEvent(event)) return undefined;
      events.push(event);
    } catch {
      return undefined;
    }
  }
  return events;
}

const isEvent = (value: Json): value is JsonObject =>
  isObject(value) && typeof value.type === 'string' && isObject(value.object) && value.kind === undefined;

/** Reads a body from a recording: a value, text, base64, or the list of a stream's events. */
export function bodyFromRecording(recorded: Json | undefined, type: string, stream: boolean): Body {
  if (recorded === undefined || recorded === null) return { kind: 'none' };
  if (typeof recorded === 'string') return bodyFromText(recorded, type, stream);
  if (Array.isArray(recorded)) {
    return stream && recorded.every(isEvent)
      ? { kind: 'events', events: recorded }
      : { kind: 'value', value: recorded };
  }
  if (isObject(recorded)) {
    const wrapped = unwrap(recorded);
    if (wrapped) return bodyFromBytes(wrapped, type, stream);
  }
  return { kind: 'value', value: recorded };
}

/** `{base64: …}`, `{text: …}`, `{encoding: 'base64', data: …}`: no Kubernetes object has this form. */
function unwrap(body: JsonObject): Buffer | undefined {
  if (body.kind !== undefined || body.apiVersion !== undefined) return undefined;
  for (const key of BASE64_KEYS) {
    const text = body[key];
    if (typeof text === 'string') return Buffer.from(text, 'base64');
  }
  const keys = Object.keys(body);
  if (!keys.every((key) => ['encoding', 'data', 'content', 'text', 'raw', 'mimeType', 'size', 'body'].includes(key))) {
    return undefined;
  }
  const text = body.text ?? body.data ?? body.content ?? body.raw ?? body.body;
  if (typeof text !== 'string') return undefined;
  return Buffer.from(text, body.encoding === 'base64' ? 'base64' : 'utf8');
}
