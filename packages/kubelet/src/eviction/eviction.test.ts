import type { PodSpec } from '@everynode/objects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssignedPod } from '../pod/assigned-pod.js';
import { evictionOf, pressureRefusal } from './eviction-words.js';
import { observePressure } from './pressure.js';
import { type PodUsage, rankForEviction } from './rank-pods.js';
import type { Observations, PressureCondition, StarvedResource } from './signals.js';
import { DEFAULT_EVICTION_HARD, type EvictionThreshold, parseEvictionThresholds } from './thresholds.js';

const MI = 2 ** 20;
const GI = 2 ** 30;

describe('thresholds', () => {
  it.each([
    ['memory.available<100Mi', [{ signal: 'memory.available', value: { quantity: '100Mi' } }]],
    [' nodefs.available < 10% ', [{ signal: 'nodefs.available', value: { share: Math.fround(0.1) } }]],
    ['pid.available<1000,nodefs.available<0%', [{ signal: 'pid.available', value: { quantity: '1k' } }]],
    ['imagefs.available<100%', []],
    ['', []],
  ])('%s', (text, thresholds) => {
    expect(parseEvictionThresholds(text)).toEqual(thresholds);
  });

  it.each([
    ['memory.free<1Gi', 'unsupported eviction signal memory.free'],
    ['memory.available', 'eviction threshold "memory.available" must be SIGNAL<AMOUNT'],
    ['memory.available<1<2', 'eviction threshold "memory.available<1<2" must be SIGNAL<AMOUNT'],
    ['nodefs.available<101%', 'eviction percentage threshold nodefs.available must be from 0% to 100%: 101%'],
    ['nodefs.available<-1%', 'eviction percentage threshold nodefs.available must be from 0% to 100%: -1%'],
    ['memory.available<0', 'eviction threshold memory.available must be positive: 0'],
    ['memory.available<much', 'eviction threshold memory.available: quantities must match'],
    ['memory.available<1,memory.available<2', 'duplicate eviction signal memory.available'],
  ])('refuses %s', (text, message) => {
    expect(() => parseEvictionThresholds(text)).toThrow(message);
  });
});

describe('pressure', () => {
  const thresholds = parseEvictionThresholds(`${DEFAULT_EVICTION_HARD},pid.available<100`);
  const disk = (share: number) => ({ available: share * 100 * GI, capacity: 100 * GI });
  const well: Observations = {
    'memory.available': { available: 4 * GI, capacity: 8 * GI },
    'nodefs.available': disk(0.5),
    'nodefs.inodesFree': disk(0.5),
    'pid.available': { available: 4000, capacity: 32_768 },
  };
  it.each<[string, Observations, PressureCondition[], string | undefined]>([
    ['all is well', well, [], undefined],
    [
      'memory',
      { ...well, 'memory.available': { available: 99 * MI, capacity: 8 * GI } },
      ['MemoryPressure'],
      'memory.available',
    ],
    [
      'memory at the threshold',
      { ...well, 'memory.available': { available: 100 * MI, capacity: 8 * GI } },
      [],
      undefined,
    ],
    ['disk', { ...well, 'nodefs.available': disk(0.09) }, ['DiskPressure'], 'nodefs.available'],
    ['disk of images', { ...well, 'imagefs.available': disk(0.14) }, ['DiskPressure'], 'imagefs.available'],
    ['inodes', { ...well, 'nodefs.inodesFree': disk(0.04) }, ['DiskPressure'], 'nodefs.inodesFree'],
    ['processes', { ...well, 'pid.available': { available: 99, capacity: 32_768 } }, ['PIDPressure'], 'pid.available'],
    [
      'memory before disk',
      { 'nodefs.available': disk(0), 'memory.available': { available: 0, capacity: GI } },
      ['MemoryPressure', 'DiskPressure'],
      'memory.available',
    ],
    ['nothing is known', {}, [], undefined],
  ])('%s', (_what, observations, conditions, signal) => {
    const pressure = observePressure(new Map(), thresholds, observations, { nowMs: 0, transitionMs: 300_000 });
    expect([pressure.conditions, pressure.threshold?.signal]).toEqual([conditions, signal]);
  });

  it('stays for five minutes after it was observed last, and evicts nothing then', () => {
    const short: Observations = { ...well, 'memory.available': { available: 0, capacity: GI } };
    const times: [number, Observations, boolean][] = [
      [0, short, true],
      [10_000, short, true],
      [309_000, well, true],
      [310_000, well, false],
    ];
    let state: ReadonlyMap<PressureCondition, number> = new Map();
    for (const [nowMs, observations, isShort] of times) {
      const pressure = observePressure(state, thresholds, observations, { nowMs, transitionMs: 300_000 });
      state = pressure.state;
      expect([nowMs, pressure.conditions.length === 1]).toEqual([nowMs, isShort]);
      expect(pressure.threshold !== undefined).toBe(observations === short);
    }
  });
});

const podOf = (name: string, spec: Partial<PodSpec>, annotations = {}): AssignedPod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: name, annotations },
  spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }], ...spec },
});
const asking = (requests: Record<string, string>, priority = 0): Partial<PodSpec> => ({
  priority,
  containers: [{ name: 'c', image: 'i', resources: { requests } }],
});
const using = (rest: Partial<PodUsage>): PodUsage => ({
  memory: 0,
  storage: 0,
  inodes: 0,
  processes: 0,
  containers: [],
  ...rest,
});
const candidate = (name: string, spec: Partial<PodSpec>, usage?: PodUsage) => ({ pod: podOf(name, spec), usage });

