import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const PODS = '/api/v1/namespaces/ns/pods';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const MERGE = 'application/merge-patch+json';

let backends: Backends;
let api: RunningApi;
let uid: string;
/** Uids of pods by name. */
const uids: Record<string, string> = {};

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  await created('/api/v1/namespaces', { metadata: { name: 'ns' } });
  for (const name of ['default', 'bot']) await created('/api/v1/namespaces/ns/serviceaccounts', { metadata: { name } });
  for (const name of ['n1', 'n2']) await created('/api/v1/nodes', { metadata: { name } });
  for (const [name, nodeName] of [
    ['mine', 'n1'],
    ['foreign', 'n2'],
    ['mine-too', 'n1'],
    ['doomed', 'n1'],
  ]) {
    const spec = {
      nodeName,
      serviceAccountName: 'bot',
      containers: [{ name: 'c', image: 'i' }],
      volumes: volumes(name),
    };
    uids[name ?? ''] = (await created(PODS, { metadata: { name, labels: { a: 'b' } }, spec })).metadata.uid;
  }
  for (const name of ['of-mine', 'of-foreign']) {
    await created('/api/v1/namespaces/ns/secrets', { metadata: { name }, stringData: { k: 'v' } });
  }
  ({ uid } = (await api.request('GET', '/api/v1/nodes/n1')).json.metadata);
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

const volumes = (pod: string | undefined) => [{ name: 'v', secret: { secretName: `of-${pod}` } }];

async function created(path: string, body: object) {
  const answer = await api.request('POST', path, { body });
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

const HEADERS = { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'system:nodes' };

/** A request of the node n1. Returns the code, and the message of a refusal. */
async function asNode(method: string, path: string, body?: object, contentType?: string): Promise<[number, string]> {
  const options = { headers: HEADERS, ...(body && { body }), ...(contentType && { contentType }) };
  const { status, json } = await api.request(method, path, options);
  return [status, json?.message ?? ''];
}

const mirror = (over: { name?: string; spec?: object; annotations?: object; owner?: object | null } = {}) => {
  const { name = 'static', spec, annotations = { 'kubernetes.io/config.mirror': 'x' }, owner } = over;
  const own = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid, controller: true };
  return {
    metadata: { name, annotations, ...(owner !== null && { ownerReferences: [{ ...own, ...owner }] }) },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }], ...spec },
  };
};

