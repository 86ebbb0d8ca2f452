import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus } from '@everynode/bus';
import { inboxPrefix, parseExchange, subjects } from '@everynode/contract';
import { eventually, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';
import { createPods } from '../../testing/streamed-pods.js';

let backends: Backends;
let api: RunningApi;
let bus: Bus;
let directory: string;
let auditLog: string;
const stopping = new AbortController();

beforeAll(async () => {
  backends = await startBackends();
  directory = await mkdtemp(join(tmpdir(), 'everynode-agent-tokens-'));
  auditLog = join(directory, 'audit.log');
  api = await startReplica(backends, { authorizationMode: 'AlwaysAllow', auditLog });
  for (const path of ['/api/v1/namespaces', '/api/v1/namespaces/default/serviceaccounts']) {
    await api.request('POST', path, { body: { metadata: { name: 'default' } } });
  }
  await createPods(api, 'agent-1', ['own']);
  await createPods(api, 'agent-2', ['foreign']);
  bus = Bus.connect({
    url: backends.nats.url,
    credential: await backends.nats.addAgent('agent-1'),
    name: 'agent-1',
    inboxPrefix: inboxPrefix('agent-1'),
    log: testLog(),
    signal: stopping.signal,
  });
});

afterAll(async () => {
  stopping.abort();
  await bus.close();
  await api.close();
  await backends.stop();
  await rm(directory, { recursive: true, force: true });
});

const uidOf = async (pod: string): Promise<string> =>
  (await api.request('GET', `/api/v1/namespaces/default/pods/${pod}`)).json.metadata.uid;

const ask = (request: object): Promise<string> =>
  bus.request(subjects.request('agent-1', 'issue-token'), JSON.stringify(request), 5000);

/** What a token says, without the check of its signature. */
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));

describe('an agent that asks for a token', () => {
  it('gets one of the account of its pod, bound to the pod and its node', async () => {
    const uid = await uidOf('own');
    const asked = { uid, expirationSeconds: 900 };
    const reply = parseExchange('issue-token', 'reply', await eventually(() => ask(asked)));
    expect(reply.expirationSeconds).toBe(900);
    expect(claimsOf(reply.token)).toMatchObject({
      sub: 'system:serviceaccount:default:default',
      'kubernetes.io': { namespace: 'default', pod: { name: 'own', uid }, node: { name: 'node-of-agent-1' } },
    });
  });

  it('gets none that lives longer than the pod asks for', async () => {
    const sources = [{ serviceAccountToken: { path: 't', audience: 'vault', expirationSeconds: 600 } }];
    const volumes = [{ name: 't', projected: { sources } }];
    const spec = { nodeName: 'node-of-agent-1', containers: [{ name: 'c', image: 'i:1' }], volumes };
    const body = { metadata: { name: 'short' }, spec };
    await api.request('POST', '/api/v1/namespaces/default/pods', { body });
    const asked = { uid: await uidOf('short'), audience: 'vault', expirationSeconds: 900 };
    const reply = parseExchange('issue-token', 'reply', await eventually(() => ask(asked)));
    expect(reply.expirationSeconds).toBe(600);
  });

  it('gets none for an audience that no volume of the pod names', async () => {
    const asked = { uid: await uidOf('own'), audience: 'vault', expirationSeconds: 900 };
    await expect(ask(asked)).rejects.toThrow('names no token for the audience "vault"');
  });

  it('gets none for a pod on the node of another agent, nor for one that is not there', async () => {
    for (const uid of [await uidOf('foreign'), 'no-such-uid']) {
      await expect(ask({ uid, expirationSeconds: 900 })).rejects.toThrow('the agent has no pod');
    }
  });

  it('is in the audit log with what it has got, and with what it was refused', async () => {
    const uid = await uidOf('own');
    await ask({ uid, expirationSeconds: 900 });
    await expect(ask({ uid: 'of-nobody', expirationSeconds: 900 })).rejects.toThrow('the agent has no pod');
    await eventually(async () => {
      const text = await readFile(auditLog, 'utf8');
      const events = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ requestURI }) => requestURI === subjects.request('agent-1', 'issue-token'));
      const base = { apiVersion: 'v1', resource: 'serviceaccounts', subresource: 'token' };
      const event = { verb: 'create', user: { username: 'system:node:agent-1' }, sourceIPs: [] };
      expect(events).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            ...event,
            user: expect.objectContaining(event.user),
            objectRef: { ...base, namespace: 'default', name: 'default' },
            responseStatus: { metadata: {}, code: 201 },
          }),
          expect.objectContaining({
            ...event,
            user: expect.objectContaining(event.user),
            objectRef: base,
            responseStatus: { metadata: {}, code: 403 },
          }),
        ]),
      );
      expect(text).not.toContain('eyJ');
    });
  });
});
