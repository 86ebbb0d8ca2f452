import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ROLE_REF = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole' };
const APPLY = 'application/apply-patch+yaml';

let backends: Backends;
let api: RunningApi;
let token: string;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  for (const name of ['a', 'b']) await created('/api/v1/namespaces', { metadata: { name } });
  await created('/api/v1/namespaces/b/secrets', { metadata: { name: 's' }, stringData: { k: 'v' } });
  await created('/api/v1/namespaces/a/serviceaccounts', { metadata: { name: 'bot' } });
  await created('/api/v1/nodes', { metadata: { name: 'n1' } });
  const { json } = await api.request('POST', '/api/v1/namespaces/a/serviceaccounts/bot/token', { body: {} });
  token = json.status.token;
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

async function created(path: string, body: object) {
  const answer = await api.request('POST', path, { body });
  expect(answer.status, answer.text).toBe(201);
}

const asBot = (method: string, path: string, body?: object, contentType?: string) =>
  api.request(method, path, {
    ...(body && { body }),
    ...(contentType && { contentType }),
    anonymous: true,
    headers: { authorization: `Bearer ${token}` },
  });

const as = (headers: Record<string, string>, method: string, path: string, body?: object) =>
  api.request(method, path, { headers, ...(body && { body }) });

const asJane = (method: string, path: string, body?: object) => as({ 'impersonate-user': 'jane' }, method, path, body);

const BOT = 'User "system:serviceaccount:a:bot" cannot';

describe('a service account without roles', () => {
  const privileged = {
    metadata: { name: 'p' },
    spec: {
      containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }],
      volumes: [{ name: 'v', hostPath: { path: '/' } }],
    },
  };
  const binding = {
    metadata: { name: 'x' },
    roleRef: { ...ROLE_REF, name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'a', name: 'bot' }],
  };

  it.each<[string, string, string, object | undefined, string]>([
    [
      'read a secret of another namespace',
      'GET',
      '/api/v1/namespaces/b/secrets/s',
      undefined,
      `secrets "s" is forbidden: ${BOT} get resource "secrets" in API group "" in the namespace "b"`,
    ],
    [
      'read all secrets',
      'GET',
      '/api/v1/secrets',
      undefined,
      `secrets is forbidden: ${BOT} list resource "secrets" in API group "" at the cluster scope`,
    ],
    [
      'bind itself to cluster-admin',
      'POST',
      `${RBAC}/clusterrolebindings`,
      binding,
      `clusterrolebindings.rbac.authorization.k8s.io is forbidden: ${BOT} create resource "clusterrolebindings" in API group "rbac.authorization.k8s.io" at the cluster scope`,
    ],
    [
      'mint tokens',
      'POST',
      '/api/v1/namespaces/kube-system/serviceaccounts/default/token',
      {},
      `serviceaccounts "default" is forbidden: ${BOT} create resource "serviceaccounts/token" in API group "" in the namespace "kube-system"`,
    ],
    [
      'relabel nodes',
      'PATCH',
      '/api/v1/nodes/n1',
      { metadata: { labels: { a: 'b' } } },
      `nodes "n1" is forbidden: ${BOT} patch resource "nodes" in API group "" at the cluster scope`,
    ],
    [
      'run a privileged pod',
      'POST',
      '/api/v1/namespaces/a/pods',
      privileged,
      `pods is forbidden: ${BOT} create resource "pods" in API group "" in the namespace "a"`,
    ],
    [
      'empty a namespace',
      'DELETE',
      '/apis/apps/v1/namespaces/a/daemonsets',
      undefined,
      `daemonsets.apps is forbidden: ${BOT} deletecollection resource "daemonsets" in API group "apps" in the namespace "a"`,
    ],
    ['read metrics', 'GET', '/metrics', undefined, `forbidden: ${BOT} get path "/metrics"`],
    [
      'find out that a kind is not served',
      'GET',
      '/apis/example.com/v1/namespaces/a/robots',
      undefined,
      `robots.example.com is forbidden: ${BOT} list resource "robots" in API group "example.com" in the namespace "a"`,
    ],
    [
      'watch by the old path',
      'GET',
      '/api/v1/watch/namespaces/b/secrets/s',
      undefined,
      `secrets "s" is forbidden: ${BOT} watch resource "secrets" in API group "" in the namespace "b"`,
    ],
  ])('may not %s', async (_what, method, path, body, message) => {
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : undefined;
    const { status, json } = await asBot(method, path, body, contentType);
    expect([status, json.reason, json.message]).toEqual([403, 'Forbidden', message]);
  });

  it('may know what it is, and what is served', async () => {
    const { json } = await asBot('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    expect(json.status.userInfo.username).toBe('system:serviceaccount:a:bot');
    expect((await asBot('GET', '/apis')).status).toBe(200);
    expect((await asBot('GET', '/openid/v1/jwks')).status).toBe(200);
  });

  it('may what it is bound to, from then on and until it is not bound any more', async () => {
    const bindings = `${RBAC}/namespaces/b/rolebindings`;
    const subjects = [{ kind: 'ServiceAccount', namespace: 'a', name: 'bot' }];
    await created(bindings, { metadata: { name: 'bot' }, roleRef: { ...ROLE_REF, name: 'edit' }, subjects });
    expect((await asBot('GET', '/api/v1/namespaces/b/secrets/s')).status).toBe(200);
    expect((await asBot('GET', '/api/v1/namespaces/a/secrets')).status).toBe(403);
    await api.request('DELETE', `${bindings}/bot`);
    expect((await asBot('GET', '/api/v1/namespaces/b/secrets/s')).status).toBe(403);
  });
});

