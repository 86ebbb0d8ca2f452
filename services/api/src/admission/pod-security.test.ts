import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/index.js';

const LABEL = 'pod-security.kubernetes.io/';

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

const labels = (short: Record<string, string>) =>
  Object.fromEntries(Object.entries(short).map(([key, value]) => [LABEL + key, value]));

const namespace = async (name: string, short: Record<string, string> = {}) => {
  const answer = await api.request('POST', '/api/v1/namespaces', {
    body: { metadata: { name, labels: labels(short) } },
  });
  expect(answer.status).toBe(201);
  // No controller makes it here.
  await api.request('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
};

const pod = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
});
const create = (inside: string, object: object) =>
  api.request('POST', `/api/v1/namespaces/${inside}/pods`, { body: object });
const warningsOf = ({ headers }: { headers: Record<string, string | string[] | undefined> }) =>
  [headers.warning ?? []].flat().join('\n');

describe('a namespace with a policy', () => {
  it('refuses a pod that the policy does not allow, in the words of upstream', async () => {
    await namespace('enforced', { enforce: 'baseline' });
    const { status, json } = await create('enforced', pod('p', { hostNetwork: true }));
    expect([status, json.reason]).toEqual([403, 'Forbidden']);
    expect(json.message).toBe(
      'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    );
    expect((await create('enforced', pod('p'))).status).toBe(201);
  });

  it('refuses an ephemeral container that the policy does not allow', async () => {
    await namespace('debugged', { enforce: 'baseline' });
    await create('debugged', pod('p'));
    const patch = (securityContext: object) =>
      api.request('PATCH', '/api/v1/namespaces/debugged/pods/p/ephemeralcontainers', {
        headers: { 'content-type': 'application/strategic-merge-patch+json' },
        body: { spec: { ephemeralContainers: [{ name: 'd', image: 'x', securityContext }] } },
      });
    expect((await patch({ privileged: true })).json.message).toContain('privileged (container "d" must not set');
    expect((await patch({})).status).toBe(200);
  });

  it('lets a pod that was there before it be labelled, and not get another image', async () => {
    await namespace('later');
    await create('later', pod('p', { hostNetwork: true }));
    await api.request('PATCH', '/api/v1/namespaces/later', {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { metadata: { labels: labels({ enforce: 'baseline' }) } },
    });
    const change = (body: object) =>
      api.request('PATCH', '/api/v1/namespaces/later/pods/p', {
        headers: { 'content-type': 'application/strategic-merge-patch+json' },
        body,
      });
    expect((await change({ metadata: { labels: { a: 'b' } } })).status).toBe(200);
    expect((await change({ spec: { containers: [{ name: 'c', image: 'y' }] } })).status).toBe(403);
  });

  it('warns of a pod and of a template, and accepts both', async () => {
    await namespace('warned', { warn: 'restricted', 'warn-version': 'v1.25' });
    const text = 'would violate PodSecurity \\"restricted:v1.25\\": allowPrivilegeEscalation != false';
    const made = await create('warned', pod('p'));
    expect(made.status).toBe(201);
    expect(warningsOf(made)).toContain(text);
    const daemonSet = await api.request('POST', '/apis/apps/v1/namespaces/warned/daemonsets', {
      body: {
        metadata: { name: 'd' },
        spec: {
          selector: { matchLabels: { app: 'd' } },
          template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
        },
      },
    });
    expect(daemonSet.status).toBe(201);
    expect(warningsOf(daemonSet)).toContain(text);
  });

  it('does not warn of a template that only a pod could break', async () => {
    await namespace('template', { enforce: 'restricted' });
    const { status, headers } = await api.request('POST', '/apis/apps/v1/namespaces/template/daemonsets', {
      body: {
        metadata: { name: 'd' },
        spec: {
          selector: { matchLabels: { app: 'd' } },
          template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
        },
      },
    });
    expect([status, headers.warning]).toEqual([201, undefined]);
  });
});

describe('labels of a policy', () => {
  const label = (name: string, short: Record<string, string>) =>
    api.request('PATCH', `/api/v1/namespaces/${name}`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { metadata: { labels: labels(short) } },
    });

  it('that cannot be read are refused', async () => {
    await namespace('labels');
    const { status, json } = await label('labels', { enforce: 'high', 'warn-version': '1.2' });
    expect(status).toBe(422);
    expect(json.details.causes.map(({ field }: { field: string }) => field)).toEqual([
      `metadata.labels[${LABEL}enforce]`,
      `metadata.labels[${LABEL}warn-version]`,
    ]);
    expect((await label('labels', { enforce: 'baseline' })).status).toBe(200);
  });

  it('warn of the pods that a stricter policy does not allow', async () => {
    await namespace('stricter');
    for (const name of ['b', 'a', 'c']) await create('stricter', pod(name, { hostPID: true }));
    await create('stricter', pod('good'));
    const answer = await label('stricter', { enforce: 'baseline' });
    expect(answer.status).toBe(200);
    expect(warningsOf(answer)).toContain(
      'existing pods in namespace \\"stricter\\" violate the new PodSecurity enforce level \\"baseline:latest\\"',
    );
    expect(warningsOf(answer)).toContain('a (and 2 other pods): host namespaces');
    expect(warningsOf(await label('stricter', { enforce: 'privileged' }))).toBe('');
  });
});
