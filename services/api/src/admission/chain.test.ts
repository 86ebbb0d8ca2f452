import { type KubeObject, type ResourceDefinition, resourceByStorage } from '@everynode/objects';
import { NO_EXEMPTIONS } from '@everynode/pod-admission';
import { describe, expect, it } from 'vitest';
import type { ApiContext } from '../api-context.js';
import { advise } from './chain.js';
import type { AdmissionOperation } from './operation.js';

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

// Without a namespace no policy holds.
const withoutNamespaces = {
  reflector: { cache: () => ({ get: () => undefined }) },
  podSecurityExemptions: NO_EXEMPTIONS,
} as unknown as ApiContext;

describe('a plugin of the admission chain', () => {
  const daemonSets = resourceByStorage('daemonsets.apps');
  const adviceFor = (operation: AdmissionOperation, definition: ResourceDefinition) =>
    advise({
      context: withoutNamespaces,
      operation,
      definition,
      subresource: '',
      sent: object,
      before: () => undefined,
      after: () => object,
    });

  it.each(['create', 'update'] as const)('is asked for a resource and an operation that it names: %s', (operation) => {
    expect(adviceFor(operation, daemonSets)).toEqual([
      'unknown annotation "everynode.io/no-such-annotation" has no effect',
    ]);
  });

  it('is not asked for an operation that it does not name', () => {
    expect(adviceFor('delete', daemonSets)).toEqual([]);
  });

  it('is not asked for a resource that it does not name', () => {
    expect(adviceFor('update', resourceByStorage('configmaps'))).toEqual([]);
  });
});
