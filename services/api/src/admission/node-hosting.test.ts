import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const NODES = '/api/v1/nodes';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  const bind = async (name: string, rules: object[]) => {
    await api.request('POST', `${RBAC}/clusterroles`, { body: { metadata: { name }, rules } });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }];
    const { status } = await api.request('POST', `${RBAC}/clusterrolebindings`, {
      body: { metadata: { name }, roleRef, subjects },
    });
    expect(status).toBe(201);
  };
  const nodes = { apiGroups: [''], resources: ['nodes', 'nodes/status'], verbs: ['*'] };
  await bind('labeller', [nodes]);
  const of = { apiGroups: ['agents.everynode.io'], resources: ['agents/nodes'], verbs: ['create'] };
  await bind('mover', [nodes, { ...of, resourceNames: ['agent-2'] }]);
  for (const name of ['hosted', 'free']) {
    const annotations = name === 'hosted' ? { 'everynode.io/agent': 'agent-1' } : {};
    await api.request('POST', NODES, { body: { metadata: { name, annotations } } });
  }
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

const as = (user: string) => ({ headers: { 'impersonate-user': user } });
const to = (agent: string | null) => ({ metadata: { annotations: { 'everynode.io/agent': agent } } });

it.each<[what: string, method: string, path: string, body: object, contentType?: string]>([
  ['moves', 'PATCH', 'hosted', to('agent-2'), MERGE],
  ['moves by the status', 'PATCH', 'hosted/status', to('agent-2'), MERGE],
  [
    'moves by an apply',
    'PATCH',
    'hosted?fieldManager=a&force=true',
    { apiVersion: 'v1', kind: 'Node', ...to('x') },
    APPLY,
  ],
  ['takes away', 'PATCH', 'hosted', to(null), MERGE],
  ['gives', 'PATCH', 'free', to('agent-2'), MERGE],
  ['creates for an agent', 'POST', '', { metadata: { name: 'new', annotations: { 'everynode.io/agent': 'agent-2' } } }],
])('a client that may write nodes %s none', async (_what, method, path, body, contentType) => {
  const url = path === '' ? NODES : `${NODES}/${path}`;
  const options = { body, ...(contentType !== undefined && { contentType }), ...as('labeller') };
  const { status, json } = await api.request(method, url, options);
  expect(status).toBe(403);
  expect(json.message).toContain('cannot create resource "agents/nodes" in API group "agents.everynode.io"');
  const labels = { metadata: { labels: { rack: '1' } } };
  const other = await api.request('PATCH', `${NODES}/hosted`, { body: labels, contentType: MERGE, ...as('labeller') });
  expect(other.json.metadata).toMatchObject({
    labels: { rack: '1' },
    annotations: { 'everynode.io/agent': 'agent-1' },
  });
});

it('a client that may give nodes to an agent gives them to that one', async () => {
  const move = (agent: string | null) =>
    api.request('PATCH', `${NODES}/hosted`, { body: to(agent), contentType: MERGE, ...as('mover') });
  expect((await move('agent-3')).status).toBe(403);
  expect((await move(null)).status).toBe(403);
  expect((await move('agent-2')).status).toBe(200);
  expect((await move(null)).status).toBe(200);
});