describe('a client without an identity', () => {
  it.each([
    ['/version', 200],
    ['/livez', 200],
    ['/readyz', 200],
    ['/healthz?verbose', 200],
    ['/readyz/ping', 403],
    ['/metrics', 401],
    ['/metrics/slis', 401],
    ['/api', 401],
    ['/openid/v1/jwks', 401],
    ['/api/v1/namespaces', 401],
    ['/api/v1/namespaces/a/pods?watch=true', 401],
    ['/none', 401],
  ])('asks for %s: %i', async (path, status) => {
    const answer = await api.request('GET', path, { anonymous: true });
    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.json).toMatchObject({ reason: 'Unauthorized', message: 'Unauthorized' });
  });

  it('may not do more to an open path than to read it', async () => {
    expect((await api.request('POST', '/version', { anonymous: true, body: {} })).status).toBe(401);
    const { status, json } = await api.request('GET', '/readyz/ping', { anonymous: true });
    expect([status, json.message]).toEqual([403, 'forbidden: User "system:anonymous" cannot get path "/readyz/ping"']);
  });

  it('is refused before its body is read', async () => {
    const { port } = new URL(api.server.url);
    const path = '/api/v1/namespaces/a/configmaps';
    const headers = { 'content-type': 'application/json', 'content-length': 2_000_000 };
    const outgoing = httpsRequest({ host: '127.0.0.1', port, method: 'POST', path, ca: api.server.ca, headers });
    outgoing.on('error', () => undefined);
    // Not a byte of the body is sent.
    outgoing.flushHeaders();
    const status = await new Promise((resolve) => outgoing.on('response', (response) => resolve(response.statusCode)));
    outgoing.destroy();
    expect(status).toBe(401);
  });
});

