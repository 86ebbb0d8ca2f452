import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const GROUP = 'rbac.authorization.k8s.io';
const ROLES = `${RBAC}/namespaces/a/roles`;
const BINDINGS = `${RBAC}/namespaces/a/rolebindings`;

let backends: Backends;
let api: RunningApi;

const rule = (verbs: string[], resources: string[], more: object = {}) => ({
  apiGroups: [''],
  verbs,
  resources,
  ...more,
});
const rbac = (verbs: string[], resources: string[], more: object = {}) => ({
  ...rule(verbs, resources, more),
  apiGroups: [GROUP],
});

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  await created('/api/v1/namespaces', { metadata: { name: 'a' } });
  const everyRbac = rbac(
    ['create', 'update', 'patch', 'get', 'delete'],
    ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
  );
  await grant('jane', everyRbac, rule(['get'], ['pods']));
  await grant('escalator', everyRbac, rbac(['escalate'], ['roles', 'clusterroles']));
  await grant('binder', everyRbac, rbac(['bind'], ['clusterroles'], { resourceNames: ['view'] }));
  await created(ROLES, { metadata: { name: 'strong' }, rules: [rule(['*'], ['secrets'])] });
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

async function created(path: string, body: object) {
  const answer = await api.request('POST', path, { body });
  expect(answer.status, answer.text).toBe(201);
}

async function grant(user: string, ...rules: object[]) {
  await created(`${RBAC}/clusterroles`, { metadata: { name: user }, rules });
  const subjects = [{ kind: 'User', apiGroup: GROUP, name: user }];
  await created(`${RBAC}/clusterrolebindings`, {
    metadata: { name: user },
    roleRef: ref('ClusterRole', user),
    subjects,
  });
}

const ref = (kind: string, name: string) => ({ apiGroup: GROUP, kind, name });

/** Returns the code, and the message of a refusal. */
async function as(user: string, method: string, path: string, body: object): Promise<[number, string]> {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const headers = { 'impersonate-user': user };
  const { status, json } = await api.request(method, path, { headers, body, contentType });
  return [status, json?.message ?? ''];
}

const JANE = 'user "jane" (groups=["system:authenticated"])';
const GRANTS = 'is attempting to grant RBAC permissions not currently held:';

describe('a client gives no rights away that it does not hold', () => {
  it('by a role', async () => {
    const weak = { metadata: { name: 'weak' }, rules: [rule(['get'], ['pods'], { resourceNames: ['x'] })] };
    expect(await as('jane', 'POST', ROLES, weak)).toEqual([201, '']);
    const rules = [rule(['get', 'list'], ['pods']), rule(['get'], ['secrets'])];
    expect(await as('jane', 'POST', ROLES, { metadata: { name: 'more' }, rules })).toEqual([
      403,
      [
        `roles.${GROUP} "more" is forbidden: ${JANE} ${GRANTS}`,
        '{APIGroups:[""], Resources:["pods"], Verbs:["list"]}',
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
      ].join('\n'),
    ]);
    expect((await as('jane', 'PATCH', `${ROLES}/weak`, { rules }))[0]).toBe(403);
    expect((await as('jane', 'PUT', `${ROLES}/made-by-put`, { metadata: { name: 'made-by-put' }, rules }))[0]).toBe(
      403,
    );
    expect((await as('jane', 'POST', `${RBAC}/clusterroles`, { metadata: { name: 'more' }, rules }))[0]).toBe(403);
    expect((await api.request('GET', `${ROLES}/weak`)).json.rules).toEqual(weak.rules);
  });

  it('by a binding', async () => {
    const binding = (name: string, roleRef: object) => ({
      metadata: { name },
      roleRef,
      subjects: [{ kind: 'User', apiGroup: GROUP, name: 'jane' }],
    });
    expect(await as('jane', 'POST', BINDINGS, binding('x', ref('Role', 'strong')))).toEqual([
      403,
      `rolebindings.${GROUP} "x" is forbidden: ${JANE} ${GRANTS}\n{APIGroups:[""], Resources:["secrets"], Verbs:["*"]}`,
    ]);
    const admin = binding('x', ref('ClusterRole', 'cluster-admin'));
    expect(await as('jane', 'POST', `${RBAC}/clusterrolebindings`, admin)).toEqual([
      403,
      [
        `clusterrolebindings.${GROUP} "x" is forbidden: ${JANE} ${GRANTS}`,
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
        '{NonResourceURLs:["*"], Verbs:["*"]}',
      ].join('\n'),
    ]);
    expect(await as('jane', 'POST', BINDINGS, binding('x', ref('Role', 'none')))).toEqual([
      404,
      `role.${GROUP} "none" not found`,
    ]);
    expect((await as('jane', 'POST', BINDINGS, binding('own', ref('ClusterRole', 'jane'))))[0]).toBe(201);
  });

  it('by adding a subject to a binding that is there', async () => {
    await created(BINDINGS, { metadata: { name: 'of-strong' }, roleRef: ref('Role', 'strong'), subjects: [] });
    const subjects = [{ kind: 'User', apiGroup: GROUP, name: 'jane' }];
    expect((await as('jane', 'PATCH', `${BINDINGS}/of-strong`, { subjects }))[0]).toBe(403);
  });

  it('by a role that gathers the rules of others', async () => {
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] };
    const body = { metadata: { name: 'gathers' }, aggregationRule };
    expect(await as('jane', 'POST', `${RBAC}/clusterroles`, body)).toEqual([
      403,
      `clusterroles.${GROUP} "gathers" is forbidden: must have cluster-admin privileges to use the aggregationRule`,
    ]);
  });
});

