import { Agent, request as httpsRequest } from 'node:https';
import { json as readJson } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

const known = (...groups: string[]) => [...groups, 'system:authenticated'];

/** Who asks. The bindings that the first four have are made below; all others have what a new cluster gives them. */
const WHO: Record<string, { user: string; groups: string[] }> = {
  viewer: { user: 'viewer', groups: known() },
  editor: { user: 'editor', groups: known() },
  owner: { user: 'owner', groups: known() },
  reader: { user: 'reader', groups: known() },
  stranger: { user: 'stranger', groups: known() },
  bot: { user: 'system:serviceaccount:a:bot', groups: known('system:serviceaccounts', 'system:serviceaccounts:a') },
  node: { user: 'system:node:n1', groups: known('system:nodes') },
  scheduler: { user: 'system:kube-scheduler', groups: known() },
  monitor: { user: 'monitor', groups: known('system:monitoring') },
  anonymous: { user: 'system:anonymous', groups: ['system:unauthenticated'] },
};

const READERS = 'viewer editor owner reader';
const KNOWN = 'viewer editor owner reader stranger bot node scheduler monitor';

/**
 * What is asked, as `verb group/resource[/subresource] namespace name`, and who may. A dash stands for nothing and
 * `core` for the group without a name. Written from upstream's documentation of its default roles and from its
 * bootstrap policy (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata), and for nodes from the node authorizer.
 */
const MATRIX: readonly [question: string, allowed: string][] = [
  ['get core/pods a p', `${READERS} scheduler`],
  ['list core/pods a', `${READERS} scheduler`],
  ['watch core/pods b', 'reader scheduler'],
  ['list core/pods -', 'reader scheduler'],
  ['create core/pods a', 'editor owner node'],
  ['patch core/pods a p', 'editor owner'],
  ['delete core/pods b p', 'node scheduler'],
  ['deletecollection core/pods a', 'editor owner'],
  ['get core/pods/log a p', READERS],
  ['create core/pods/exec a p', 'editor owner'],
  ['get core/pods/exec a p', 'editor owner'],
  ['create core/pods/eviction a p', 'editor owner node'],
  ['create core/pods/binding a p', 'scheduler'],
  ['update core/pods/status a p', 'node scheduler'],
  ['get core/secrets a s', 'editor owner'],
  ['list core/secrets a', 'editor owner'],
  ['list core/secrets -', ''],
  ['get core/secrets b s', ''],
  ['get core/configmaps a c', READERS],
  ['create core/configmaps a', 'editor owner'],
  ['get core/serviceaccounts a bot', READERS],
  ['create core/serviceaccounts/token a bot', 'editor owner'],
  ['get core/namespaces a a', `${READERS} scheduler`],
  ['get core/namespaces b b', 'reader scheduler'],
  ['list core/namespaces -', 'reader scheduler'],
  ['create core/namespaces -', ''],
  ['delete core/namespaces a a', ''],
  ['get core/nodes - n1', 'node scheduler'],
  ['get core/nodes - n2', 'scheduler'],
  ['list core/nodes -', 'scheduler'],
  ['patch core/nodes - n1', 'node'],
  ['delete core/nodes - n1', ''],
  ['patch core/nodes/status - n1', 'node'],
  ['get core/resourcequotas a q', READERS],
  ['create core/resourcequotas a', ''],
  ['create core/limitranges a', ''],
  ['get core/events a e', READERS],
  ['create core/events b', 'node scheduler'],
  ['list core/services -', 'reader node scheduler'],
  ['get apps/daemonsets a d', READERS],
  ['list apps/daemonsets b', 'reader'],
  ['patch apps/daemonsets a d', 'editor owner'],
  ['delete apps/daemonsets a d', 'editor owner'],
  ['deletecollection apps/daemonsets b', ''],
  ['get apps/daemonsets/status a d', READERS],
  ['update apps/daemonsets/status a d', ''],
  ['get apps/controllerrevisions a c', READERS],
  ['update apps/controllerrevisions a c', ''],
  ['get apps/replicasets a r', `${READERS} scheduler`],
  ['create policy/poddisruptionbudgets a', 'editor owner'],
  ['list policy/poddisruptionbudgets a', `${READERS} scheduler`],
  ['get coordination.k8s.io/leases kube-node-lease n1', 'node'],
  ['update coordination.k8s.io/leases kube-node-lease n2', ''],
  ['create coordination.k8s.io/leases a', 'editor owner scheduler'],
  ['get rbac.authorization.k8s.io/roles a r', 'owner'],
  ['create rbac.authorization.k8s.io/rolebindings a', 'owner'],
  ['create rbac.authorization.k8s.io/rolebindings b', ''],
  ['get rbac.authorization.k8s.io/clusterroles - view', ''],
  ['create rbac.authorization.k8s.io/clusterrolebindings -', ''],
  ['escalate rbac.authorization.k8s.io/roles a r', ''],
  ['bind rbac.authorization.k8s.io/clusterroles - view', ''],
  ['impersonate core/users - viewer', ''],
  ['impersonate core/groups - system:masters', ''],
  ['impersonate core/serviceaccounts a bot', 'editor owner'],
  ['create authorization.k8s.io/selfsubjectaccessreviews -', KNOWN],
  ['create authorization.k8s.io/selfsubjectrulesreviews -', KNOWN],
  ['create authentication.k8s.io/selfsubjectreviews -', KNOWN],
  ['create authorization.k8s.io/subjectaccessreviews -', 'node scheduler'],
  ['create authorization.k8s.io/localsubjectaccessreviews a', 'owner node'],
  ['create authentication.k8s.io/tokenreviews -', 'node scheduler'],
  ['create certificates.k8s.io/certificatesigningrequests -', 'node'],
  ['approve certificates.k8s.io/signers - kubernetes.io/kube-apiserver-client', ''],
  ['get storage.k8s.io/csinodes - n1', 'node scheduler'],
  ['list scheduling.k8s.io/priorityclasses -', ''],
  ['get explain.everynode.io/daemonsets a d', READERS],
  ['get /version', `${KNOWN} anonymous`],
  ['post /version', ''],
  ['get /healthz', `${KNOWN} anonymous`],
  ['get /healthz/ping', 'monitor'],
  ['get /readyz', `${KNOWN} anonymous`],
  ['get /metrics', 'monitor'],
  ['get /api', KNOWN],
  ['get /apis/apps/v1', KNOWN],
  ['get /openapi/v3', KNOWN],
  ['get /', ''],
  ['get /.well-known/openid-configuration', 'bot'],
  ['get /openid/v1/jwks', 'bot'],
];

