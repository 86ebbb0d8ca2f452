import { eventually } from '@everynode/test-kit';
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

describe('an account that enforces which secrets its pods mount', () => {
  it('refuses pods that name others', async () => {
    const at = await namespace('mountable');
    await post(`${at}/serviceaccounts`, {
      metadata: { name: 'strict', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } },
      secrets: [{ name: 'mine' }],
      imagePullSecrets: [{ name: 'pull' }],
    });
    const ask = async (spec: object) => {
      const { status, json } = await post(`${at}/pods`, pod('p', { serviceAccountName: 'strict', ...spec }));
      return [status, json.message];
    };
    const why = 'is not allowed because service account strict does not reference that';
    const volume = (secretName: string) => ({ volumes: [{ name: 'v', secret: { secretName } }] });
    const env = [{ name: 'E', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } }];
    const forbidden = (text: string) => [403, `pods "p" is forbidden: ${text}`];
    expect(await ask(volume('other'))).toEqual(forbidden(`volume with secret.secretName="other" ${why} secret`));
    expect(await ask({ containers: [{ name: 'c', image: 'x', env }] })).toEqual(
      forbidden(`container c with envVar E referencing secret.secretName="other" ${why} secret`),
    );
    expect(await ask({ imagePullSecrets: [{ name: 'pull' }, { name: 'more' }] })).toEqual(
      forbidden(`imagePullSecrets[1].name="more" ${why} imagePullSecret`),
    );
    const envFrom = [{ secretRef: { name: 'other' } }];
    expect(await ask({ initContainers: [{ name: 'i', image: 'x', envFrom }] })).toEqual(
      forbidden(`init container i with envFrom referencing secret.secretName="other" ${why} secret`),
    );
    expect(await ask(volume('mine'))).toEqual([201, undefined]);
    const ephemeralContainers = [{ name: 'd', image: 'x', env }];
    const debug = await api.request('PATCH', `${at}/pods/p/ephemeralcontainers`, {
      body: { spec: { ephemeralContainers } },
      contentType: 'application/strategic-merge-patch+json',
    });
    expect([debug.status, debug.json.message]).toEqual(
      forbidden(`ephemeral container d with envVar E referencing secret.secretName="other" ${why} secret`),
    );
  });
});

describe('a mirror pod', () => {
  it.each([
    ['service accounts', 'may not reference service accounts', { serviceAccountName: 'default' }],
    ['secrets', 'may not reference secrets', { volumes: [{ name: 'v', secret: { secretName: 's' } }] }],
    ['pull secrets', 'may not reference secrets', { imagePullSecrets: [{ name: 's' }] }],
  ])('has no %s, whatever its client may', async (_what, why, spec) => {
    const at = await namespace('mirrors');
    const mirror = pod('m', { nodeName: 'n', ...spec });
    const metadata = { ...mirror.metadata, annotations: { 'kubernetes.io/config.mirror': 'x' } };
    const { status, json } = await post(`${at}/pods`, { ...mirror, metadata });
    expect([status, json.message]).toEqual([403, `pods "m" is forbidden: a mirror pod ${why}`]);
  });
});

describe('the priority of a pod', () => {
  it('stays where an update leaves it out', async () => {
    const at = await namespace('priorities');
    await post(`${at}/serviceaccounts`, { metadata: { name: 'default' } });
    const { json } = await post(`${at}/pods`, pod('p'));
    const { priority, preemptionPolicy, ...spec } = json.spec;
    const body = { ...json, metadata: { ...json.metadata, labels: { a: 'b' } }, spec };
    const updated = await api.request('PUT', `${at}/pods/p`, { body });
    expect([updated.status, updated.json.spec.priority]).toEqual([200, priority]);
    expect(updated.json.spec.preemptionPolicy).toBe(preemptionPolicy);
  });
});

