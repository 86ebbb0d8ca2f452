import { describe, expect, it } from 'vitest';
import type { Exchange } from '../exchange.js';
import { readTranscript } from './read-transcript.js';

const GET = 'GET /api/v1/nodes?limit=1';
const POST = 'POST /api/v1/nodes';

const read = (recording: unknown): Exchange[] =>
  readTranscript(typeof recording === 'string' ? recording : JSON.stringify(recording), 'a file').exchanges;

const lineOf = ({ request }: Exchange): string => `${request.method} ${request.path}`;

const plain = {
  request: { method: 'GET', path: '/api/v1/nodes?limit=1', headers: { Accept: 'application/json' } },
  response: { status: 200, headers: { 'Content-Type': 'application/json' }, body: { kind: 'NodeList' } },
};

describe('a list of exchanges', () => {
  it.each([
    ['in an object', { exchanges: [plain] }],
    ['at the top', [plain]],
    ['under another name', { version: 1, entries: [plain] }],
    ['in a list within an object', { transcript: { steps: [plain] } }],
    ['of several groups', [{ name: 'a', requests: [plain] }]],
    ['of one', plain],
    ['as JSON lines', `${JSON.stringify(plain)}\n${JSON.stringify(plain)}\n`],
    [
      'as YAML',
      'exchanges:\n  - request: {method: GET, path: "/api/v1/nodes?limit=1"}\n    response: {status: 200, body: {kind: NodeList}}\n',
    ],
    ['as YAML documents', 'request: GET /api/v1/nodes?limit=1\nresponse: {status: 200, body: {kind: NodeList}}\n---\n'],
    ['after a byte order mark', `\uFEFF${JSON.stringify([plain])}`],
  ])('is read %s', (_, recording) => {
    const [exchange] = read(recording);
    expect(exchange && lineOf(exchange)).toBe(GET);
    expect(exchange?.answer).toMatchObject({ status: 200, body: { kind: 'value', value: { kind: 'NodeList' } } });
  });

  it('is read from HAR', () => {
    const entry = {
      startedDateTime: '2026-01-01T00:00:00Z',
      request: {
        method: 'POST',
        url: 'https://10.0.0.1:6443/api/v1/nodes',
        headers: [{ name: 'Content-Type', value: 'application/json' }],
        queryString: [],
        postData: { mimeType: 'application/json', text: '{"kind":"Node"}' },
      },
      response: {
        status: 201,
        headers: [{ name: 'Content-Type', value: 'application/json' }],
        content: { mimeType: 'application/json', text: 'eyJraW5kIjoiTm9kZSJ9', encoding: 'base64', size: 15 },
      },
    };
    const [exchange] = read({ log: { version: '1.2', creator: {}, entries: [entry] } });
    expect(exchange && lineOf(exchange)).toBe(POST);
    expect(exchange?.request.body).toEqual({ kind: 'value', value: { kind: 'Node' } });
    expect(exchange?.answer?.body).toEqual({ kind: 'value', value: { kind: 'Node' } });
  });

  it('is read from an audit log', () => {
    const event = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      verb: 'create',
      requestURI: '/api/v1/nodes',
      userAgent: 'kubectl/v1.36',
      requestObject: { kind: 'Node' },
      responseStatus: { code: 201 },
      responseObject: { kind: 'Node' },
    };
    const [exchange] = read(`${JSON.stringify(event)}\n${JSON.stringify(event)}`);
    expect(exchange && lineOf(exchange)).toBe(POST);
    expect(exchange?.answer?.status).toBe(201);
    expect(exchange?.request.headers).toEqual({ 'user-agent': ['kubectl/v1.36'] });
  });
});

