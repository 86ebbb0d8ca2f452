import type { PolicyRule } from '@everynode/objects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attributes, User } from '../attributes.js';
import type { Subject } from './objects.js';
import { RbacAuthorizer } from './rbac-authorizer.js';
import { RbacIndex } from './rbac-index.js';
import { ruleAllows } from './rule-match.js';

const JANE: User = { user: 'jane', groups: ['dev', 'system:authenticated'] };
const ACCOUNT: User = { user: 'system:serviceaccount:ci:bot', groups: ['system:serviceaccounts:ci'] };

/** `get apps/daemonsets/status ns name`: a dash stands for an empty part, `core` for the group without a name. */
function attributes(text: string, user: User = JANE): Attributes {
  const [verb = '', what = '', namespace = '', name = ''] = text.split(' ').map((part) => (part === '-' ? '' : part));
  if (what.startsWith('/')) return { kind: 'path', user, verb, path: what };
  const [group = '', resource = '', subresource = ''] = what.split('/');
  return { kind: 'resource', user, verb, group: group === 'core' ? '' : group, resource, subresource, namespace, name };
}

const rule = (verbs: string, groups: string, resources: string, names = ''): PolicyRule => ({
  verbs: verbs.split(' '),
  apiGroups: groups.split(' ').map((group) => (group === 'core' ? '' : group)),
  resources: resources.split(' '),
  ...(names && { resourceNames: names.split(' ') }),
});

describe('a rule', () => {
  // Source: plugin/pkg/auth/authorizer/rbac/rbac_test.go and pkg/apis/rbac/v1/evaluation_helpers.go.
  it.each<[PolicyRule, string, boolean]>([
    [rule('*', '*', '*'), 'frobnicate batch/jobs/status ns x', true],
    [rule('get', 'core', 'pods'), 'get core/pods ns x', true],
    [rule('get', 'core', 'pods'), 'list core/pods ns', false],
    [rule('get', 'core', 'pods'), 'get apps/pods ns x', false],
    [rule('get', 'core', 'pods'), 'get core/pods/log ns x', false],
    [rule('get', 'core', 'pods/log'), 'get core/pods/log ns x', true],
    [rule('get', 'core', 'pods/log'), 'get core/pods ns x', false],
    [rule('get', 'core', 'pods/*'), 'get core/pods/log ns x', false],
    [rule('update', '*', '*/scale'), 'update apps/deployments/scale ns x', true],
    [rule('update', '*', '*/scale'), 'update apps/deployments/status ns x', false],
    [rule('update', '*', '*/scale'), 'update apps/deployments ns x', false],
    [rule('update', '*', '*/cale'), 'update apps/deployments/scale ns x', false],
    [rule('get', 'core', '*'), 'get core/pods/log ns x', true],
    [rule('get delete', 'core', 'secrets', 'a b'), 'delete core/secrets ns b', true],
    [rule('get', 'core', 'secrets', 'a'), 'get core/secrets ns c', false],
    [rule('create', 'core', 'secrets', 'a'), 'create core/secrets ns', false],
    [rule('deletecollection', 'core', 'secrets', 'a'), 'deletecollection core/secrets ns', false],
    [rule('list watch', 'core', 'secrets', 'a'), 'list core/secrets ns', false],
    [rule('list watch', 'core', 'secrets', 'a'), 'watch core/secrets ns a', true],
    [rule('get', '*', '*'), 'get /healthz', false],
    [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }, 'get /healthz', true],
    [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }, 'get /healthz/etcd', false],
    [{ verbs: ['get'], nonResourceURLs: ['/healthz/*'] }, 'get /healthz/etcd', true],
    [{ verbs: ['get'], nonResourceURLs: ['/apis/*'] }, 'get /apis', false],
    [{ verbs: ['get'], nonResourceURLs: ['/a*'] }, 'get /apis', true],
    [{ verbs: ['get'], nonResourceURLs: ['*'] }, 'post /x', false],
    [{ verbs: ['*'], nonResourceURLs: ['*'] }, 'post /x', true],
    [{ verbs: ['get'], nonResourceURLs: ['/pods'] }, 'get core/pods ns x', false],
  ])('%j decides on %s: %s', (each, text, allowed) => {
    expect(ruleAllows(each, attributes(text))).toBe(allowed);
  });
});

function indexWith(...bindings: [namespace: string, name: string, kind: string, role: string, subjects: Subject[]][]) {
  const index = new RbacIndex();
  index.putRole({ namespace: '', name: 'reader', rules: [rule('get', 'core', 'pods')] });
  index.putRole({ namespace: 'a', name: 'writer', rules: [rule('create', 'core', 'pods')] });
  for (const [namespace, name, kind, role, subjects] of bindings) {
    index.putBinding({ namespace, name, roleRef: { kind, name: role }, subjects });
  }
  return index;
}

const user = (name: string): Subject => ({ kind: 'User', name });
const group = (name: string): Subject => ({ kind: 'Group', name });