describe('a limit range', () => {
  it('bounds what claims ask for', async () => {
    const at = await namespace('storage');
    const limit = { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } };
    await post(`${at}/limitranges`, { metadata: { name: 'l' }, spec: { limits: [limit] } });
    const claim = async (storage: string) => {
      const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } };
      const { status, json } = await post(`${at}/persistentvolumeclaims`, {
        metadata: { name: `c-${storage.toLowerCase()}` },
        spec,
      });
      return [status, json.message];
    };
    expect(await claim('512Mi')).toEqual([
      403,
      'persistentvolumeclaims "c-512mi" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi',
    ]);
    expect(await claim('3Gi')).toEqual([
      403,
      'persistentvolumeclaims "c-3gi" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    ]);
    expect(await claim('2Gi')).toEqual([201, undefined]);
  });

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
    await post(`${at}/configmaps`, { metadata: { name: 'before' } });
    await post(`${at}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard } });
    for (const query of ['', '?dryRun=All']) {
      const body = { metadata: { name: 'before' }, data: { a: query } };
      // An update that changes no count is not held to a quota that is not counted yet.
      expect((await api.request('PUT', `${at}/configmaps/before${query}`, { body })).status).toBe(200);
    }
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

describe('the default tolerations', () => {
  const seconds = (tolerations: { key?: string; tolerationSeconds?: number }[]) =>
    tolerations.map(({ key, tolerationSeconds }) => `${key}: ${tolerationSeconds}`);
  const defaults = ['node.kubernetes.io/not-ready: 300', 'node.kubernetes.io/unreachable: 300'];

  it('come back when an update drops them, and a pod of a DaemonSet that a client makes has them too', async () => {
    const at = await namespace('tolerations');
    await post(`${at}/serviceaccounts`, { metadata: { name: 'default' } });
    const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'u', controller: true };
    const owned = { ...pod('owned'), metadata: { name: 'owned', ownerReferences: [owner] } };
    expect(seconds((await post(`${at}/pods`, owned)).json.spec.tolerations)).toEqual(defaults);
    const { json: created } = await post(`${at}/pods`, pod('p'));
    const own = { key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 9 };
    const body = { ...created, spec: { ...created.spec, tolerations: [own] } };
    const { status, json } = await api.request('PUT', `${at}/pods/p`, { body });
    expect([status, json.metadata.generation]).toEqual([200, 2]);
    expect(seconds(json.spec.tolerations)).toEqual(['k: 9', ...defaults]);
    const same = { ...json, spec: { ...json.spec, tolerations: [own] } };
    const again = await api.request('PUT', `${at}/pods/p`, { body: same });
    expect([again.status, again.json.metadata.generation]).toEqual([200, 2]);
  });
});

describe('a node that a client makes', () => {
  const taintsOf = async (name: string, spec: object) =>
    (await post('/api/v1/nodes', { metadata: { name }, spec })).json.spec.taints;
  const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  it('takes no pods until it is ready', async () => {
    expect(await taintsOf('bare', {})).toEqual([notReady]);
    const own = { key: 'k', effect: 'NoExecute' };
    expect(await taintsOf('tainted', { taints: [own] })).toEqual([own, notReady]);
    expect(await taintsOf('twice', { taints: [notReady] })).toEqual([notReady]);
  });
});

describe('what every cluster has', () => {
  const PRIORITY_CLASSES = '/apis/scheduling.k8s.io/v1/priorityclasses';
  it('keeps its priority classes, by name and as a collection', async () => {
    const { status, json } = await api.request('DELETE', `${PRIORITY_CLASSES}/system-node-critical`);
    const name = 'priorityclasses.scheduling.k8s.io "system-node-critical"';
    const why = `${name} is forbidden: this is a system priority class and cannot be deleted`;
    expect([status, json.message]).toEqual([403, why]);
    expect((await api.request('DELETE', PRIORITY_CLASSES)).status).toBe(403);
    expect((await api.request('GET', `${PRIORITY_CLASSES}/system-cluster-critical`)).status).toBe(200);
  });

  it('takes no others with their prefix', async () => {
    const { status, json } = await post(PRIORITY_CLASSES, { metadata: { name: 'system-mine' }, value: 1 });
    expect([status, json.details.causes[0].message]).toEqual([
      422,
      "Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
    ]);
  });

  it('gets the namespace of leases back', async () => {
    const uidOf = async () => (await api.request('GET', '/api/v1/namespaces/kube-node-lease')).json.metadata.uid;
    const before = await uidOf();
    await api.request('DELETE', '/api/v1/namespaces/kube-node-lease');
    // No controller of namespaces runs here, so the test finalizes it.
    const { json } = await api.request('GET', '/api/v1/namespaces/kube-node-lease');
    await api.request('PUT', '/api/v1/namespaces/kube-node-lease/finalize', { body: { ...json, spec: {} } });
    await eventually(async () => expect([undefined, before]).not.toContain(await uidOf()));
  });
});
