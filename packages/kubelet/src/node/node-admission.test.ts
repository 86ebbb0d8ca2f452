import type { PodSpec } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import type { KubeletNode } from '../pod/kubelet-node.js';
import { refusalOf } from './node-admission.js';

const NODE: KubeletNode = {
  name: 'n',
  hostIp: '172.16.0.1',
  labels: { 'kubernetes.io/os': 'linux' },
  allocatable: { cpu: '2', memory: '1Gi', pods: '3' },
};
const asking = (requests: Record<string, string>, rest: object = {}): PodSpec => ({
  containers: [{ name: 'c', image: 'i', resources: { requests }, ...rest }],
});
const onPort = (hostPort: number) => asking({}, { ports: [{ containerPort: 1, hostPort }] });
const refusal = (spec: PodSpec, ...others: PodSpec[]) => refusalOf({ spec: { ...spec, nodeName: 'n' } }, NODE, others);

describe('a node admits', () => {
  it.each([
    ['what fits exactly', asking({ cpu: '500m' }), [asking({ cpu: '1500m' })]],
    ['a port that no other pod has', onPort(81), [onPort(80)]],
    ['a pod of its system', { ...asking({}), os: { name: 'linux' } }, []],
    ['what asks for a device that it does not know', asking({ 'example.com/gpu': '1' }), []],
  ])('%s', (_what, spec, others) => {
    expect(refusal(spec, ...others)).toBeUndefined();
  });
});

describe('a node refuses', () => {
  const outOf = (resource: string, numbers: string) => [
    `OutOf${resource}`,
    `Node didn't have enough resource: ${resource}, ${numbers}`,
  ];
  it.each([
    [
      'more CPU than is left',
      asking({ cpu: '600m' }),
      [asking({ cpu: '1500m' })],
      outOf('cpu', 'requested: 600, used: 1500, capacity: 2000'),
    ],
    [
      'more memory',
      asking({ memory: '2Gi' }),
      [],
      outOf('memory', 'requested: 2147483648, used: 0, capacity: 1073741824'),
    ],
    [
      'a pod too many',
      asking({}),
      [asking({}), asking({}), asking({})],
      outOf('pods', 'requested: 1, used: 3, capacity: 3'),
    ],
    [
      'a port that is taken',
      onPort(80),
      [onPort(80)],
      ['NodePorts', "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"],
    ],
    [
      'another system',
      { ...asking({}), os: { name: 'windows' } },
      [],
      ['PodOSNotSupported', "Failed to admit pod as the OS field doesn't match node OS"],
    ],
    [
      'a selector on another system',
      { ...asking({}), nodeSelector: { 'kubernetes.io/os': 'windows' } },
      [],
      [
        'PodOSSelectorNodeLabelDoesNotMatch',
        "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
      ],
    ],
  ])('%s', (_what, spec, others, [reason, message]) => {
    expect(refusal(spec, ...others)).toEqual({ reason, message });
  });
});