describe('further questions of one request', () => {
  const bind = (name: string, verbs: string[], resources: string[], resourceNames?: string[]) =>
    Promise.all([
      created(`${RBAC}/namespaces/a/roles`, {
        metadata: { name },
        rules: [{ apiGroups: ['', 'apps'], resources, verbs, ...(resourceNames && { resourceNames }) }],
      }),
      created(`${RBAC}/namespaces/a/rolebindings`, {
        metadata: { name },
        roleRef: { ...ROLE_REF, kind: 'Role', name },
        subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name }],
      }),
    ]);
  const user = (name: string, method: string, path: string, options: object = {}) =>
    api.request(method, path, { headers: { 'impersonate-user': name }, ...options });
  const MAPS = '/api/v1/namespaces/a/configmaps';
  const config = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { k: 'v' } });

  it('an apply that creates needs create', async () => {
    await bind('patcher', ['get', 'patch'], ['configmaps']);
    const apply = (name: string) =>
      user('patcher', 'PATCH', `${MAPS}/${name}?fieldManager=m`, { body: config(name), contentType: APPLY });
    const refused = await apply('new');
    expect([refused.status, refused.json.message]).toEqual([
      403,
      'configmaps "new" is forbidden: User "patcher" cannot create resource "configmaps" in API group "" in the namespace "a"',
    ]);
    await created(MAPS, config('new'));
    expect((await apply('new')).status).toBe(200);
  });

  it('a list by one name is one of that object, and a delete of the collection is none', async () => {
    await bind('named', ['get', 'list', 'watch', 'delete', 'deletecollection'], ['configmaps'], ['mine']);
    await created(MAPS, config('mine'));
    const list = (selector: string) => user('named', 'GET', `${MAPS}?fieldSelector=${selector}`);
    expect((await list('metadata.name%3Dmine')).json.items).toHaveLength(1);
    expect((await list('metadata.name%3Dother')).status).toBe(403);
    expect((await list('metadata.name!%3Dmine')).status).toBe(403);
    expect((await user('named', 'GET', MAPS)).status).toBe(403);
    expect((await user('named', 'DELETE', `${MAPS}?fieldSelector=metadata.name%3Dmine`)).status).toBe(403);
    expect((await user('named', 'DELETE', `${MAPS}/mine`)).status).toBe(200);
  });

  it('a WebSocket into a pod needs create beside get', async () => {
    await bind('peeker', ['get'], ['pods/exec']);
    const { status, json } = await user('peeker', 'GET', '/api/v1/namespaces/a/pods/p/exec?command=sh');
    expect([status, json.message]).toEqual([
      403,
      'pods "p" is forbidden: User "peeker" cannot create resource "pods/exec" in API group "" in the namespace "a"',
    ]);
  });

  it('a role inside a namespace can allow to read that namespace', async () => {
    await bind('resident', ['get'], ['namespaces']);
    expect((await user('resident', 'GET', '/api/v1/namespaces/a')).status).toBe(200);
    const { json } = await user('resident', 'GET', '/api/v1/namespaces/b');
    expect(json.message).toBe(
      'namespaces "b" is forbidden: User "resident" cannot get resource "namespaces" in API group "" in the namespace "b"',
    );
  });

  it('escapes in a path hide nothing from the question', async () => {
    await bind('reader', ['get'], ['configmaps']);
    for (const path of ['/api/v1/namespaces/a%2F..%2Fb/configmaps/x', '/api/v1/namespaces/b/%63onfigmaps/x']) {
      expect((await user('reader', 'GET', path)).status).toBe(403);
    }
  });
});

describe('impersonation', () => {
  const whoami = (headers: Record<string, string>) =>
    as(headers, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {});

  it('makes a request one of the other: with its rights, and no more', async () => {
    const { status, json } = await asJane('DELETE', '/api/v1/namespaces/b/secrets/s');
    expect([status, json.message]).toEqual([
      403,
      'secrets "s" is forbidden: User "jane" cannot delete resource "secrets" in API group "" in the namespace "b"',
    ]);
    expect((await api.request('GET', '/api/v1/namespaces/b/secrets/s')).status).toBe(200);
  });

  it.each<[Record<string, string>, object]>([
    [{ 'impersonate-user': 'jane' }, { username: 'jane', groups: ['system:authenticated'] }],
    [
      { 'impersonate-user': 'jane', 'impersonate-group': 'dev', 'impersonate-uid': 'u' },
      { username: 'jane', groups: ['dev', 'system:authenticated'], uid: 'u' },
    ],
    [
      { 'impersonate-user': 'system:serviceaccount:a:bot' },
      {
        username: 'system:serviceaccount:a:bot',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
      },
    ],
    [
      { 'impersonate-user': 'jane', 'impersonate-extra-example.com%2fScope': 'view' },
      { username: 'jane', groups: ['system:authenticated'], extra: { 'example.com/scope': ['view'] } },
    ],
  ])('by %j is of %j', async (headers, userInfo) => {
    expect((await whoami(headers)).json.status.userInfo).toEqual(userInfo);
  });

  it('needs a user', async () => {
    const { status, json } = await whoami({ 'impersonate-group': 'dev' });
    expect([status, json.message]).toEqual([
      400,
      'requested groups, a uid or extra values without impersonating a user name',
    ]);
  });

  it.each<[Record<string, string>, string]>([
    [
      { 'impersonate-user': 'root' },
      `users "root" is forbidden: ${BOT} impersonate resource "users" in API group "" at the cluster scope`,
    ],
    [
      { 'impersonate-user': 'system:serviceaccount:b:default' },
      `serviceaccounts "default" is forbidden: ${BOT} impersonate resource "serviceaccounts" in API group "" in the namespace "b"`,
    ],
    [
      { 'impersonate-user': 'friend', 'impersonate-group': 'system:masters' },
      `groups "system:masters" is forbidden: ${BOT} impersonate resource "groups" in API group "" at the cluster scope`,
    ],
    [
      { 'impersonate-user': 'friend', 'impersonate-uid': 'u' },
      `uids.authentication.k8s.io "u" is forbidden: ${BOT} impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope`,
    ],
    [
      { 'impersonate-user': 'friend', 'impersonate-extra-scope': 'all' },
      `userextras.authentication.k8s.io "all" is forbidden: ${BOT} impersonate resource "userextras/scope" in API group "authentication.k8s.io" at the cluster scope`,
    ],
  ])('by %j needs a permission of its own', async (headers, message) => {
    if (headers['impersonate-user'] === 'friend') await letBotImpersonateFriend();
    const { status, json } = await api.request('GET', '/version', {
      anonymous: true,
      headers: { ...headers, authorization: `Bearer ${token}` },
    });
    expect([status, json.message]).toEqual([403, message]);
  });

  async function letBotImpersonateFriend(): Promise<void> {
    const rules = [{ apiGroups: [''], resources: ['users'], resourceNames: ['friend'], verbs: ['impersonate'] }];
    const role = { metadata: { name: 'as-friend' }, rules };
    await api.request('PUT', `${RBAC}/clusterroles/as-friend`, { body: role });
    const subjects = [{ kind: 'ServiceAccount', namespace: 'a', name: 'bot' }];
    const body = { metadata: { name: 'as-friend' }, roleRef: { ...ROLE_REF, name: 'as-friend' }, subjects };
    await api.request('PUT', `${RBAC}/clusterrolebindings/as-friend`, { body });
  }
});

