import type { PolicyRule } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { escalation, missingRules } from './escalation.js';

const rule = (verbs: string, groups: string, resources: string, names = ''): PolicyRule => ({
  verbs: verbs.split(' '),
  apiGroups: groups.split(' ').map((group) => (group === 'core' ? '' : group)),
  resources: resources.split(' '),
  ...(names && { resourceNames: names.split(' ') }),
});
const paths = (verbs: string, urls: string): PolicyRule => ({
  verbs: verbs.split(' '),
  nonResourceURLs: urls.split(' '),
});

describe('what rules cover', () => {
  // Source: component-helpers/auth/rbac/validation/policy_comparator_test.go.
  it.each<[string, PolicyRule[], PolicyRule[], boolean]>([
    ['the same', [rule('get', 'core', 'pods')], [rule('get', 'core', 'pods')], true],
    ['more verbs', [rule('get list', 'core', 'pods')], [rule('get', 'core', 'pods')], true],
    ['fewer verbs', [rule('get', 'core', 'pods')], [rule('get list', 'core', 'pods')], false],
    ['every verb', [rule('*', 'core', 'pods')], [rule('get list', 'core', 'pods')], true],
    ['not every verb', [rule('get list watch', 'core', 'pods')], [rule('*', 'core', 'pods')], false],
    [
      'several rules together',
      [rule('get', 'core', 'pods'), rule('list', 'core', 'pods')],
      [rule('get list', 'core', 'pods')],
      true,
    ],
    [
      'crossed groups',
      [rule('get', 'core', 'pods'), rule('get', 'apps', 'daemonsets')],
      [rule('get', 'core apps', 'pods daemonsets')],
      false,
    ],
    ['a subresource of all', [rule('get', '*', '*/scale')], [rule('get', 'apps', 'daemonsets/scale')], true],
    ['a resource for its subresource', [rule('get', 'core', 'pods')], [rule('get', 'core', 'pods/log')], false],
    ['all resources', [rule('get', 'core', '*')], [rule('get', 'core', 'pods/log')], true],
    ['a name by all', [rule('get', 'core', 'pods')], [rule('get', 'core', 'pods', 'a')], true],
    ['all by a name', [rule('get', 'core', 'pods', 'a')], [rule('get', 'core', 'pods')], false],
    [
      'names one by one',
      [rule('get', 'core', 'pods', 'a'), rule('get', 'core', 'pods', 'b')],
      [rule('get', 'core', 'pods', 'a b')],
      true,
    ],
    ['a path below', [paths('get', '/apis/*')], [paths('get', '/apis/x')], true],
    ['a path above', [paths('get', '/apis/x')], [paths('get', '/apis/*')], false],
    ['all paths', [paths('*', '*')], [paths('get', '/x /y/*')], true],
  ])('%s', (_name, owned, wanted, covered) => {
    expect(missingRules(owned, wanted).length === 0).toBe(covered);
  });
});

describe('a user who gives away', () => {
  const jane = { user: 'jane', groups: ['dev', 'system:authenticated'] };
  const held = { rules: [rule('get', 'core', 'pods')], incomplete: false, errors: [] };

  it('what it holds is not stopped', () => {
    expect(escalation(jane, held, [rule('get', 'core', 'pods', 'x')])).toBeUndefined();
  });

  it('more than it holds is told what is missing, in upstream’s words', () => {
    const wanted = [rule('get list watch', 'core', 'pods'), rule('*', '*', '*', 'n'), paths('get', '/x')];
    expect(escalation(jane, held, wanted)).toBe(
      [
        'user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:',
        '{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}',
        '{APIGroups:["*"], Resources:["*"], ResourceNames:["n"], Verbs:["*"]}',
        '{NonResourceURLs:["/x"], Verbs:["get"]}',
      ].join('\n'),
    );
  });

  it('more than it holds is told which of its own roles are missing', () => {
    const text = escalation(jane, { ...held, errors: ['role.rbac.authorization.k8s.io "r" not found'] }, [
      rule('list', 'core', 'pods'),
    ]);
    expect(text).toMatch(/; resolution errors: \[role\.rbac\.authorization\.k8s\.io "r" not found\]$/);
  });
});