let backends: Backends;
let api: RunningApi;
/** A thousand questions over a few connections. */
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  for (const name of ['a', 'b']) {
    expect((await api.request('POST', '/api/v1/namespaces', { body: { metadata: { name } } })).status).toBe(201);
  }
  const bind = async (path: string, user: string, role: string) => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role };
    const body = { metadata: { name: user }, roleRef, subjects: [{ kind: 'User', name: user }] };
    expect((await api.request('POST', path, { body })).status).toBe(201);
  };
  await bind(`${RBAC}/namespaces/a/rolebindings`, 'viewer', 'view');
  await bind(`${RBAC}/namespaces/a/rolebindings`, 'editor', 'edit');
  await bind(`${RBAC}/namespaces/a/rolebindings`, 'owner', 'admin');
  await bind(`${RBAC}/clusterrolebindings`, 'reader', 'view');
}, 60_000);

afterAll(async () => {
  agent.destroy();
  await api.close();
  await backends.stop();
});

function attributesOf(question: string): object {
  const [verb = '', what = '', namespace = '', name = ''] = question
    .split(' ')
    .map((part) => (part === '-' ? '' : part));
  if (what.startsWith('/')) return { nonResourceAttributes: { verb, path: what } };
  const [group = '', resource = '', subresource = ''] = what.split('/');
  const resourceAttributes = { verb, group: group === 'core' ? '' : group, resource, subresource, namespace, name };
  return { resourceAttributes };
}

async function mayAsk(who: { user: string; groups: string[] }, question: string): Promise<boolean> {
  const { ca, key, cert, url } = api.server;
  const headers = { 'content-type': 'application/json' };
  const outgoing = httpsRequest(`${url}${REVIEWS}`, { method: 'POST', agent, ca, key, cert, headers });
  outgoing.end(JSON.stringify({ spec: { ...who, ...attributesOf(question) } }));
  const review = await new Promise<unknown>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => readJson(response).then(resolve, reject));
  });
  const { status } = review as { status?: { allowed?: unknown } };
  if (typeof status?.allowed !== 'boolean') throw new Error(`no answer to the review: ${JSON.stringify(review)}`);
  return status.allowed;
}

describe('who may', () => {
  it.each(MATRIX)('%s: %s', async (question, allowed) => {
    const answers = await Promise.all(
      Object.entries(WHO).map(async ([name, who]) => ((await mayAsk(who, question)) ? [name] : [])),
    );
    expect(answers.flat().sort()).toEqual(allowed.split(' ').filter(Boolean).sort());
    expect(await mayAsk({ user: 'root', groups: ['system:masters'] }, question)).toBe(true);
  });
});