describe('a node that owns its own credential', () => {
  it('learns the pods of its own, and the secrets that these refer to', async () => {
    expect((await asNode('GET', `${PODS}/mine`))[0]).toBe(200);
    const unrelated = "no relationship found between node 'n1' and this object";
    expect((await asNode('GET', `${PODS}/foreign`))[1]).toContain(unrelated);
    expect((await asNode('GET', '/api/v1/namespaces/ns/secrets/of-mine'))[0]).toBe(200);
    expect(await asNode('GET', '/api/v1/namespaces/ns/secrets/of-foreign')).toEqual([
      403,
      `secrets "of-foreign" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "ns": ${unrelated}`,
    ]);
    expect((await asNode('GET', '/api/v1/namespaces/ns/secrets'))[0]).toBe(403);
    expect((await asNode('GET', '/api/v1/pods'))[0]).toBe(403);
    expect((await asNode('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn2'))[0]).toBe(403);
    const { json } = await api.request('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1', { headers: HEADERS });
    const names = json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name).toSorted();
    expect(names).toEqual(['doomed', 'mine', 'mine-too']);
  });

  it('loses a secret with the last pod that refers to it', async () => {
    const secret = '/api/v1/namespaces/ns/secrets/of-mine-too';
    await created('/api/v1/namespaces/ns/secrets', { metadata: { name: 'of-mine-too' } });
    expect((await asNode('GET', secret))[0]).toBe(200);
    await api.request('DELETE', `${PODS}/mine-too`, { body: { gracePeriodSeconds: 0 } });
    expect((await asNode('GET', secret))[0]).toBe(403);
  });

  it('reads and writes itself alone', async () => {
    expect((await asNode('GET', '/api/v1/nodes/n1'))[0]).toBe(200);
    expect((await asNode('GET', '/api/v1/nodes/n2'))[0]).toBe(403);
    expect((await asNode('GET', '/api/v1/nodes'))[0]).toBe(403);
    const patch = (name: string, body: object) => asNode('PATCH', `/api/v1/nodes/${name}`, body, MERGE);
    expect(await patch('n2', { metadata: { labels: { a: 'b' } } })).toEqual([
      403,
      'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
    ]);
    expect((await patch('n1', { metadata: { labels: { a: 'b', 'kubernetes.io/os': 'linux' } } }))[0]).toBe(200);
    expect(await patch('n1', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } })).toEqual([
      403,
      'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
    ]);
    const startup = { 'everynode.io/startup-taint': 'quarantine' };
    expect(await patch('n1', { metadata: { annotations: startup } })).toEqual([
      403,
      'nodes "n1" is forbidden: node "n1" is not allowed to modify the annotation everynode.io/startup-taint',
    ]);
    const status = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    expect((await asNode('PATCH', '/api/v1/nodes/n1/status', status, MERGE))[0]).toBe(200);
    expect((await asNode('PATCH', '/api/v1/nodes/n2/status', status, MERGE))[0]).toBe(403);
    expect((await asNode('DELETE', '/api/v1/nodes/n1'))[0]).toBe(403);
    expect((await asNode('POST', '/api/v1/nodes', { metadata: { name: 'n3' } }))[0]).toBe(403);
  });

  it.each([
    'node-restriction.kubernetes.io/team',
    'x.node-restriction.kubernetes.io/team',
    'node-role.kubernetes.io/control-plane',
    'kubernetes.io/made-up',
    'foo.k8s.io/bar',
  ])('does not give itself the label %s, by which pods could be meant for others', async (label) => {
    const body = { metadata: { labels: { [label]: 'x' } } };
    for (const path of ['/api/v1/nodes/n1', '/api/v1/nodes/n1/status']) {
      const [code, message] = await asNode('PATCH', path, body, MERGE);
      expect([code, message]).toEqual([403, `nodes "n1" is forbidden: is not allowed to modify labels: ${label}`]);
    }
  });

  it('is not moved to another agent by itself', async () => {
    const body = { metadata: { annotations: { 'everynode.io/agent': 'other' } } };
    for (const path of ['/api/v1/nodes/n1', '/api/v1/nodes/n1/status']) {
      expect(await asNode('PATCH', path, body, MERGE)).toEqual([
        403,
        'nodes "n1" is forbidden: node "n1" is not allowed to modify the annotation everynode.io/agent',
      ]);
    }
    await created('/api/v1/nodes', { metadata: { name: 'n4', annotations: { 'everynode.io/agent': 'n4' } } });
    const headers = { ...HEADERS, 'impersonate-user': 'system:node:n4' };
    const gone = { metadata: { annotations: { 'everynode.io/agent': null } } };
    const answer = await api.request('PATCH', '/api/v1/nodes/n4', { headers, body: gone, contentType: MERGE });
    expect(answer.json.message).toContain('not allowed to modify the annotation');
    await api.request('DELETE', '/api/v1/nodes/n4');
    const again = { metadata: { name: 'n4', annotations: { 'everynode.io/agent': 'other' } } };
    expect((await api.request('POST', '/api/v1/nodes', { headers, body: again })).status).toBe(403);
  });

  it('reports on its own pods, and changes nothing else of them', async () => {
    const status = { status: { phase: 'Running' } };
    expect((await asNode('PATCH', `${PODS}/mine/status`, status, MERGE))[0]).toBe(200);
    expect((await asNode('PATCH', `${PODS}/foreign/status`, status, MERGE))[1]).toBe(
      'pods "foreign" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
    );
    const labels = { metadata: { labels: { a: 'c' } }, ...status };
    expect((await asNode('PATCH', `${PODS}/mine/status`, labels, MERGE))[1]).toBe(
      'pods "mine" is forbidden: node "n1" cannot update labels through pod status',
    );
    expect((await asNode('PATCH', `${PODS}/mine`, { metadata: { labels: { a: 'c' } } }, MERGE))[0]).toBe(403);
  });

  it('removes its own pods alone', async () => {
    expect((await asNode('DELETE', `${PODS}/foreign`))[1]).toBe(
      'pods "foreign" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
    );
    const eviction = (name: string) => ({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });
    expect((await asNode('POST', `${PODS}/foreign/eviction`, eviction('foreign')))[1]).toBe(
      'pods "foreign" is forbidden: node n1 can only evict pods with spec.nodeName set to itself',
    );
    expect((await asNode('POST', `${PODS}/doomed/eviction`, eviction('doomed')))[0]).toBe(201);
    expect((await asNode('DELETE', `${PODS}/doomed`))[0]).toBe(200);
  });

  it.each<[string, () => object, string]>([
    [
      'that is no mirror pod',
      () => mirror({ annotations: {} }),
      'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    ],
    [
      'on another node',
      () => mirror({ spec: { nodeName: 'n2' } }),
      'node "n1" can only create pods with spec.nodeName set to itself',
    ],
    [
      'without an owner',
      () => mirror({ owner: null }),
      'node "n1" can only create pods with an owner reference set to itself',
    ],
    [
      'of another node',
      () => mirror({ owner: { name: 'n2' } }),
      'node "n1" can only create pods with an owner reference set to itself',
    ],
    [
      'with a secret',
      () => mirror({ spec: { volumes: volumes('foreign') } }),
      'node "n1" can not create pods that reference secrets',
    ],
    [
      'with a service account',
      () => mirror({ spec: { serviceAccountName: 'bot' } }),
      'node "n1" can not create pods that reference a service account',
    ],
  ])('creates no pod %s', async (_what, body, why) => {
    expect(await asNode('POST', PODS, body())).toEqual([403, `pods "static" is forbidden: ${why}`]);
  });

  it('creates mirror pods of what it runs by itself', async () => {
    expect(await asNode('POST', PODS, mirror())).toEqual([201, '']);
  });

  it('gets tokens for its own pods alone', async () => {
    const ask = (boundObjectRef?: object) =>
      asNode('POST', '/api/v1/namespaces/ns/serviceaccounts/bot/token', { spec: { boundObjectRef } });
    const ref = (name: string, uidOf = uids[name]) => ({ apiVersion: 'v1', kind: 'Pod', name, uid: uidOf });
    const no = 'serviceaccounts "bot" is forbidden: node requested token';
    expect((await ask(ref('mine')))[0]).toBe(201);
    expect(await ask()).toEqual([403, `${no} not bound to a pod`]);
    expect(await ask(ref('mine', ''))).toEqual([403, `${no} with a pod binding without a uid`]);
    expect(await ask(ref('foreign'))).toEqual([403, `${no} bound to a pod scheduled on a different node`]);
    expect((await asNode('POST', '/api/v1/namespaces/ns/serviceaccounts/default/token', {}))[0]).toBe(403);
  });

  it('gets tokens for the audiences that its pod names, and for those that a role allows', async () => {
    const audience = (name: string) => ({ serviceAccountToken: { path: 't', audience: name } });
    const claim = { persistentVolumeClaim: { claimName: 'driven' } };
    const spec = {
      nodeName: 'n1',
      serviceAccountName: 'bot',
      containers: [{ name: 'c', image: 'i' }],
      volumes: [
        { name: 'a', projected: { sources: [audience('vault')] } },
        { name: 'b', csi: { driver: 'inline.example.com' } },
        { name: 'c', ...claim },
      ],
    };
    const { metadata } = await created(PODS, { metadata: { name: 'asks' }, spec });
    const driver = (name: string, of: string) =>
      created('/apis/storage.k8s.io/v1/csidrivers', {
        metadata: { name },
        spec: { tokenRequests: [{ audience: of }] },
      });
    await driver('inline.example.com', 'inline');
    await driver('claimed.example.com', 'claimed');
    const common = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
    await created('/api/v1/persistentvolumes', {
      metadata: { name: 'driven' },
      spec: { ...common, capacity: { storage: '1Gi' }, csi: { driver: 'claimed.example.com', volumeHandle: 'h' } },
    });
    await created('/api/v1/namespaces/ns/persistentvolumeclaims', {
      metadata: { name: 'driven' },
      spec: { ...common, resources: { requests: { storage: '1Gi' } }, volumeName: 'driven' },
    });
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'asks', uid: metadata.uid };
    const ask = (...audiences: string[]) =>
      asNode('POST', '/api/v1/namespaces/ns/serviceaccounts/bot/token', { spec: { boundObjectRef, audiences } });
    for (const audiences of [[], ['vault'], ['inline'], ['claimed']])
      expect(await ask(...audiences)).toEqual([201, '']);
    expect(await ask('vault', 'inline')).toEqual([
      403,
      'serviceaccounts "bot" is forbidden: node may only request 0 or 1 audiences',
    ]);
    expect(await ask('bank')).toEqual([
      403,
      'serviceaccounts "bot" is forbidden: audience "bank" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience',
    ]);
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const verbs = ['request-serviceaccounts-token-audience'];
    await created(`${rbac}/clusterroles`, {
      metadata: { name: 'bank' },
      rules: [{ apiGroups: [''], resources: ['bank'], verbs, resourceNames: ['bot'] }],
    });
    await created(`${rbac}/clusterrolebindings`, {
      metadata: { name: 'bank' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'bank' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
    });
    await eventually(async () => expect(await ask('bank')).toEqual([201, '']));
    // Of a claim that its pod uses, a node writes what it knows of the volume, and nothing else.
    const path = '/api/v1/namespaces/ns/persistentvolumeclaims/driven';
    const status = { status: { capacity: { storage: '2Gi' } } };
    expect((await asNode('PATCH', `${path}/status`, status, MERGE))[0]).toBe(200);
    for (const more of [{ metadata: { labels: { a: 'b' } } }, { status: { phase: 'Lost' } }]) {
      expect((await asNode('PATCH', `${path}/status`, { ...status, ...more }, MERGE))[1]).toContain(
        'node "n1" is not allowed to update fields other than status.capacity and status.conditions',
      );
    }
  });

  it('gives itself no claims by the status of a pod', async () => {
    const claims = [{ name: 'gpu', resourceClaimName: 'of-others' }];
    const status = { status: { resourceClaimStatuses: claims } };
    expect((await asNode('PATCH', `${PODS}/mine/status`, status, MERGE))[1]).toBe(
      'pods "mine" is forbidden: node "n1" cannot update resource claim statues',
    );
  });

  it('has its own CSINode alone', async () => {
    const nodes = '/apis/storage.k8s.io/v1/csinodes';
    const named = (name: string) => ({ metadata: { name }, spec: { drivers: [] } });
    await created(nodes, named('n2'));
    expect((await asNode('POST', nodes, named('n1')))[0]).toBe(201);
    for (const [method, path, body] of [
      ['POST', nodes, named('n3')],
      ['PATCH', `${nodes}/n2`, { metadata: { labels: { a: 'b' } } }],
      ['DELETE', `${nodes}/n2`, undefined],
      ['GET', `${nodes}/n2`, undefined],
    ] as const) {
      const [code, message] = await asNode(method, path, body, method === 'PATCH' ? MERGE : undefined);
      expect([method, code]).toEqual([method, 403]);
      expect(message).toContain('can only access CSINode with the same name as the requesting node');
    }
    expect((await asNode('DELETE', `${nodes}/n1`))[0]).toBe(200);
  });

  it('holds its own lease alone', async () => {
    expect(await asNode('POST', LEASES, { metadata: { name: 'n2' } })).toEqual([
      403,
      'leases.coordination.k8s.io "n2" is forbidden: can only access node lease with the same name as the requesting node',
    ]);
    expect((await asNode('POST', LEASES.replace('kube-node-lease', 'ns'), { metadata: { name: 'n1' } }))[0]).toBe(403);
  });
});
