import { describe, expect, it } from 'vitest';
import type { Answer, Json } from './exchange.js';
import { readTranscript } from './read/read-transcript.js';
import { record } from './record.js';
import { type Outcome, type ReplayOptions, replay } from './replay.js';
import type { OutgoingRequest } from './target/outgoing-request.js';
import { isPeriodicBookmark } from './target/periodic-bookmark.js';
import type { Target } from './target/target.js';

type Reply = { status?: number; headers?: Answer['headers']; body?: Json };

/** A server that answers what the test prepared, and records what it was asked. */
function serverThat(...replies: Reply[]) {
  const asked: (Omit<OutgoingRequest, 'body'> & { body: string | undefined })[] = [];
  const send = async (request: OutgoingRequest): Promise<Answer> => {
    asked.push({ ...request, body: request.body?.toString() });
    const { status = 200, headers = {}, body } = replies[asked.length - 1] ?? {};
    return { status, headers, body: body === undefined ? { kind: 'none' } : { kind: 'value', value: body } };
  };
  const target: Target = {
    send,
    watch: async (request) => {
      const { status, headers, body } = await send(request);
      const events = body.kind === 'value' && Array.isArray(body.value) ? body.value : [];
      return { status, headers, rest: undefined, gather: async () => events, close: () => undefined };
    },
  };
  return { target, asked };
}

async function compared(
  exchanges: Json[],
  replies: Reply[],
  options?: ReplayOptions,
): Promise<Outcome['differences'][]> {
  const { target } = serverThat(...replies);
  const outcomes = await replay(target, readTranscript(JSON.stringify({ exchanges }), 'a file'), options);
  return outcomes.map(({ differences }) => differences);
}

/** One exchange; the differences. */
const diff = async (recorded: Json, ours: Json, more: { [key: string]: Json } = {}) =>
  (await compared([{ request: { path: '/api/v1/x' }, response: { body: recorded }, ...more }], [{ body: ours }]))[0];

const uid = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;

describe('what a server makes is no difference', () => {
  it.each<[string, Json, Json]>([
    ['uids', { metadata: { uid: uid(1) } }, { metadata: { uid: uid(2) } }],
    [
      'uids in keys',
      { metadata: { uid: uid(1), managed: { [`k:{"uid":"${uid(1)}"}`]: {} } } },
      { metadata: { uid: uid(2), managed: { [`k:{"uid":"${uid(2)}"}`]: {} } } },
    ],
    ['versions', { metadata: { resourceVersion: '5' } }, { metadata: { resourceVersion: '900' } }],
    ['times', { a: '2026-01-01T00:00:00Z' }, { a: '2026-05-05T01:02:03.000004Z' }],
    ['continue tokens', { metadata: { continue: 'abc' } }, { metadata: { continue: 'xyz' } }],
    ['ages in tables', { rows: [{ cells: ['a', '5m3s'] }] }, { rows: [{ cells: ['a', '0s'] }] }],
    ['ages of restarts', { rows: [{ cells: ['7 (6y334d ago)'] }] }, { rows: [{ cells: ['7 (6y335d ago)'] }] }],
    [
      'generated names',
      { metadata: { generateName: 'a-', name: 'a-bcdfg' }, of: 'the pod a-bcdfg' },
      { metadata: { generateName: 'a-', name: 'a-hjklm' }, of: 'the pod a-hjklm' },
    ],
    [
      'the order of causes from a map',
      {
        kind: 'Status',
        message: 'X is invalid: [b: two, a: one]',
        details: {
          causes: [
            { field: 'b', message: 'two' },
            { field: 'a', message: 'one' },
          ],
        },
      },
      {
        kind: 'Status',
        message: 'X is invalid: [a: one, b: two]',
        details: {
          causes: [
            { field: 'a', message: 'one' },
            { field: 'b', message: 'two' },
          ],
        },
      },
    ],
    [
      'the order of objects with generated names',
      {
        items: [
          { metadata: { generateName: 'a-', name: 'a-bcdfg' } },
          { metadata: { name: 'k' } },
          { metadata: { generateName: 'z-', name: 'z-bcdfg' } },
        ],
      },
      {
        items: [
          { metadata: { name: 'k' } },
          { metadata: { generateName: 'z-', name: 'z-hjklm' } },
          { metadata: { generateName: 'a-', name: 'a-hjklm' } },
        ],
      },
    ],
  ])('%s', async (_, recorded, ours) => {
    expect(await diff(recorded, ours)).toEqual([]);
  });
});

