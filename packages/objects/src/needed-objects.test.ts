import { describe, expect, it } from 'vitest';
import type { PodSpec } from './kinds/api-types.js';
import { neededObjects, usedObjects } from './needed-objects.js';

const needs = (container: object, volumes: object[] = []) =>
  neededObjects({ containers: [{ name: 'c', image: 'i', ...container }], volumes } as PodSpec);

describe('what a pod needs to start', () => {
  it.each([
    ['nothing', {}, [], []],
    [
      'keys that its variables name',
      {
        env: [
          { name: 'A', valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } } },
          { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'l' } } },
        ],
      },
      [],
      [
        { kind: 'ConfigMap', name: 'm', key: 'k', container: 'c' },
        { kind: 'Secret', name: 's', key: 'l', container: 'c' },
      ],
    ],
    [
      'objects whose keys are its variables',
      { envFrom: [{ configMapRef: { name: 'm' } }, { secretRef: { name: 's', optional: true } }] },
      [],
      [{ kind: 'ConfigMap', name: 'm', container: 'c' }],
    ],
    [
      'what its volumes hold, with the keys that are mounted by themselves',
      {},
      [
        { name: 'v', configMap: { name: 'm', items: [{ key: 'k', path: 'p' }] } },
        { name: 'w', secret: { secretName: 's' } },
        { name: 'x', secret: { secretName: 'o', optional: true } },
      ],
      [
        { kind: 'ConfigMap', name: 'm', volume: 'v' },
        { kind: 'ConfigMap', name: 'm', key: 'k', volume: 'v' },
        { kind: 'Secret', name: 's', volume: 'w' },
      ],
    ],
    [
      'what is projected, without the root certificate of each namespace',
      {},
      [{ name: 'v', projected: { sources: [{ configMap: { name: 'kube-root-ca.crt' } }, { secret: { name: 's' } }] } }],
      [{ kind: 'Secret', name: 's', volume: 'v' }],
    ],
  ])('%s', (_what, container, volumes, expected) => {
    expect(needs(container, volumes)).toEqual(expected);
  });
});

it('a pod uses the secrets that its images are pulled with, and does not need them', () => {
  const spec = { containers: [{ name: 'c', image: 'i' }], imagePullSecrets: [{ name: 's' }, {}] } as PodSpec;
  expect(usedObjects(spec)).toEqual([{ kind: 'Secret', name: 's' }]);
  expect(neededObjects(spec)).toEqual([]);
});