describe('the order of evictions', () => {
  const memory = (mebibytes: number) => using({ memory: mebibytes * MI });
  it.each<[string, StarvedResource, ReturnType<typeof candidate>[], string[]]>([
    [
      'those above their request first, whatever their priority',
      'memory',
      [
        candidate('below', asking({ memory: '200Mi' }), memory(150)),
        candidate('above', asking({ memory: '1Mi' }, 1000), memory(2)),
      ],
      ['above', 'below'],
    ],
    [
      'then the lower priority',
      'memory',
      [candidate('high', asking({}, 10), memory(900)), candidate('low', asking({}, 5), memory(1))],
      ['low', 'high'],
    ],
    [
      'then the most above the request',
      'memory',
      [candidate('small', asking({ memory: '100Mi' }), memory(110)), candidate('big', asking({}), memory(50))],
      ['big', 'small'],
    ],
    [
      'what could not be measured first',
      'memory',
      [candidate('known', {}, memory(1)), candidate('unknown', {})],
      ['unknown', 'known'],
    ],
    [
      'by storage',
      'ephemeral-storage',
      [
        candidate('asked', asking({ 'ephemeral-storage': '1Gi' }), using({ storage: GI / 2 })),
        candidate('not-asked', {}, using({ storage: 1 })),
      ],
      ['not-asked', 'asked'],
    ],
    [
      'by inodes',
      'inodes',
      [candidate('few', {}, using({ inodes: 1 })), candidate('many', {}, using({ inodes: 9 }))],
      ['many', 'few'],
    ],
    [
      'by processes: priority, then number',
      'pids',
      [
        candidate('few', {}, using({ processes: 1 })),
        candidate('many', {}, using({ processes: 9 })),
        candidate('more-and-important', asking({}, 5), using({ processes: 99 })),
      ],
      ['many', 'few', 'more-and-important'],
    ],
  ])('%s', (_what, resource, candidates, names) => {
    expect(rankForEviction(candidates, resource).map(({ pod }) => pod.metadata.name)).toEqual(names);
  });

  it('does not depend on the order in which pods are known', () => {
    const spec = fc.record({ priority: fc.integer({ min: 0, max: 3 }), request: fc.nat(3), used: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 8 }), (pods) => {
        const candidates = pods.map(({ priority, request, used }, number) =>
          candidate(String(number), asking({ memory: `${request}Mi` }, priority), memory(used)),
        );
        const keys = (list: typeof candidates) =>
          rankForEviction(list, 'memory').map(({ pod: { spec: each }, usage }) => {
            const request = each.containers[0]?.resources?.requests?.memory;
            return `${each.priority} ${(usage?.memory ?? 0) / MI - Number.parseInt(String(request), 10)}`;
          });
        expect(keys([...candidates].reverse())).toEqual(keys(candidates));
      }),
    );
  });
});

describe('the words', () => {
  const thresholdOf = (text: string) => parseEvictionThresholds(text)[0] as EvictionThreshold;
  it('name the threshold, what is left, and the containers above their requests', () => {
    const containers = [{ name: 'c', memory: 300 * MI, storage: undefined }];
    const failure = evictionOf(
      candidate('p', asking({ memory: '200Mi' }), using({ memory: 300 * MI, containers })),
      thresholdOf('memory.available<100Mi'),
      { available: 80 * MI, capacity: GI },
    );
    expect(failure).toEqual({
      reason: 'Evicted',
      message:
        'The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. ' +
        'Container c was using 300Mi, request is 200Mi, has larger consumption of memory. ',
      rejected: false,
      isDisruption: true,
    });
  });

  it('count processes in thousands', () => {
    const pids = thresholdOf('pid.available<10%');
    expect(evictionOf(candidate('p', {}), pids, { available: 1000, capacity: 32_768 }).message).toBe(
      'The node was low on resource: pids. Threshold quantity: 3276, available: 1k. ',
    );
  });
});

describe('admission under pressure', () => {
  const tolerating = { tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }] };
  it.each<[string, AssignedPod, PressureCondition[], string | undefined]>([
    ['no pressure', podOf('p', {}), [], undefined],
    ['best effort', podOf('p', {}), ['MemoryPressure'], 'The node had condition: [MemoryPressure]. '],
    ['a request', podOf('p', asking({ memory: '1Mi' })), ['MemoryPressure'], undefined],
    ['a toleration', podOf('p', tolerating), ['MemoryPressure'], undefined],
    ['disk', podOf('p', asking({ memory: '1Mi' })), ['DiskPressure'], 'The node had condition: [DiskPressure]. '],
    [
      'both',
      podOf('p', tolerating),
      ['MemoryPressure', 'DiskPressure'],
      'The node had condition: [MemoryPressure DiskPressure]. ',
    ],
    ['a critical pod', podOf('p', { priority: 2_000_001_000 }), ['DiskPressure'], undefined],
    ...['source', 'mirror'].map((name): [string, AssignedPod, PressureCondition[], string] => [
      `a pod that says of itself that it is static, by its ${name}`,
      podOf('p', {}, { [`kubernetes.io/config.${name}`]: 'file' }),
      ['DiskPressure'],
      'The node had condition: [DiskPressure]. ',
    ]),
  ])('%s', (_what, pod, conditions, message) => {
    expect(pressureRefusal(pod, conditions)?.message).toBe(message);
  });
});