describe('reviews', () => {
  it('say by which binding something is allowed', async () => {
    const spec = { resourceAttributes: { verb: 'get', resource: 'pods' } };
    const subjects = [{ kind: 'User', name: 'jane' }];
    await created(`${RBAC}/clusterrolebindings`, {
      metadata: { name: 'janes' },
      roleRef: { ...ROLE_REF, name: 'view' },
      subjects,
    });
    const { json } = await asJane('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec });
    expect(json.status).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "janes" of ClusterRole "view" to User "jane"',
    });
  });

  it('are only for those who may ask about others', async () => {
    const spec = { user: 'joe', resourceAttributes: { verb: 'get', resource: 'pods' } };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    expect((await asJane('POST', path, { spec })).status).toBe(403);
  });

  it('answer nodes by what they select', async () => {
    const ask = async (fieldSelector: object) => {
      const resourceAttributes = { verb: 'list', resource: 'pods', fieldSelector };
      const spec = { user: 'system:node:n1', groups: ['system:nodes'], resourceAttributes };
      const { json } = await api.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        body: { spec },
      });
      return json.status;
    };
    expect(await ask({ rawSelector: 'spec.nodeName=n1' })).toEqual({ allowed: true });
    const requirements = [{ key: 'spec.nodeName', operator: 'In', values: ['n1'] }];
    expect(await ask({ requirements })).toEqual({ allowed: true });
    expect(await ask({ rawSelector: 'spec.nodeName=n2' })).toEqual({
      allowed: false,
      reason: 'can only list/watch pods with spec.nodeName field selector',
    });
  });
});

describe('AlwaysAllow', () => {
  it('asks for an identity, and for nothing else', async () => {
    const open = await startReplica(backends, { authorizationMode: 'AlwaysAllow' });
    try {
      const options = { anonymous: true, headers: { authorization: `Bearer ${token}` } };
      expect((await open.request('GET', '/api/v1/secrets', options)).status).toBe(200);
      expect((await open.request('GET', '/api/v1/secrets', { anonymous: true })).status).toBe(401);
    } finally {
      await open.close();
    }
  });
});

describe('the audit log', () => {
  it('has both users of an impersonated request, and why it was allowed or refused', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'everynode-audit-'));
    const path = join(directory, 'audit.log');
    const audited = await startReplica(backends, { auditLog: path });
    try {
      const headers = { 'impersonate-user': 'ann', 'impersonate-group': 'dev' };
      await audited.request('GET', '/api', { headers });
      await audited.request('GET', '/api/v1/secrets', { headers });
      await eventually(async () => {
        const lines = (await readFile(path, 'utf8')).trim().split('\n');
        const events = lines.map((line) => JSON.parse(line) as { requestURI: string });
        const users = {
          user: { username: 'everynode-admin' },
          impersonatedUser: { username: 'ann', groups: ['dev', 'system:authenticated'] },
        };
        expect(events.find(({ requestURI }) => requestURI === '/api')).toMatchObject({
          ...users,
          annotations: {
            'authorization.k8s.io/decision': 'allow',
            'authorization.k8s.io/reason':
              'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
          },
        });
        expect(events.find(({ requestURI }) => requestURI === '/api/v1/secrets')).toMatchObject({
          ...users,
          responseStatus: { code: 403 },
          annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
        });
      });
    } finally {
      await audited.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