describe('what lets a client do it nevertheless', () => {
  const rules = [rule(['*'], ['secrets'])];

  it('is escalate, for roles', async () => {
    expect(await as('escalator', 'POST', ROLES, { metadata: { name: 'e' }, rules })).toEqual([201, '']);
    const binding = { metadata: { name: 'e' }, roleRef: ref('Role', 'strong'), subjects: [] };
    expect((await as('escalator', 'POST', BINDINGS, binding))[0]).toBe(403);
  });

  it('is bind, for bindings of the roles that it names', async () => {
    const binding = (name: string) => ({ metadata: { name }, roleRef: ref('ClusterRole', name), subjects: [] });
    expect(await as('binder', 'POST', BINDINGS, binding('view'))).toEqual([201, '']);
    expect((await as('binder', 'POST', BINDINGS, binding('edit')))[0]).toBe(403);
    expect((await as('binder', 'POST', ROLES, { metadata: { name: 'b' }, rules }))[0]).toBe(403);
  });

  it('is nothing for finalizers and owners, which the garbage collector must be able to change', async () => {
    const metadata = { finalizers: ['example.com/x'] };
    expect(await as('jane', 'PATCH', `${ROLES}/strong`, { metadata })).toEqual([200, '']);
    expect((await as('jane', 'PATCH', `${ROLES}/strong`, { metadata: { labels: { a: 'b' } } }))[0]).toBe(403);
  });
});

describe('owners of objects', () => {
  it('are set by clients that may delete the object, and block by those that may finalize the owner', async () => {
    await created('/api/v1/namespaces/a/configmaps', { metadata: { name: 'owner' } });
    const { json } = await api.request('GET', '/api/v1/namespaces/a/configmaps/owner');
    await grant('patcher', rule(['get', 'patch', 'create'], ['secrets']));
    await grant('deleter', rule(['get', 'patch', 'create', 'delete'], ['secrets']));
    await grant(
      'finalizer',
      rule(['patch', 'create', 'delete'], ['secrets']),
      rule(['update'], ['configmaps/finalizers']),
    );
    const secrets = '/api/v1/namespaces/a/secrets';
    await created(secrets, { metadata: { name: 's' } });
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: json.metadata.uid };
    const own = (user: string, more: object = {}) =>
      as(user, 'PATCH', `${secrets}/s`, { metadata: { ownerReferences: [{ ...owner, ...more }] } });
    expect(await own('patcher')).toEqual([
      403,
      'secrets "s" is forbidden: cannot set an ownerRef on a resource you can\'t delete: , <nil>',
    ]);
    expect(await own('deleter', { blockOwnerDeletion: true })).toEqual([
      403,
      'secrets "s" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
    ]);
    expect((await own('deleter'))[0]).toBe(200);
    expect((await own('finalizer', { blockOwnerDeletion: true }))[0]).toBe(200);
    // An owner of the whole cluster is nothing that a role of a namespace is about, and an owner of no known kind none.
    const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
    await created(`${RBAC}/namespaces/a/roles`, { metadata: { name: 'all' }, rules: [everything] });
    await created(`${RBAC}/namespaces/a/rolebindings`, {
      metadata: { name: 'all' },
      roleRef: ref('Role', 'all'),
      subjects: [{ kind: 'User', apiGroup: GROUP, name: 'owner-of-a' }],
    });
    const node = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'of-a-node', blockOwnerDeletion: true };
    expect(await own('owner-of-a', node)).toEqual([
      403,
      'secrets "s" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
    ]);
    expect(await own('owner-of-a', { ...node, apiVersion: 'x.example.com/v1', kind: 'X' })).toEqual([
      403,
      'secrets "s" is forbidden: cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion x.example.com/v1 Kind X: no matches for kind "X" in version "x.example.com/v1"',
    ]);
    const born = (name: string, more: object = {}) => ({
      metadata: { name, ownerReferences: [{ ...owner, ...more }] },
    });
    expect((await as('patcher', 'POST', secrets, born('t')))[0]).toBe(201);
    expect((await as('patcher', 'POST', secrets, born('u', { blockOwnerDeletion: true })))[0]).toBe(403);
  });
});
