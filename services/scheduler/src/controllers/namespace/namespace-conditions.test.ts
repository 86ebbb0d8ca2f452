import { describe, expect, it } from 'vitest';
import { namespaceConditions, type RemainingResource } from './namespace-conditions.js';

const resource = (plural: string, group: string, instances: number, finalizers = {}): RemainingResource => ({
  resource: plural,
  group,
  instances,
  finalizers: new Map(Object.entries(finalizers)),
});

const of = (conditions: ReturnType<typeof namespaceConditions>, type: string) =>
  conditions.find((condition) => condition.type === type);

describe('conditions of a namespace that is being deleted', () => {
  it('name resources and finalizers in the order of their text, with the sums of all resources', () => {
    const conditions = namespaceConditions(
      [],
      [
        resource('secrets', '', 2, { 'x.io/hold': 2 }),
        resource('events', '', 0),
        resource('daemonsets', 'apps', 1, { 'x.io/hold': 1, 'a.io/hold': 1 }),
      ],
      '2026-01-01T00:00:00Z',
    );
    expect(of(conditions, 'NamespaceContentRemaining')).toMatchObject({
      status: 'True',
      reason: 'SomeResourcesRemain',
      message:
        'Some resources are remaining: daemonsets.apps has 1 resource instances, secrets. has 2 resource instances',
    });
    expect(of(conditions, 'NamespaceFinalizersRemaining')).toMatchObject({
      reason: 'SomeFinalizersRemain',
      message:
        'Some content in the namespace has finalizers remaining: a.io/hold in 1 resource instances, x.io/hold in 3 resource instances',
    });
  });

  it('keep the time of their status while that stays, and themselves while nothing changes', () => {
    const other = { type: 'Other', status: 'True' };
    const first = namespaceConditions([other], [resource('pods', '', 2)], '2026-01-01T00:00:00Z');
    const second = namespaceConditions(first, [resource('pods', '', 1)], '2026-01-01T00:00:01Z');
    const last = namespaceConditions(second, [], '2026-01-01T00:00:02Z');
    const times = [first, second, last].map((all) => of(all, 'NamespaceContentRemaining')?.lastTransitionTime);
    expect(times).toEqual(['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:02Z']);
    expect(last).toContainEqual(other);
    expect(namespaceConditions(last, [], '2026-01-01T00:00:03Z')).toBe(last);
  });
});
