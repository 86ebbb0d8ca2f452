import { type AssignedPod, containerRuns } from '@everynode/kubelet';
import type { NeededObject } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../fixtures/fake-clock.js';
import { kubeletNodeOf } from '../node/kubelet-node.js';
import { Timers } from '../timers.js';
import { NO_DELAY } from './delay-range.js';
import { scriptFor } from './pod-script.js';
import { SimulatedRun } from './simulated-run.js';
import { StartChecks } from './start-checks.js';

const HOSTED = { name: 'n', number: 1, labels: {}, annotations: {}, taints: [], capacity: {} };
const SETTINGS = { start: NO_DELAY, ready: NO_DELAY, stop: NO_DELAY, failureRate: 0, failure: 'crash', events: true };

function runOf(uid: string, map: string): SimulatedRun {
  const pod = {
    metadata: { name: uid, namespace: 'default', uid },
    spec: {
      nodeName: 'n',
      containers: [{ name: 'c', image: 'i' }],
      volumes: [{ name: 'v', configMap: { name: map } }],
    },
  } as unknown as AssignedPod;
  const node = { hosted: HOSTED, node: kubeletNodeOf(HOSTED) };
  const script = scriptFor(pod, SETTINGS as Parameters<typeof scriptFor>[1], () => 0);
  return new SimulatedRun(pod, node, containerRuns(pod, 0), script, { ms: 0, at: '2026-01-01T00:00:00Z' });
}

function setup() {
  const clock = new FakeClock();
  const asked: { at: number; uids: string[] }[] = [];
  const answered: string[] = [];
  const cluster = { maps: new Set<string>(), gone: new Set<string>(), isAway: false };
  const runs = new Map<string, SimulatedRun>();
  const begin = clock.now();
  const checks = new StartChecks({
    clock,
    timers: new Timers(clock),
    findMissing: async (uids) => {
      asked.push({ at: (clock.now() - begin) / 1000, uids });
      if (cluster.isAway) throw new Error('no scheduler answers');
      const known = uids.filter((uid) => !cluster.gone.has(uid));
      return new Map(
        known.map((uid): [string, NeededObject[]] => {
          const name = runs.get(uid)?.pod.spec.volumes?.[0]?.configMap?.name ?? '';
          return [uid, cluster.maps.has(name) ? [] : [{ kind: 'ConfigMap', name }]];
        }),
      );
    },
    onAnswer: (run, missing) => answered.push(`${run.pod.metadata.uid} ${missing.length}`),
  });
  const add = (uid: string, map: string) => {
    const run = runOf(uid, map);
    runs.set(uid, run);
    checks.add(run);
    return run;
  };
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds * 10; i += 1) {
      clock.pass(0.1);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  return { add, asked, answered, cluster, checks, pass };
}

describe('questions for what pods need', () => {
  it('are asked at once for a new pod, though others wait', async () => {
    const { add, asked, answered, cluster, pass } = setup();
    cluster.maps.add('there');
    add('waits', 'missing');
    await pass(0.2);
    add('new', 'there');
    await pass(0.2);
    expect(answered).toEqual(['waits 1', 'new 0']);
    expect(asked.map(({ uids }) => uids)).toEqual([['waits'], ['new']]);
  });

  it('are asked less and less often, for all that need the same by one of them', async () => {
    const { add, asked, pass } = setup();
    add('a', 'missing');
    add('b', 'missing');
    await pass(32);
    expect(asked.map(({ at }) => Math.round(at))).toEqual([0, 1, 3, 7, 15, 23, 31]);
    expect(new Set(asked.flatMap(({ uids }) => uids))).toEqual(new Set(['a']));
  });

  it('are asked by another pod when the control plane does not have the first any more', async () => {
    const { add, answered, cluster, pass } = setup();
    cluster.maps.add('there');
    cluster.gone.add('dead');
    add('dead', 'there');
    add('lives', 'there');
    await pass(0.5);
    expect(answered.sort()).toEqual(['dead 0', 'lives 0']);
  });

  it('are asked again while no answer comes, and not for pods that have ended', async () => {
    const { add, asked, answered, cluster, checks, pass } = setup();
    cluster.isAway = true;
    const run = add('a', 'missing');
    await pass(4);
    expect(asked).toHaveLength(3);
    checks.delete(run);
    cluster.isAway = false;
    await pass(20);
    expect([asked.length, answered]).toEqual([3, []]);
  });
});
