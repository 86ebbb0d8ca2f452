import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import type { ClientRequest } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

let backends: Backends;
let api: RunningApi;
let directory: string;
const MAPS = '/api/v1/namespaces/default/configmaps';
const MIB = 1024 * 1024;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-audit-'));
  backends = await startBackends();
  const limits = { seats: 1, queueLength: 2, waitMs: 10_000 };
  api = await startReplica(backends, { limits, bodyBytes: { seats: 4 * MIB }, auditLog: join(directory, 'audit.log') });
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
  await rm(directory, { recursive: true, force: true });
});

const create = (user: string, name: string, agent = 'some/1') =>
  api.request('POST', MAPS, {
    body: { metadata: { name }, data: { secret: 'in the body' } },
    headers: { 'user-agent': agent, 'impersonate-user': user, 'impersonate-group': 'system:masters' },
  });

describe('a greedy client', () => {
  it('is told to wait, whatever name it gives to its programs, and others are served', async () => {
    const greedy = Array.from({ length: 40 }, (_, at) => create('greedy', `greedy-${at}`, `greedy/${at}`));
    const modest = create('modest', 'modest', 'greedy/1');
    const answers = await Promise.all(greedy);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 201).length).toBe(40 - refused.length);
    expect(refused[0]?.headers['retry-after']).toBe('1');
    expect(refused[0]?.json).toMatchObject({
      kind: 'Status',
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 1 },
    });
    expect((await modest).status).toBe(201);
  });

  it('waits with its watches too, which hold no seat once they have begun', async () => {
    // Who waits for a revision that is yet to come has the one seat meanwhile.
    const seated = api.request('GET', `${MAPS}?resourceVersion=${2 ** 40}&timeout=2s`);
    await eventually(async () => {
      const { text } = await api.request('GET', '/metrics');
      expect(text).toMatch(/^everynode_api_requests_inflight 1$/m);
    });
    const crowd = Array.from({ length: 20 }, () => api.watch(`${MAPS}?watch=true`));
    await eventually(() => expect(crowd.filter(({ status }) => status === 429)).toHaveLength(18));
    expect((await seated).status).toBe(504);
    await eventually(() => expect(crowd.map(({ status }) => status)).not.toContain(undefined));
    const watches = crowd.filter(({ status }) => status === 200);
    expect(watches).toHaveLength(2);
    expect((await create('modest', 'beside')).status).toBe(201);
    await eventually(async () => {
      await api.context.reflector.catchUp();
      for (const { events } of watches) {
        const names = events.map(({ object }) => (object as { metadata?: { name?: string } }).metadata?.name);
        expect(names).toContain('beside');
      }
    });
    for (const watch of crowd) watch.close();
  });
});

describe('bodies', () => {
  const bodyBytes = async () => {
    const { text } = await api.request('GET', '/metrics');
    return Number(/^everynode_api_body_bytes (\d+)$/m.exec(text)?.[1]);
  };
  /** Sends the beginning of a body. */
  const begin = (user: string, bytes: number): ClientRequest => {
    const { url, ...credentials } = api.server;
    const headers = { 'impersonate-user': user, 'impersonate-group': 'system:masters', 'content-length': bytes };
    const outgoing = request(url + MAPS, { ...credentials, agent: false, method: 'POST', headers });
    // The test breaks it off.
    outgoing.on('error', () => undefined);
    outgoing.write('{');
    return outgoing;
  };

  it('of one client never take the room of others, and come when there is room', async () => {
    const greedy = Array.from({ length: 3 }, () => begin('greedy', 1.5 * MIB));
    await eventually(async () => expect(await bodyBytes()).toBe(1.5 * MIB));
    const modest = begin('modest', 2 * MIB);
    await eventually(async () => expect(await bodyBytes()).toBe(3.5 * MIB));
    modest.destroy();
    await eventually(async () => expect(await bodyBytes()).toBe(1.5 * MIB));
    greedy[0]?.destroy();
    await eventually(async () => expect(await bodyBytes()).toBe(1.5 * MIB));
    for (const one of greedy) one.destroy();
    await eventually(async () => expect(await bodyBytes()).toBe(0));
  });
});

describe('the audit log', () => {
  it('notes who did what, and not what was in it', async () => {
    const made = await create('auditor', 'audited', 'auditor/1');
    await api.request('GET', `${MAPS}/none?pretty=true`, { anonymous: true });
    await eventually(async () => {
      const text = await readFile(join(directory, 'audit.log'), 'utf8');
      const events = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { auditID: string; requestURI: string; user: { username: string } });
      expect(events.find(({ auditID }) => auditID === made.headers['audit-id'])).toMatchObject({
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Metadata',
        stage: 'ResponseComplete',
        verb: 'create',
        requestURI: MAPS,
        user: { groups: expect.arrayContaining(['system:authenticated']) },
        userAgent: 'auditor/1',
        objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
        responseStatus: { code: 201 },
      });
      // Requests on two connections may be noted in either order.
      expect(events.find(({ requestURI }) => requestURI.endsWith('/none?pretty=true'))).toMatchObject({
        verb: 'get',
        user: { username: 'system:anonymous' },
        objectRef: { name: 'none' },
        responseStatus: { code: 401 },
      });
      expect(text).not.toContain('in the body');
    });
    const watch = api.watch(`${MAPS}?watch=true&timeoutSeconds=1`);
    const stages = async () => {
      const lines = (await readFile(join(directory, 'audit.log'), 'utf8')).trim().split('\n');
      return lines
        .map((line) => JSON.parse(line) as { verb: string; stage: string; requestURI: string })
        .filter(({ verb, requestURI }) => verb === 'watch' && requestURI.endsWith('timeoutSeconds=1'))
        .map(({ stage }) => stage);
    };
    await eventually(async () => expect(await stages()).toEqual(['ResponseStarted']));
    await watch.ended;
    await eventually(async () => expect(await stages()).toEqual(['ResponseStarted', 'ResponseComplete']));
    expect((await stat(join(directory, 'audit.log'))).mode & 0o777).toBe(0o600);
  });

  it('records a request whose path cannot be read', async () => {
    const { status, headers } = await api.request('POST', '/api/v1/namespaces/%00/bindings', { body: {} });
    expect(status).toBe(400);
    await eventually(async () => {
      const lines = (await readFile(join(directory, 'audit.log'), 'utf8')).trim().split('\n');
      const events = lines.map((line) => JSON.parse(line) as { auditID: string });
      expect(events.find(({ auditID }) => auditID === headers['audit-id'])).toMatchObject({
        verb: 'post',
        requestURI: '/api/v1/namespaces/%00/bindings',
        responseStatus: { code: 400 },
      });
    });
  });
});