describe('differences', () => {
  it.each<[string, Json, Json, object[]]>([
    ['of a value', { a: 1 }, { a: 2 }, [{ path: '/body/a', recorded: 1, ours: 2 }]],
    ['by a field that is missing', { a: 1, b: 2 }, { a: 1 }, [{ path: '/body/b', recorded: 2 }]],
    ['by a field that is new', { a: 1 }, { a: 1, b: null }, [{ path: '/body/b', ours: null }]],
    [
      'in the order of named objects',
      { items: ['b', 'a'] },
      { items: ['a', 'b'] },
      expect.arrayContaining([expect.objectContaining({ path: expect.stringContaining('/body/items') })]),
    ],
    [
      'where two uids are one',
      { a: uid(1), b: uid(2) },
      { a: uid(3), b: uid(3) },
      [{ path: '/body/b', recorded: uid(2), ours: uid(3) }],
    ],
    [
      'where a time is not one',
      { a: '2026-01-01T00:00:00Z' },
      { a: 'soon' },
      [{ path: '/body/a', recorded: '<time>', ours: 'soon' }],
    ],
  ])('are found %s', async (_, recorded, ours, expected) => {
    expect(await diff(recorded, ours)).toEqual(expected);
  });

  it('are found in the status and in headers that the recording has', async () => {
    const recorded = {
      status: 201,
      headers: { 'Content-Type': 'application/json; charset=x', Date: 'then', Warning: ['b', 'a'] },
    };
    const headers = { 'content-type': ['application/json'], date: ['now'], warning: ['a', 'b'] };
    expect(await compared([{ request: { path: '/' }, response: recorded }], [{ status: 200, headers }])).toEqual([
      [
        { path: '/status', recorded: 201, ours: 200 },
        { path: '/headers/content-type', recorded: 'application/json;charset=x', ours: 'application/json' },
      ],
    ]);
  });

  it('are not looked for at paths that are ignored', async () => {
    const recorded = { a: 1, list: [{ b: 1, c: 1 }] };
    expect(await diff(recorded, { a: 2, list: [{ b: 2, c: 1 }] }, { ignore: ['$.body.a', '$..b'] })).toEqual([]);
  });

  it('are not looked for beyond a subset, where null means absent', async () => {
    const subset = { compare: 'subset' };
    expect(await diff({ a: { b: 1, gone: null } }, { a: { b: 1, c: 2 }, d: 3 }, subset)).toEqual([]);
    expect(await diff({ a: { gone: null } }, { a: { gone: 1 } }, subset)).toEqual([{ path: '/body/a/gone', ours: 1 }]);
    expect(await diff({ list: [1] }, { list: [1, 2] }, subset)).toEqual([{ path: '/body/list/-', ours: 2 }]);
  });

  it('are found when the server does not answer', async () => {
    const target: Target = {
      send: () => Promise.reject(new Error('connection refused')),
      watch: () => Promise.reject(new Error('connection refused')),
    };
    const [outcome] = await replay(target, readTranscript('[{"request": {"path": "/"}, "response": 200}]', 'a file'));
    expect(outcome?.differences).toEqual([{ path: '', recorded: 'an answer', ours: 'connection refused' }]);
  });

  it('are found where one side changed an object and the other did not', async () => {
    const object = (version: string): Json => ({ metadata: { uid: uid(1), resourceVersion: version } });
    const twice = (a: string, b: string): Json[] =>
      [a, b].map((version) => ({ request: { path: '/' }, response: { body: object(version) } }));
    const path = '/body/metadata/resourceVersion';
    expect(await compared(twice('1', '1'), [{ body: object('7') }, { body: object('8') }])).toEqual([
      [],
      [{ path, recorded: 'as before', ours: 'changed' }],
    ]);
    expect(await compared(twice('1', '2'), [{ body: object('7') }, { body: object('9') }])).toEqual([[], []]);
  });

  it('come of a time that a client sent, when it comes back as another', async () => {
    const body = { spec: { renewTime: '2026-01-01T00:00:00Z' } };
    const exchange = { request: { method: 'PUT', path: '/', body }, response: { body } };
    expect(await compared([exchange], [{ body: { spec: { renewTime: '2026-01-01T00:00:01Z' } } }])).toEqual([
      [{ path: '/body/spec/renewTime', recorded: '2026-01-01T00:00:00Z', ours: '<time>' }],
    ]);
  });
});

