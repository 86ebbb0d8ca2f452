import type { LimitRange, PodSpec } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { limitRangeFaults, setLimitRangeDefaultsOf } from './index.js';

const range = (...limits: object[]): LimitRange => ({ spec: { limits } }) as LimitRange;
const container = (name: string, resources: object = {}) => ({ name, image: 'x', resources });
const spec = (...containers: object[]): PodSpec => ({ containers }) as PodSpec;

describe('defaults of a LimitRange', () => {
  const ranges = [range({ type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } })];

  it('are given to each container that names none, and an annotation tells', () => {
    const pod = {
      metadata: { annotations: { a: 'b' } },
      spec: {
        containers: [container('a'), container('b', { limits: { cpu: '2' }, requests: { cpu: '2' } })],
        initContainers: [container('i', { limits: { memory: '2Gi' } })],
      },
    };
    setLimitRangeDefaultsOf(pod, ranges);
    expect(pod.spec.containers.map(({ resources }) => resources)).toEqual([
      { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } },
      { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '2' } },
    ]);
    expect(pod.metadata.annotations).toEqual({
      a: 'b',
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container a; cpu, memory limit for container a; ' +
        'memory limit for container b; cpu request for init container i; cpu limit for init container i',
    });
  });

  it('change nothing where there are none', () => {
    const pod = { metadata: {}, spec: spec(container('a')) };
    setLimitRangeDefaultsOf(pod, [range({ type: 'Pod', max: { cpu: '1' } })]);
    expect(pod).toEqual({ metadata: {}, spec: spec(container('a')) });
  });
});

describe('bounds of a LimitRange', () => {
  const bound = { type: 'Container', min: { cpu: '100m' }, max: { memory: '1Gi' }, maxLimitRequestRatio: { cpu: '2' } };
  const fits = { requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: '200m', memory: '1Gi' } };
  it.each<[name: string, resources: object, faults: string[]]>([
    ['within', fits, []],
    [
      'none',
      {},
      [
        'minimum cpu usage per Container is 100m.  No request is specified',
        'maximum memory usage per Container is 1Gi.  No limit is specified',
        'cpu max limit to request ratio per Container is 2, but no request is specified or request is 0',
      ],
    ],
    [
      'too little',
      { ...fits, requests: { cpu: '50m', memory: '1Gi' }, limits: { cpu: '100m', memory: '1Gi' } },
      ['minimum cpu usage per Container is 100m, but request is 50m'],
    ],
    [
      'too much',
      { ...fits, limits: { cpu: '200m', memory: '1025Mi' } },
      ['maximum memory usage per Container is 1Gi, but limit is 1025Mi'],
    ],
    [
      'too far apart',
      { ...fits, limits: { cpu: '1', memory: '1Gi' } },
      ['cpu max limit to request ratio per Container is 2, but provided ratio is 10.000000'],
    ],
    [
      'a ratio without a limit',
      { ...fits, limits: { memory: '1Gi' } },
      ['cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0'],
    ],
  ])('%s', (_name, resources, faults) => {
    expect(limitRangeFaults(spec(container('a', resources)), range(bound))).toEqual(faults);
  });

  it('of a pod hold for the sum, and for an init container that needs more', () => {
    const bounds = range({ type: 'Pod', max: { cpu: '1' } });
    const half = { requests: { cpu: '500m' }, limits: { cpu: '500m' } };
    expect(limitRangeFaults(spec(container('a', half), container('b', half)), bounds)).toEqual([]);
    expect(limitRangeFaults(spec(container('a', half), container('b', half), container('c', half)), bounds)).toEqual([
      'maximum cpu usage per Pod is 1, but limit is 1500m',
    ]);
    const two = { requests: { cpu: '2' }, limits: { cpu: '2' } };
    const withInit = { ...spec(container('a', half)), initContainers: [container('i', two)] };
    expect(limitRangeFaults(withInit, bounds)).toEqual(['maximum cpu usage per Pod is 1, but limit is 2']);
  });
});
