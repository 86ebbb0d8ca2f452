import { describe, expect, it } from 'vitest';
import { type ContainerPoint, type UsageSample, usageBetween } from './usage-sample.js';

const MACHINE = { cpuNanoseconds: 5e9, workingSetBytes: 100 };

function sample(atMs: number, cpuNanoseconds: number, ...points: Partial<ContainerPoint>[]): UsageSample {
  const all = points.map((point) => ({
    name: 'c',
    instance: 0,
    startedMs: 0,
    cpuNanoseconds,
    workingSetBytes: 7,
    atMs,
    ...point,
  }));
  return { machine: { ...MACHINE, cpuNanoseconds, atMs }, pods: new Map(all.length > 0 ? [['u', all]] : []) };
}

describe('what was used between two samples', () => {
  it('is processor time by the time that has passed, and the memory of the later one', () => {
    expect(usageBetween('n', sample(100_000, 5e9, {}), sample(102_000, 6e9, {}))).toEqual({
      node: 'n',
      atMs: 102_000,
      windowMs: 2000,
      cpuNanocores: 5e8,
      workingSetBytes: 100,
      pods: [
        {
          uid: 'u',
          atMs: 102_000,
          windowMs: 2000,
          containers: [{ name: 'c', cpuNanocores: 5e8, workingSetBytes: 7 }],
        },
      ],
    });
  });

  it.each<[string, UsageSample, UsageSample, object[]]>([
    [
      'counts a container that began in between from its beginning',
      sample(100_000, 0),
      sample(120_000, 1e9, { startedMs: 110_000 }),
      [{ windowMs: 10_000, containers: [{ name: 'c', cpuNanocores: 1e8, workingSetBytes: 7 }] }],
    ],
    ['leaves out one that has just begun', sample(100_000, 0), sample(120_000, 1e9, { startedMs: 110_001 }), []],
    ['leaves out one whose beginning is not known', sample(1, 0), sample(2, 1, { startedMs: undefined }), []],
    [
      'leaves out a pod of which one container cannot be counted',
      sample(100_000, 0, {}),
      sample(120_000, 1e9, {}, { name: 'd', startedMs: 119_000 }),
      [],
    ],
    [
      'takes another run of a container for another one',
      sample(100_000, 8e9, {}),
      sample(120_000, 1e9, { instance: 1, startedMs: 100_000 }),
      [{ windowMs: 20_000, containers: [{ name: 'c', cpuNanocores: 5e7, workingSetBytes: 7 }] }],
    ],
    [
      'takes what seems to shrink for nothing',
      sample(100_000, 8e9, {}),
      sample(120_000, 1e9, {}),
      [{ windowMs: 20_000, containers: [{ name: 'c', cpuNanocores: 0, workingSetBytes: 7 }] }],
    ],
    [
      'has the earliest time of its containers',
      sample(100_000, 0, {}, { name: 'd' }),
      sample(120_000, 1e9, {}, { name: 'd', atMs: 119_000 }),
      [{ atMs: 119_000, windowMs: 19_000 }],
    ],
    ['leaves out what has ended', sample(100_000, 0, {}), sample(120_000, 1e9), []],
  ])('%s', (_what, before, after, pods) => {
    const usage = usageBetween('n', before, after);
    expect(usage.pods).toHaveLength(pods.length);
    expect(usage).toMatchObject({ pods });
  });
});