describe('later requests', () => {
  const created: Json = {
    metadata: { generateName: 'a-', name: 'a-bcdfg', uid: uid(1), resourceVersion: '17', continue: 'abcdef' },
  };
  const ours: Json = {
    metadata: { generateName: 'a-', name: 'a-hjklm', uid: uid(2), resourceVersion: '900', continue: 'uvw/xyz' },
  };

  async function askedAfter(request: Json) {
    const { target, asked } = serverThat({ body: ours });
    const exchanges = [{ request: { path: '/api' }, response: { body: created } }, { request }];
    await replay(target, readTranscript(JSON.stringify(exchanges), 'a file'));
    return asked[1];
  }

  it.each<[string, Json, string]>([
    ['a name in the path', { path: '/api/v1/pods/a-bcdfg/status' }, '/api/v1/pods/a-hjklm/status'],
    [
      'a version',
      { path: '/api/v1/pods?watch=1&resourceVersion=17&limit=17' },
      '/api/v1/pods?watch=1&resourceVersion=900&limit=17',
    ],
    ['a token', { path: '/api/v1/pods?continue=abcdef' }, '/api/v1/pods?continue=uvw%2Fxyz'],
    [
      'a selector',
      { path: '/api/v1/pods?fieldSelector=metadata.name%3Da-bcdfg' },
      '/api/v1/pods?fieldSelector=metadata.name%3Da-hjklm',
    ],
    ['what is no encoded text', { path: '/api/v1/pods?labelSelector=%zz' }, '/api/v1/pods?labelSelector=%zz'],
  ])('have our values for those of the recording: %s', async (_, request, path) => {
    expect((await askedAfter(request))?.path).toBe(path);
  });

  it('have them in their bodies', async () => {
    const body = {
      preconditions: { uid: uid(1), resourceVersion: '17' },
      count: 17,
      data: { version: '17', name: 'a-bcdfg' },
    };
    expect(JSON.parse((await askedAfter({ method: 'PUT', path: '/', body }))?.body ?? '')).toEqual({
      preconditions: { uid: uid(2), resourceVersion: '900' },
      count: 17,
      data: { version: '17', name: 'a-hjklm' },
    });
    const patch = [{ op: 'test', path: '/metadata/resourceVersion', value: '17' }];
    const asked = await askedAfter({ method: 'PATCH', path: '/', body: patch });
    expect(JSON.parse(asked?.body ?? '')).toMatchObject([{ value: '900' }]);
    expect(asked?.headers['content-type']).toBe('application/json-patch+json');
  });

  it('have the recorded writer as user agent, where the recording has no headers', async () => {
    const entry = (manager: string, time: string): Json => ({ manager, operation: 'Update', time });
    const managedFields = [entry('late', '2026-01-02T00:00:00Z'), entry('early', '2026-01-01T00:00:00Z')];
    const { target, asked } = serverThat({});
    const exchange = { request: { method: 'PUT', path: '/' }, response: { body: { metadata: { managedFields } } } };
    await replay(target, readTranscript(JSON.stringify([exchange]), 'a file'));
    expect(asked[0]?.headers['user-agent']).toBe('late');
  });

  it('do not contain headers of the recorded connection', async () => {
    const headers = { Host: 'there', Authorization: 'Bearer x', 'User-Agent': 'kubectl', 'Content-Length': '5' };
    expect((await askedAfter({ path: '/', headers }))?.headers).toEqual({
      'user-agent': 'kubectl',
      accept: 'application/json',
    });
  });
});