describe('bindings', () => {
  it.each<[string, string, Subject, User, string]>([
    ['', 'ClusterRole', user('jane'), JANE, 'ClusterRoleBinding "b" of ClusterRole "reader" to User "jane"'],
    ['', 'ClusterRole', group('dev'), JANE, 'ClusterRoleBinding "b" of ClusterRole "reader" to Group "dev"'],
    ['a', 'ClusterRole', user('jane'), JANE, 'RoleBinding "b/a" of ClusterRole "reader" to User "jane"'],
    [
      'a',
      'ClusterRole',
      { kind: 'ServiceAccount', name: 'bot', namespace: 'ci' },
      ACCOUNT,
      'RoleBinding "b/a" of ClusterRole "reader" to ServiceAccount "bot/ci"',
    ],
  ])('in %j of a %s to %j allow, and say why', (namespace, kind, subject, who, reason) => {
    const authorizer = new RbacAuthorizer(indexWith([namespace, 'b', kind, 'reader', [subject]]));
    expect(authorizer.authorize(attributes('get core/pods a x', who))).toEqual({
      verdict: 'allow',
      reason: `RBAC: allowed by ${reason}`,
    });
  });

  it('to a service account without a namespace are for one of their own namespace', () => {
    const subject = { kind: 'ServiceAccount', name: 'bot' };
    const here = new RbacAuthorizer(indexWith(['ci', 'b', 'ClusterRole', 'reader', [subject]]));
    expect(here.authorize(attributes('get core/pods ci x', ACCOUNT)).verdict).toBe('allow');
    const elsewhere = new RbacAuthorizer(indexWith(['a', 'b', 'ClusterRole', 'reader', [subject]]));
    expect(elsewhere.authorize(attributes('get core/pods a x', ACCOUNT)).verdict).toBe('noOpinion');
  });

  it('of a namespace allow nothing elsewhere, and nothing on the whole cluster', () => {
    const authorizer = new RbacAuthorizer(indexWith(['a', 'b', 'Role', 'writer', [user('jane')]]));
    const verdicts = ['create core/pods a', 'create core/pods b', 'create core/pods -'].map(
      (text) => authorizer.authorize(attributes(text)).verdict,
    );
    expect(verdicts).toEqual(['allow', 'noOpinion', 'noOpinion']);
  });

  it('name a role of their own namespace, and say when it is missing', () => {
    const index = indexWith(
      ['b', 'x', 'Role', 'writer', [user('jane')]],
      ['', 'y', 'ClusterRole', 'none', [group('dev')]],
    );
    expect(new RbacAuthorizer(index).authorize(attributes('create core/pods b'))).toEqual({
      verdict: 'noOpinion',
      reason:
        'RBAC: [clusterrole.rbac.authorization.k8s.io "none" not found, role.rbac.authorization.k8s.io "writer" not found]',
    });
  });

  it('apply from the moment that they and their roles are there, until one of both is gone', () => {
    const index = indexWith();
    const allowed = () =>
      new RbacAuthorizer(index).authorize(attributes('get apps/daemonsets a x')).verdict === 'allow';
    index.putBinding({ namespace: 'a', name: 'b', roleRef: { kind: 'Role', name: 'r' }, subjects: [user('jane')] });
    expect(allowed()).toBe(false);
    index.putRole({ namespace: 'a', name: 'r', rules: [rule('get', 'apps', 'daemonsets')] });
    expect(allowed()).toBe(true);
    index.putRole({ namespace: 'a', name: 'r', rules: [rule('list', 'apps', 'daemonsets')] });
    expect(allowed()).toBe(false);
    index.putRole({ namespace: 'a', name: 'r', rules: [rule('*', '*', '*')] });
    index.putBinding({ namespace: 'a', name: 'b', roleRef: { kind: 'Role', name: 'r' }, subjects: [user('joe')] });
    expect(allowed()).toBe(false);
    index.putBinding({ namespace: 'a', name: 'b', roleRef: { kind: 'Role', name: 'r' }, subjects: [group('dev')] });
    expect(allowed()).toBe(true);
    index.removeRole('a', 'r');
    expect(allowed()).toBe(false);
    index.putRole({ namespace: 'a', name: 'r', rules: [rule('*', '*', '*')] });
    index.removeBinding('a', 'b');
    expect(allowed()).toBe(false);
  });

  it('found by the index are those that a search through all of them finds', () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const subject = fc.record({ kind: fc.constantFrom('User', 'Group'), name: names });
    const change = fc.record({
      removes: fc.boolean(),
      namespace: fc.constantFrom('', 'n', 'm'),
      name: names,
      subjects: fc.array(subject, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 30 }),
        names,
        fc.array(names, { maxLength: 2 }),
        (changes, who, groups) => {
          const index = new RbacIndex();
          const model = new Map<string, (typeof changes)[number]>();
          for (const one of changes) {
            const { removes, namespace, name, subjects } = one;
            if (removes) index.removeBinding(namespace, name);
            else index.putBinding({ namespace, name, roleRef: { kind: 'Role', name: 'r' }, subjects });
            if (removes) model.delete(`${namespace}/${name}`);
            else model.set(`${namespace}/${name}`, one);
          }
          const expected = [...model.values()].filter(
            ({ namespace, subjects }) =>
              namespace !== 'm' &&
              subjects.some(({ kind, name }) => (kind === 'User' ? name === who : groups.includes(name))),
          );
          const found = [...index.bindingsOf({ user: who, groups }, 'n')].map(
            ({ binding: { namespace, name } }) => `${namespace}/${name}`,
          );
          expect([...new Set(found)].sort()).toEqual(
            expected.map(({ namespace, name }) => `${namespace}/${name}`).sort(),
          );
        },
      ),
    );
  });
});
