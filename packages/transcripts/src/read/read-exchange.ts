import {
  type Body,
  type Exchange,
  type Headers,
  isObject,
  type Json,
  type JsonObject,
  type RecordedAnswer,
  type RecordedRequest,
} from '../exchange.js';
import { auditExchange, isAuditEvent } from './audit-event.js';
import { bodyFromRecording, mediaTypeOf } from './read-body.js';
import { firstOf, readHeaders, readPath } from './read-message.js';
import { UnreadableError } from './unreadable-error.js';

const REQUEST = ['request', 'req', 'call', 'input'];
const ANSWER = ['response', 'res', 'resp', 'answer', 'expect', 'expected', 'reply', 'output'];
const LOCATION = ['path', 'url', 'uri', 'requestURI', 'requestUri', 'URL'];
const QUERY = ['query', 'params', 'queryString', 'search', 'parameters'];
const METHOD = ['method', 'verb', 'Method'];
const STATUS = ['status', 'statusCode', 'status_code', 'code', 'StatusCode'];
const BODY = ['body', 'json', 'content', 'data', 'text', 'object', 'payload', 'events', 'postData', 'Body'];
const HEADERS = ['headers', 'header', 'Header', 'Headers'];
const NAMES = ['name', 'title', 'id', 'description', 'comment', 'label'];
const IN_BASE64 = ['bodyBase64', 'body_base64', 'base64Body'];
const METHODS = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)$/;

/** What a file declares for all its exchanges. */
export interface Defaults {
  compare: Exchange['compare'];
  ignore: string[];
  headers: Headers;
}

/** Whether a value could be an exchange: this distinguishes a list of exchanges from other lists. */
export function looksLikeExchange(value: Json): boolean {
  if (!isObject(value)) return false;
  if (isAuditEvent(value)) return true;
  const request = firstOf(value, REQUEST);
  return request !== undefined || (firstOf(value, LOCATION) !== undefined && firstOf(value, METHOD) !== undefined);
}

/** @throws UnreadableError that names what is not understood. */
export function readExchange(recorded: Json, defaults: Defaults): Exchange {
  // A line of a list of requests.
  if (typeof recorded === 'string') return readExchange({ request: recorded }, defaults);
  if (!isObject(recorded))
    throw new UnreadableError(`an exchange is an object or a line, and this is ${shortly(recorded)}`);
  if (isAuditEvent(recorded)) return { ...auditExchange(recorded), compare: defaults.compare, ignore: defaults.ignore };
  const request = readRequest(recorded, defaults.headers);
  const { compare = defaults.compare, ignore } = recorded;
  if (compare !== 'exact' && compare !== 'subset') {
    throw new UnreadableError(`compare is exact or subset, not ${JSON.stringify(compare)}`);
  }
  const name = firstOf(recorded, NAMES);
  return {
    name: typeof name === 'string' ? name : `${request.method} ${request.path}`,
    request,
    answer: readAnswer(recorded, request),
    compare,
    ignore: [...defaults.ignore, ...readPaths(ignore)],
  };
}

export function readPaths(ignore: Json | undefined): string[] {
  if (ignore === undefined) return [];
  const paths = Array.isArray(ignore) ? ignore : [ignore];
  if (!paths.every((path) => typeof path === 'string')) {
    throw new UnreadableError(`ignore is a list of JSON paths, not ${shortly(ignore)}`);
  }
  return paths;
}

