import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/index.js';

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

const post = (path: string, body: object) => api.request('POST', path, { body });
const namespace = async (name: string) => {
  await post('/api/v1/namespaces', { metadata: { name } });
  return `/api/v1/namespaces/${name}`;
};
const pod = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
});

describe('the service account of a pod', () => {
  it('must exist', async () => {
    const at = await namespace('accounts');
    const { status, json } = await post(`${at}/pods`, pod('p', { serviceAccountName: 'none' }));
    expect([status, json.message]).toEqual([
      403,
      'pods "p" is forbidden: error looking up service account accounts/none: serviceaccount "none" not found',
    ]);
  });

  it('may be made a moment after the pod of a new namespace is sent', async () => {
    const at = await namespace('young');
    const created = post(`${at}/pods`, pod('p'));
    await post(`${at}/serviceaccounts`, { metadata: { name: 'default' } });
    expect((await created).status).toBe(201);
  });

  it('is in a volume that its containers mount, unless the pod or the account does not want it', async () => {
    const at = await namespace('tokens');
    await post(`${at}/serviceaccounts`, { metadata: { name: 'default' } });
    await post(`${at}/serviceaccounts`, { metadata: { name: 'shy' }, automountServiceAccountToken: false });
    const volumesOf = async (name: string, spec: object) =>
      ((await post(`${at}/pods`, pod(name, spec))).json.spec.volumes ?? []).length;
    expect(await volumesOf('a', {})).toBe(1);
    expect(await volumesOf('b', { automountServiceAccountToken: false })).toBe(0);
    expect(await volumesOf('c', { serviceAccountName: 'shy' })).toBe(0);
  });
});

describe('a limit range', () => {
  it('completes pods that name no resources, and refuses those beyond its limits', async () => {
    const at = await namespace('limits');
    await post(`${at}/serviceaccounts`, { metadata: { name: 'default' } });
    await post(`${at}/limitranges`, {
      metadata: { name: 'l' },
      spec: { limits: [{ type: 'Container', default: { cpu: '1' }, max: { cpu: '2' } }] },
    });
    const completed = await post(`${at}/pods`, pod('p'));
    expect(completed.json.spec.containers[0].resources).toEqual({ limits: { cpu: '1' }, requests: { cpu: '1' } });
    expect(completed.json.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
    });
    const container = { name: 'c', image: 'x', resources: { limits: { cpu: '3' } } };
    const { status, json } = await post(`${at}/pods`, pod('q', { containers: [container] }));
    expect([status, json.message]).toEqual([
      403,
      'pods "q" is forbidden: maximum cpu usage per Container is 2, but limit is 3',
    ]);
  });
});

describe('a quota', () => {
  it('refuses what is beyond it, as a dry run too, and gives back what is deleted', async () => {
    const at = await namespace('quotas');
    await post(`${at}/serviceaccounts`, { metadata: { name: 'default' } });
    const hard = { pods: '1', configmaps: '1', 'limits.cpu': '2' };
    await post(`${at}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard } });
    const status = { hard, used: { pods: '0', configmaps: '0', 'limits.cpu': '0' } };
    // Without a controller nothing else puts the quota in force.
    const headers = { 'content-type': 'application/merge-patch+json' };
    await api.request('PATCH', `${at}/resourcequotas/q/status`, { body: { status }, headers });
    const limited = { containers: [{ name: 'c', image: 'x', resources: { limits: { cpu: '2' } } }] };
    const refusals = [
      [await post(`${at}/pods`, pod('p')), 'failed quota: q: must specify limits.cpu for: c'],
      [await post(`${at}/pods?dryRun=All`, pod('p')), 'failed quota: q: must specify limits.cpu for: c'],
    ] as const;
    for (const [{ status, json }, why] of refusals) {
      expect([status, json.message]).toEqual([403, `pods "p" is forbidden: ${why}`]);
    }
    expect((await post(`${at}/pods?dryRun=All`, pod('p', limited))).status).toBe(201);
    expect((await post(`${at}/pods`, pod('p', limited))).status).toBe(201);
    const beyond =
      'exceeded quota: q, requested: limits.cpu=2,pods=1, used: limits.cpu=2,pods=1, limited: limits.cpu=2,pods=1';
    for (const query of ['', '?dryRun=All']) {
      const { status, json } = await post(`${at}/pods${query}`, pod('p2', limited));
      expect([status, json.message]).toEqual([403, `pods "p2" is forbidden: ${beyond}`]);
    }
    const usedNow = async () => (await api.request('GET', `${at}/resourcequotas/q`)).json.status.used;
    expect(await usedNow()).toEqual({ configmaps: '0', 'limits.cpu': '2', pods: '1' });
    await api.request('DELETE', `${at}/pods/p?gracePeriodSeconds=0`);
    expect(await usedNow()).toEqual({ configmaps: '0', 'limits.cpu': '0', pods: '0' });
  });
});