describe('a request', () => {
  it.each([
    ['method and url', { method: 'get', url: 'https://127.0.0.1:6443/api/v1/nodes?limit=1' }],
    ['query as an object', { method: 'GET', path: '/api/v1/nodes', query: { limit: 1 } }],
    ['query as pairs', { method: 'GET', path: '/api/v1/nodes', query: [['limit', '1']] }],
    ['query as named values', { method: 'GET', path: '/api/v1/nodes', queryString: [{ name: 'limit', value: '1' }] }],
    ['query as text', { verb: 'GET', path: '/api/v1/nodes', query: '?limit=1' }],
    ['parts of a URL', { method: 'GET', url: { path: '/api/v1/nodes', query: 'limit=1' } }],
    ['a line', 'GET /api/v1/nodes?limit=1'],
    ['a path', '/api/v1/nodes?limit=1'],
    ['no method', { path: '/api/v1/nodes?limit=1' }],
  ])('is read from %s', (_, request) => {
    const [exchange] = read([{ req: request, res: { statusCode: 200 } }]);
    expect(exchange && lineOf(exchange)).toBe(GET);
  });

  it.each([
    ['a map', { 'X-One': 'a', 'X-Two': ['b', 'c'] }],
    [
      'pairs',
      [
        ['x-one', 'a'],
        ['X-Two', 'b'],
        ['x-two', 'c'],
      ],
    ],
    [
      'named values',
      [
        { name: 'X-One', value: 'a' },
        { name: 'X-Two', value: 'b' },
        { key: 'x-two', value: 'c' },
      ],
    ],
    ['lines', 'X-One: a\nX-Two: b\nX-Two: c'],
  ])('has headers from %s', (_, headers) => {
    const [exchange] = read([{ request: { path: '/', headers } }]);
    expect(exchange?.request.headers).toEqual({ 'x-one': ['a'], 'x-two': ['b', 'c'] });
  });

  it.each([
    ['a value', { a: 1 }, { kind: 'value', value: { a: 1 } }],
    ['a list', [{ op: 'test' }], { kind: 'value', value: [{ op: 'test' }] }],
    ['text, as it stands', '{"a":1,"a":2}', { kind: 'text', text: '{"a":1,"a":2}' }],
    ['base64', { base64: Buffer.from('{"a":1}').toString('base64') }, { kind: 'value', value: { a: 1 } }],
  ])('has a body from %s', (_, body, expected) => {
    const [exchange] = read([{ request: { method: 'POST', path: '/', body } }]);
    expect(exchange?.request.body).toEqual(expected);
  });

  it('keeps bytes that are no text', () => {
    const body = Buffer.from([0x6b, 0x38, 0x73, 0, 255]);
    const [exchange] = read([
      {
        method: 'POST',
        path: '/',
        contentType: 'application/vnd.kubernetes.protobuf',
        bodyBase64: body.toString('base64'),
      },
    ]);
    expect(exchange?.request.body).toEqual({ kind: 'bytes', bytes: body });
  });
});

it('reads lines of requests without answers', () => {
  const [first, second] = read(['GET /api/v1/nodes?limit=1', { request: 'DELETE /api/v1/nodes/a' }]);
  expect(first && lineOf(first)).toBe(GET);
  expect(second && lineOf(second)).toBe('DELETE /api/v1/nodes/a');
  expect(first?.answer).toBeUndefined();
});

describe('an answer', () => {
  const event = { type: 'ADDED', object: { kind: 'Node' } };
  it.each([
    ['beside the request', { method: 'GET', path: '/', status: 200, responseBody: { kind: 'A' } }, { kind: 'A' }],
    [
      'as the object alone',
      { request: { path: '/' }, response: { kind: 'A', apiVersion: 'v1' } },
      { kind: 'A', apiVersion: 'v1' },
    ],
    [
      'in YAML',
      { request: { path: '/' }, response: { headers: { 'content-type': 'application/yaml' }, body: 'kind: A' } },
      { kind: 'A' },
    ],
  ])('is read %s', (_, recording, value) => {
    const [exchange] = read([recording]);
    expect(exchange?.answer?.body).toEqual({ kind: 'value', value });
  });

  it.each([
    ['a list', [event, event]],
    ['lines', `${JSON.stringify(event)}\n${JSON.stringify(event)}\n`],
  ])('of a watch is read from %s', (_, body) => {
    const [exchange] = read([{ request: { path: '/api/v1/nodes?watch=1' }, response: { status: 200, body } }]);
    expect(exchange?.answer?.body).toEqual({ kind: 'events', events: [event, event] });
  });
});

describe('what is not understood', () => {
  it.each([
    ['', 'the file is empty'],
    ['{"a": [1, 2', 'neither JSON, JSON lines nor YAML'],
    [{ something: [] }, 'none of exchanges, entries'],
    [[], 'there is no exchange in it'],
    [[plain, 5], 'exchange 2: an exchange is an object or a line, and this is 5'],
    [[{ request: { method: 'GET' } }], 'exchange 1: the request has no path; what it has is method'],
    [[{ request: { method: 'FETCH', path: '/' } }], '"FETCH" is no HTTP method'],
    [[{ request: { path: 'api/v1' } }], 'the path does not begin with a slash: "api/v1"'],
    [[{ request: { path: '/' }, response: { status: 'fine' } }], 'the answer\'s status is "fine"'],
    [[{ request: { path: '/', headers: 7 } }], 'headers are not understood: 7'],
    [{ compare: 'roughly', exchanges: [plain] }, 'compare is exact or subset, not "roughly"'],
  ])('%j is refused by name', (recording, message) => {
    expect(() => read(recording)).toThrow(message);
  });
});
