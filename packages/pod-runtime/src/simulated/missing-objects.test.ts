import type { AssignedPod } from '@everynode/kubelet';
import type { NeededObject } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../fixtures/fake-clock.js';
import type { HostedNode } from '../node/hosted-node.js';
import type { PodReport } from '../runtime.js';
import { NO_DELAY } from './delay-range.js';
import { SimulatedRuntime } from './simulated-runtime.js';

const NODE: HostedNode = { name: 'n', number: 1, labels: {}, annotations: {}, taints: [], capacity: {} };
const MAP: NeededObject = { kind: 'ConfigMap', name: 'm' };

function setup() {
  const clock = new FakeClock();
  const reports: PodReport[] = [];
  const asked: string[][] = [];
  const cluster: { missing: NeededObject[]; isAway: boolean } = { missing: [], isAway: false };
  const runtime = new SimulatedRuntime({
    settings: { start: NO_DELAY, ready: NO_DELAY, stop: NO_DELAY, failureRate: 0, failure: 'crash', events: true },
    seed: 1,
    clock,
    onReport: (_pod, report) => reports.push(report),
    findMissing: async (uids) => {
      asked.push(uids);
      if (cluster.isAway) throw new Error('no scheduler answers');
      return new Map(uids.map((uid) => [uid, cluster.missing]));
    },
  });
  /** Lets time pass, and answers arrive meanwhile. */
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds * 2; i += 1) {
      clock.pass(0.5);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  return { reports, asked, cluster, runtime, pass };
}

const pod = (spec: object, uid = 'uid', annotations = {}) =>
  ({
    metadata: { name: 'pod', namespace: 'default', uid, annotations },
    spec: { nodeName: 'n', containers: [{ name: 'main', image: 'i' }], restartPolicy: 'Always', ...spec },
  }) as unknown as AssignedPod;

const mounting = { volumes: [{ name: 'v', configMap: { name: 'm' } }] };
const fromMap = (name: string) => ({ name, image: 'i', envFrom: [{ configMapRef: { name: 'm' } }] });

const states = (report: PodReport | undefined) => [
  report?.status.phase,
  ...[...(report?.status.initContainerStatuses ?? []), ...(report?.status.containerStatuses ?? [])].map(
    ({ state }) => state?.waiting?.reason ?? Object.keys(state ?? {})[0],
  ),
];
const eventsOf = (reports: PodReport[]) =>
  reports.flatMap(({ events }) => events.map(({ reason, message }) => `${reason} ${message}`));

describe('a pod that needs objects', () => {
  it('runs when they are there, after one question for all that need the same', async () => {
    const { reports, asked, runtime, pass } = setup();
    runtime.start(pod(mounting, 'a'), NODE);
    runtime.start(pod(mounting, 'b'), NODE);
    expect(reports).toEqual([]);
    await pass(1);
    expect(reports.map(states)).toEqual([
      ['Running', 'running'],
      ['Running', 'running'],
    ]);
    expect(asked).toEqual([['a']]);
  });

  it('waits for a volume, says so, and runs when the object appears', async () => {
    const { reports, cluster, runtime, pass } = setup();
    cluster.missing = [MAP];
    runtime.start(pod(mounting), NODE);
    await pass(1);
    expect(states(reports[0])).toEqual(['Pending', 'ContainerCreating']);
    expect(reports[0]?.status.podIP).toBeUndefined();
    expect(reports[0]?.events).toMatchObject([
      {
        type: 'Warning',
        reason: 'FailedMount',
        message: 'MountVolume.SetUp failed for volume "v" : configmap "m" not found',
      },
    ]);
    cluster.missing = [];
    await pass(2);
    expect(states(reports.at(-1))).toEqual(['Running', 'running']);
  });

  it('has a container that cannot be created, while the others run', async () => {
    const { reports, cluster, runtime, pass } = setup();
    cluster.missing = [MAP];
    runtime.start(pod({ containers: [{ name: 'plain', image: 'i' }, fromMap('main')] }), NODE);
    await pass(1);
    expect(states(reports.at(-1))).toEqual(['Pending', 'running', 'CreateContainerConfigError']);
    expect(reports.at(-1)?.status.containerStatuses?.[1]?.state?.waiting?.message).toBe('configmap "m" not found');
    expect(eventsOf(reports)).toContain('Failed Error: configmap "m" not found');
    cluster.missing = [];
    await pass(2);
    expect(states(reports.at(-1))).toEqual(['Running', 'running', 'running']);
    expect(reports.at(-1)?.status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    expect(reports.at(-1)?.status.containerStatuses?.map(({ restartCount }) => restartCount)).toEqual([0, 0]);
  });

  it('stays before its init container when that cannot be created', async () => {
    const { reports, cluster, runtime, pass } = setup();
    cluster.missing = [MAP];
    runtime.start(pod({ initContainers: [fromMap('init')] }), NODE);
    await pass(1);
    expect(states(reports.at(-1))).toEqual(['Pending', 'CreateContainerConfigError', 'PodInitializing']);
    expect(reports.at(-1)?.status.podIP).toBeDefined();
    cluster.missing = [];
    await pass(2);
    expect(states(reports.at(-1))).toEqual(['Running', 'terminated', 'running']);
  });

  it('says less and less often that it waits', async () => {
    const { reports, cluster, runtime, pass } = setup();
    cluster.missing = [MAP];
    runtime.start(pod(mounting), NODE);
    await pass(20);
    expect(eventsOf(reports)).toHaveLength(3);
  });

  it('asks again while the control plane does not answer', async () => {
    const { reports, cluster, runtime, pass } = setup();
    cluster.isAway = true;
    runtime.start(pod(mounting), NODE);
    await pass(3);
    expect(reports).toEqual([]);
    cluster.isAway = false;
    await pass(2);
    expect(states(reports.at(-1))).toEqual(['Running', 'running']);
  });

  it('is stopped while it waits', async () => {
    const { reports, cluster, runtime, pass } = setup();
    cluster.missing = [MAP];
    runtime.start(pod(mounting), NODE);
    await pass(1);
    runtime.stop('uid', 30);
    expect(reports.at(-1)?.stopped).toBe(true);
    const before = reports.length;
    await pass(3);
    expect(reports).toHaveLength(before);
  });
});

describe('a sub-path of a variable', () => {
  it('that cannot be expanded is waited for, until an annotation has it', () => {
    const { reports, runtime } = setup();
    const env = [{ name: 'DIR', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['dir']" } } }];
    const volumeMounts = [{ name: 'v', mountPath: '/m', subPathExpr: '$(DIR)' }];
    const spec = {
      containers: [{ name: 'main', image: 'i', env, volumeMounts }],
      volumes: [{ name: 'v', emptyDir: {} }],
    };
    runtime.start(pod(spec), NODE);
    expect(states(reports[0])).toEqual(['Pending', 'CreateContainerConfigError']);
    expect(reports[0]?.status.containerStatuses?.[0]?.state?.waiting?.message).toBe('missing value for DIR');
    runtime.start(pod(spec, 'uid', { dir: 'd' }), NODE);
    expect(states(reports.at(-1))).toEqual(['Running', 'running']);
  });
});
