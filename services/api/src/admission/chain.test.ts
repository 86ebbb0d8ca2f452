import { type KubeObject, resourceByStorage } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { admissionWarnings } from './chain.js';

const object = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: {
    name: 'd',
    namespace: 'a',
    uid: 'u',
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { 'everynode.io/no-such-annotation': '1' },
  },
  spec: { selector: {}, template: { spec: { containers: [] } } },
} satisfies KubeObject;

describe('a plugin of the admission chain', () => {
  const daemonSets = resourceByStorage('daemonsets.apps');

  it.each(['create', 'update'] as const)('is asked for a resource and an operation that it names: %s', (operation) => {
    expect(admissionWarnings(operation, daemonSets, object)).toEqual([
      'unknown annotation "everynode.io/no-such-annotation" has no effect',
    ]);
  });

  it('is not asked for an operation that it does not name', () => {
    expect(admissionWarnings('delete', daemonSets, object)).toEqual([]);
  });

  it('is not asked for a resource that it does not name', () => {
    expect(admissionWarnings('update', resourceByStorage('pods'), object)).toEqual([]);
  });
});
