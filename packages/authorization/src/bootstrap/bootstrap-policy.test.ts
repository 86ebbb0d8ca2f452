import { describe, expect, it } from 'vitest';
import { BOOTSTRAP_BINDINGS, BOOTSTRAP_ROLES } from './bootstrap-policy.js';
import { bindingObject, reconciledBinding, reconciledRole, roleObject } from './reconcile-policy.js';

function named<T extends { name: string; namespace?: string }>(list: readonly T[], name: string): T {
  const found = list.find((one) => one.name === name);
  if (!found) throw new Error(`the policy has no ${name}`);
  return found;
}

const keys = (list: readonly { name: string; namespace?: string }[]) =>
  list.map(({ namespace = '', name }) => `${namespace}/${name}`);

describe('the bootstrap policy', () => {
  it('names each object once, and binds roles that it has', () => {
    expect(new Set(keys(BOOTSTRAP_ROLES)).size).toBe(BOOTSTRAP_ROLES.length);
    expect(new Set(keys(BOOTSTRAP_BINDINGS)).size).toBe(BOOTSTRAP_BINDINGS.length);
    const roles = new Set(keys(BOOTSTRAP_ROLES));
    const bound = BOOTSTRAP_BINDINGS.map(({ namespace = '', roleRef: { kind, name } }) =>
      kind === 'Role' ? `${namespace}/${name}` : `/${name}`,
    );
    expect(bound.filter((key) => !roles.has(key))).toEqual([]);
  });

  it('aggregates view into edit, and edit into admin', () => {
    const [view, edit, admin] = ['view', 'edit', 'admin'].map((name) => named(BOOTSTRAP_ROLES, name).rules.length);
    expect([view, edit, admin].every((count) => (count ?? 0) > 5)).toBe(true);
    expect((edit ?? 0) > (view ?? 0) && (admin ?? 0) > (edit ?? 0)).toBe(true);
  });

  it('lets no reader of a namespace read secrets', () => {
    const resources = named(BOOTSTRAP_ROLES, 'view').rules.flatMap((rule) => rule.resources ?? []);
    expect(resources).not.toContain('secrets');
    expect(resources).not.toContain('*');
  });
});

describe('a restart', () => {
  const role = named(BOOTSTRAP_ROLES, 'system:node-bootstrapper');
  const binding = named(BOOTSTRAP_BINDINGS, 'system:public-info-viewer');

  it('changes nothing of what is there whole', () => {
    for (const one of BOOTSTRAP_ROLES) expect(reconciledRole(roleObject(one), one)).toBeUndefined();
    for (const one of BOOTSTRAP_BINDINGS) expect(reconciledBinding(bindingObject(one), one)).toBeUndefined();
  });

  it('gives back rules, subjects, labels and annotations that are missing, and keeps what was added', () => {
    const own = { verbs: ['get'], apiGroups: ['x'], resources: ['y'] };
    const bare = { metadata: { name: role.name, labels: { mine: 'yes' } }, rules: [own] };
    const repaired = reconciledRole(bare, role);
    expect(repaired?.rules).toHaveLength(5);
    expect(repaired?.rules).toContainEqual(own);
    expect(repaired?.metadata).toMatchObject({
      labels: { mine: 'yes', 'kubernetes.io/bootstrapping': 'rbac-defaults' },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    });
    const jane = { kind: 'User', name: 'jane' };
    const bound = reconciledBinding({ metadata: {}, subjects: [jane] }, binding);
    expect(bound?.subjects).toEqual([jane, ...binding.subjects]);
  });

  it('leaves alone what an administrator has taken out of it', () => {
    const metadata = { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } };
    expect(reconciledRole({ metadata, rules: [] }, role)).toBeUndefined();
    expect(reconciledBinding({ metadata, subjects: [] }, binding)).toBeUndefined();
  });
});
