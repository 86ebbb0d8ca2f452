import { neededObjects } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import type { AssignedPod } from '../pod/assigned-pod.js';
import { startFaults } from './start-faults.js';

const pod = (container: object, volumes: object[] = [], metadata: object = {}) =>
  ({
    metadata: { name: 'p', namespace: 'ns', uid: 'u', ...metadata },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', ...container }], volumes },
  }) as unknown as AssignedPod;

const map = { kind: 'ConfigMap' as const, name: 'm' };
const secret = { kind: 'Secret' as const, name: 's' };

function faults(one: AssignedPod, ...missing: Parameters<typeof startFaults>[2]) {
  const { volumes, containers } = startFaults(one, neededObjects(one.spec), missing);
  return { volumes: Object.fromEntries(volumes), containers: Object.fromEntries(containers) };
}

const none = { volumes: {}, containers: {} };

describe('what keeps a container from being created', () => {
  const keyed = pod({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } } }] });
  it.each([
    ['nothing', keyed, [], none],
    ['a missing object', keyed, [map, { ...map, key: 'k' }], { ...none, containers: { c: 'configmap "m" not found' } }],
    [
      'a missing key',
      keyed,
      [{ ...map, key: 'k' }],
      { ...none, containers: { c: "couldn't find key k in ConfigMap ns/m" } },
    ],
    [
      'a missing secret',
      pod({ envFrom: [{ secretRef: { name: 's' } }] }),
      [secret],
      { ...none, containers: { c: 'secret "s" not found' } },
    ],
  ])('%s', (_what, one, missing, expected) => {
    expect(faults(one, ...missing)).toEqual(expected);
  });

  it.each([
    ['$(A)/x', [{ name: 'A', value: 'a' }], undefined],
    ['$(A)/$(B)', [], 'missing value for A, B'],
    ['$(A)', [{ name: 'A', value: '/a' }], 'error SubPath `/a` must not be an absolute path'],
    ['a/$(A)', [{ name: 'A', value: '..' }], "unable to provision SubPath `a/..`: must not contain '..'"],
    ['$(A)', [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['k']" } } }], undefined],
    ['$(A)', [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['k']" } } }], 'missing value for A'],
    ['$(A)', [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } }], undefined],
    ['$$(A)', [], undefined],
  ])('the sub-path %s', (subPathExpr, env, fault) => {
    const one = pod({ env, volumeMounts: [{ name: 'v', mountPath: '/m', subPathExpr }] }, [], {
      annotations: { k: 'v' },
    });
    expect(faults(one)).toEqual(fault === undefined ? none : { ...none, containers: { c: fault } });
  });
});

describe('what keeps a volume from being mounted', () => {
  const mounted = pod({}, [
    { name: 'v', configMap: { name: 'm', items: [{ key: 'k', path: 'p' }] } },
    { name: 'w', secret: { secretName: 's', items: [{ key: 'l', path: 'p' }] } },
  ]);
  it.each([
    ['a missing object', [map, secret], { v: 'configmap "m" not found', w: 'secret "s" not found' }],
    [
      'a missing key',
      [
        { ...map, key: 'k' },
        { ...secret, key: 'l' },
      ],
      { v: 'configmap references non-existent config key: k', w: 'references non-existent secret key: l' },
    ],
  ])('%s', (_what, missing, volumes) => {
    expect(faults(mounted, ...missing)).toEqual({ volumes, containers: {} });
  });
});