describe('a watch', () => {
  const event = (type: string, name: string): Json => ({ type, object: { metadata: { name } } });
  const watching = (events: Json[]): Json => ({
    request: { path: '/api/v1/nodes?watch=true' },
    response: { status: 200, body: events },
  });

  it('is compared by its events', async () => {
    const events = [event('ADDED', 'a'), event('DELETED', 'a')];
    expect(await compared([watching(events)], [{ body: events }])).toEqual([[]]);
    expect(await compared([watching(events)], [{ body: [event('ADDED', 'a')] }])).toEqual([
      [{ path: '/body/1', recorded: event('DELETED', 'a') }],
    ]);
  });

  it('stays open for events that later requests make', async () => {
    const { target } = serverThat({ body: [event('ADDED', 'a')] }, { status: 201 });
    const events: Json[] = [];
    const lateTarget: Target = {
      send: async (request) => {
        events.push(event('ADDED', 'a'));
        return await target.send(request);
      },
      watch: async () => ({
        status: 200,
        headers: {},
        rest: undefined,
        gather: async () => events,
        close: () => undefined,
      }),
    };
    const recording = [
      watching([event('ADDED', 'a')]),
      { request: { method: 'POST', path: '/' }, response: { status: 200 } },
    ];
    const outcomes = await replay(lateTarget, readTranscript(JSON.stringify(recording), 'a file'));
    expect(outcomes.map(({ differences }) => differences)).toEqual([[], []]);
  });
});

describe('a recording', () => {
  it('is made of requests, and reads as one without differences', async () => {
    const requests = [
      {
        request: { method: 'POST', path: '/api/v1/x', body: { a: 1 } },
        response: { body: { metadata: { uid: uid(1) } } },
      },
      { name: 'by name', request: { path: `/api/v1/x/${uid(1)}` } },
    ];
    const replies: Reply[] = [
      {
        status: 201,
        headers: { 'content-type': ['application/json'], date: ['now'] },
        body: { metadata: { uid: uid(2) } },
      },
      { status: 200, body: { kind: 'A' } },
    ];
    const first = serverThat(...replies);
    const made = await record(first.target, readTranscript(JSON.stringify(requests), 'a file'));
    expect(first.asked[1]?.path).toBe(`/api/v1/x/${uid(2)}`);
    expect(made).toMatchObject({
      exchanges: [
        {
          request: { method: 'POST', body: { a: 1 } },
          response: { status: 201, headers: { 'content-type': 'application/json' } },
        },
        { name: 'by name', response: { status: 200, body: { kind: 'A' } } },
      ],
    });
    const outcomes = await replay(serverThat(...replies).target, readTranscript(JSON.stringify(made), 'made'));
    expect(outcomes.flatMap(({ differences }) => differences)).toEqual([]);
  });

  it('keeps how its exchanges are compared', async () => {
    const requests = [{ request: { path: '/api/v1/x' }, compare: 'subset', ignore: ['$.body.a'] }];
    const made = await record(serverThat({}).target, readTranscript(JSON.stringify(requests), 'a file'));
    expect(made).toMatchObject({ exchanges: [{ compare: 'subset', ignore: ['$.body.a'] }] });
  });
});

describe('the bookmark that ends a list which is streamed', () => {
  const metadata = { annotations: { 'k8s.io/initial-events-end': 'true' } };

  it.each<[string, Json, boolean]>([
    ['of objects', { metadata }, false],
    ['of tables', { kind: 'Table', rows: [{ object: { metadata } }] }, false],
    ['that a timer sends', { metadata: {} }, true],
    ['that a timer sends, as a table', { kind: 'Table', rows: [{ object: { metadata: {} } }] }, true],
  ])('%s', (_, object, isPeriodic) => {
    expect(isPeriodicBookmark({ type: 'BOOKMARK', object })).toBe(isPeriodic);
  });
});