function readRequest(recorded: JsonObject, defaults: Headers): RecordedRequest {
  const given = firstOf(recorded, REQUEST) ?? recorded;
  const flat = given === recorded;
  // `request: GET /api/v1/nodes`
  const [first = '', second] = typeof given === 'string' ? given.trim().split(/\s+/, 2) : [];
  const line = second === undefined ? { method: 'GET', path: first } : { method: first, path: second };
  const request: JsonObject = isObject(given) ? given : line;
  if (!isObject(given) && typeof given !== 'string') {
    throw new UnreadableError(`the request is neither an object nor a line, but ${shortly(given)}`);
  }
  const method = firstOf(request, METHOD) ?? 'GET';
  if (typeof method !== 'string' || !METHODS.test(method.toUpperCase())) {
    throw new UnreadableError(`${JSON.stringify(method)} is no HTTP method`);
  }
  const location = firstOf(request, LOCATION);
  if (location === undefined) {
    throw new UnreadableError(
      `the request has no path; what it has is ${Object.keys(request).join(', ') || 'nothing'}`,
    );
  }
  const path = readPath(location, firstOf(request, QUERY));
  const headers = { ...defaults, ...readHeaders(firstOf(request, flat ? [...HEADERS, 'requestHeaders'] : HEADERS)) };
  const type = firstOf(request, ['contentType', 'content_type']);
  const accept = request.accept;
  if (typeof type === 'string') headers['content-type'] = [type];
  if (typeof accept === 'string') headers.accept = [accept];
  const content = inBase64(request) ?? firstOf(request, flat ? ['requestBody', 'request_body', 'body'] : BODY);
  // Text is sent unchanged: errors in it, such as duplicate keys, may be the subject of the test.
  const body: Body =
    typeof content === 'string'
      ? { kind: 'text', text: content }
      : bodyFromRecording(content, mediaTypeOf(headers), false);
  return { method: method.toUpperCase(), path, headers, body };
}

function inBase64(message: JsonObject): Json | undefined {
  const text = firstOf(message, IN_BASE64);
  if (text !== undefined) return { base64: text };
  const flagged =
    message.isBase64Encoded === true || message.bodyEncoding === 'base64' || message.encoding === 'base64';
  return flagged && typeof message.body === 'string' ? { base64: message.body } : undefined;
}

export const isWatch = ({ method, path }: Pick<RecordedRequest, 'method' | 'path'>): boolean =>
  method === 'GET' && (/[?&]watch=?(1|true|&|$)/.test(path) || /^\/(api|apis\/[^/]+)\/[^/]+\/watch\//.test(path));

function readAnswer(recorded: JsonObject, request: RecordedRequest): RecordedAnswer | undefined {
  const stream = isWatch(request);
  const given = firstOf(recorded, ANSWER) ?? flatAnswer(recorded);
  if (given === undefined) return undefined;
  if (typeof given === 'number') return { status: given, headers: {}, body: undefined };
  if (!isObject(given))
    throw new UnreadableError(`the answer is neither an object nor a status, but ${shortly(given)}`);
  // A Kubernetes object in the place of the answer is only its body.
  if (typeof given.kind === 'string' && typeof given.apiVersion === 'string' && given.body === undefined) {
    const status = given.kind === 'Status' && typeof given.code === 'number' ? given.code : undefined;
    return { status, headers: {}, body: { kind: 'value', value: given } };
  }
  const code = firstOf(given, STATUS);
  const status = typeof code === 'string' ? Number(code.trim().split(/\s+/, 1)[0]) : code;
  if (status !== undefined && (typeof status !== 'number' || !Number.isInteger(status))) {
    throw new UnreadableError(`the answer's status is ${shortly(code)}, and should be a number`);
  }
  const headers = readHeaders(firstOf(given, HEADERS));
  const content = inBase64(given) ?? firstOf(given, BODY);
  const known = BODY.some((key) => key in given) || content !== undefined;
  const harWithout = isObject(content) && 'mimeType' in content && content.text === undefined;
  const body =
    known && !harWithout
      ? bodyFromRecording(content, mediaTypeOf(headers), stream || given.events !== undefined)
      : undefined;
  return { status, headers, body };
}

function flatAnswer(recorded: JsonObject): Json | undefined {
  if (firstOf(recorded, REQUEST) !== undefined && firstOf(recorded, STATUS) === undefined) return undefined;
  const status = firstOf(recorded, STATUS);
  const body = firstOf(recorded, ['responseBody', 'response_body', 'result']);
  if (status === undefined && body === undefined) return undefined;
  const headers = firstOf(recorded, ['responseHeaders', 'response_headers']);
  return {
    ...(status !== undefined && { status }),
    ...(headers !== undefined && { headers }),
    ...(body !== undefined && { body }),
  };
}

export function shortly(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
