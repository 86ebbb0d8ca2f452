import type { AssignedPod } from '@everynode/kubelet';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../fixtures/fake-clock.js';
import type { HostedNode } from '../node/hosted-node.js';
import type { PodReport } from '../runtime.js';
import { NO_DELAY } from './delay-range.js';
import { SimulatedRuntime } from './simulated-runtime.js';

/** What clients see of a kubelet's pods, in the states that a pod without faults does not have. */
const NODE: HostedNode = { name: 'n', number: 1, labels: {}, annotations: {}, taints: [], capacity: { cpu: '1' } };
const PREFIX = 'simulation.everynode.io/';

function setup(stopMs = 0) {
  const clock = new FakeClock();
  const reports: PodReport[] = [];
  const runtime = new SimulatedRuntime({
    settings: {
      start: NO_DELAY,
      ready: NO_DELAY,
      stop: { fromMs: stopMs, toMs: stopMs },
      failureRate: 0,
      failure: 'crash',
      events: true,
    },
    seed: 1,
    clock,
    onReport: (_pod, report) => reports.push(report),
  });
  return { clock, reports, runtime };
}

function pod(spec: object, rest: { uid?: string; annotations?: object; generation?: number; status?: object } = {}) {
  const { uid = 'uid', annotations = {}, generation = 1, status } = rest;
  return {
    metadata: { name: 'pod', namespace: 'default', uid, annotations, generation },
    spec: { nodeName: NODE.name, containers: [{ name: 'main', image: 'image:1' }], restartPolicy: 'Always', ...spec },
    ...(status && { status }),
  } as unknown as AssignedPod;
}

const conditionOf = (report: PodReport | undefined, wanted: string) =>
  report?.status.conditions?.find(({ type }) => type === wanted);
const readyOf = (report: PodReport | undefined) => conditionOf(report, 'Ready')?.status;

describe('readiness', () => {
  it('waits for the gates of the pod, and follows them', () => {
    const { reports, runtime } = setup();
    const gated = (status?: object) =>
      pod({ readinessGates: [{ conditionType: 'a/b' }] }, { ...(status && { status }) });
    const condition = (status: string) => ({ conditions: [{ type: 'a/b', status }] });
    runtime.start(gated(), NODE);
    expect(conditionOf(reports.at(-1), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "a/b" does not exist.',
    });
    expect(conditionOf(reports.at(-1), 'ContainersReady')?.status).toBe('True');
    runtime.start(gated(condition('False')), NODE);
    expect(conditionOf(reports.at(-1), 'Ready')?.message).toBe(
      'the status of pod readiness gate "a/b" is not "True", but False',
    );
    runtime.start(gated(condition('True')), NODE);
    expect(readyOf(reports.at(-1))).toBe('True');
    const before = reports.length;
    runtime.start(gated(condition('True')), NODE);
    expect(reports).toHaveLength(before);
    runtime.start(gated(condition('False')), NODE);
    expect(readyOf(reports.at(-1))).toBe('False');
  });

  it('comes container by container, when the probes of each pass', () => {
    const { clock, reports, runtime } = setup();
    const containers = [
      { name: 'slow', image: 'i', readinessProbe: { initialDelaySeconds: 5, periodSeconds: 2 } },
      { name: 'fast', image: 'i', startupProbe: { initialDelaySeconds: 3, periodSeconds: 1 } },
      { name: 'plain', image: 'i' },
    ];
    runtime.start(pod({ containers }), NODE);
    const seen = () =>
      reports
        .at(-1)
        ?.status.containerStatuses?.map(({ started, ready }) => `${started ? 's' : '-'}${ready ? 'r' : '-'}`);
    expect(seen()).toEqual(['s-', '--', 'sr']);
    clock.pass(3);
    expect(seen()).toEqual(['s-', 'sr', 'sr']);
    clock.pass(2);
    expect(readyOf(reports.at(-1))).toBe('False');
    clock.pass(1);
    expect(seen()).toEqual(['sr', 'sr', 'sr']);
    expect(readyOf(reports.at(-1))).toBe('True');
  });

  it('ends with a crash and begins again, each with a time of its own', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(pod({}, { annotations: { [`${PREFIX}crash-after-ms`]: '2500' } }), NODE);
    clock.pass(3.5);
    const times = reports
      .map((report) => conditionOf(report, 'Ready'))
      .map((one) => [one?.status, one?.lastTransitionTime]);
    expect(times).toEqual([
      ['True', '2026-01-01T00:00:00Z'],
      ['False', '2026-01-01T00:00:02Z'],
      ['True', '2026-01-01T00:00:03Z'],
    ]);
  });
});

describe('a stop', () => {
  const stopsAfter = (seconds: number, stopMs: number, grace: number) => {
    const { clock, reports, runtime } = setup(stopMs);
    const lifecycle = { preStop: { sleep: { seconds } } };
    runtime.start(pod({ containers: [{ name: 'main', image: 'i', lifecycle }] }), NODE);
    runtime.stop('uid', grace);
    for (let at = 0; ; at += 0.5) {
      const last = reports.at(-1);
      if (last?.stopped) return [at, last.status.containerStatuses?.[0]?.state?.terminated?.exitCode];
      expect(readyOf(last)).toBe('True');
      clock.pass(0.5);
    }
  };

  it('waits for the hook, within the grace period, and leaves two seconds for the end', () => {
    expect(stopsAfter(3, 0, 30)).toEqual([3, 143]);
    expect(stopsAfter(3, 1000, 30)).toEqual([4, 0]);
    expect(stopsAfter(60, 1000, 5)).toEqual([6, 0]);
    expect(stopsAfter(60, 5000, 5)).toEqual([7, 137]);
  });
});

describe('a pod that the node does not admit', () => {
  const asking = (cpu: string) => ({ containers: [{ name: 'main', image: 'i', resources: { requests: { cpu } } }] });

  it('has failed, with nothing started, and stays so over a restart of the agent', () => {
    const { reports, runtime } = setup();
    runtime.start(pod(asking('600m')), NODE);
    runtime.start(pod(asking('500m'), { uid: 'second' }), NODE);
    const message = "Node didn't have enough resource: cpu, requested: 500, used: 600, capacity: 1000";
    expect(reports[1]).toMatchObject({
      status: { phase: 'Failed', reason: 'OutOfcpu', message: `Pod was rejected: ${message}`, observedGeneration: 1 },
      events: [{ type: 'Warning', reason: 'OutOfcpu', message }],
    });
    expect(reports[1]?.status.containerStatuses).toBeUndefined();
    const again = setup();
    again.runtime.start(pod(asking('500m'), { uid: 'second', status: reports[1]?.status as object }), NODE);
    expect(again.reports.map(({ status }) => status)).toEqual([reports[1]?.status]);
    again.runtime.stop('second', 30);
    expect(again.reports.at(-1)?.stopped).toBe(true);
  });

  it('does not use what it asked for', () => {
    const { reports, runtime } = setup();
    runtime.start(pod(asking('2')), NODE);
    runtime.start(pod(asking('900m'), { uid: 'second' }), NODE);
    expect(reports.map(({ status }) => status.phase)).toEqual(['Failed', 'Running']);
  });
});

describe('a deadline', () => {
  it('ends a pod that runs too long, with the reason', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(pod({ activeDeadlineSeconds: 5 }), NODE);
    clock.pass(4);
    expect(reports).toHaveLength(1);
    clock.pass(1);
    const message = 'Pod was active on the node longer than the specified deadline';
    expect(reports.at(-1)?.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded', message });
    expect(reports.at(-1)?.status.containerStatuses).toMatchObject([{ ready: false, state: { terminated: {} } }]);
    expect(reports.at(-1)?.events.map(({ reason }) => reason)).toEqual(['DeadlineExceeded', 'Killing']);
    expect(readyOf(reports.at(-1))).toBe('False');
  });

  it('may be years away', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(pod({ activeDeadlineSeconds: 2 ** 31 - 1 }), NODE);
    clock.pass(3600);
    expect(reports).toHaveLength(1);
  });
});

describe('an init container that fails', () => {
  const withInits = (rest: object = {}) =>
    pod({
      initContainers: [
        { name: 'first', image: 'i', command: ['/bin/true'] },
        { name: 'second', image: 'i', command: ['/bin/false'] },
      ],
      ...rest,
    });

  it('is restarted with back-off, and no main container starts', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(withInits(), NODE);
    clock.pass(3);
    const { status } = reports.at(-1) as PodReport;
    expect(status).toMatchObject({
      phase: 'Pending',
      initContainerStatuses: [
        { name: 'first', ready: true, restartCount: 0, state: { terminated: { exitCode: 0 } } },
        {
          name: 'second',
          ready: false,
          restartCount: 1,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1 } },
        },
      ],
      containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }],
    });
    expect(conditionOf(reports.at(-1), 'Initialized')).toMatchObject({
      status: 'False',
      message: 'containers with incomplete status: [second]',
    });
  });

  it('fails the pod where nothing is restarted', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(withInits({ restartPolicy: 'Never' }), NODE);
    clock.pass(3);
    expect(reports.at(-1)?.status).toMatchObject({
      phase: 'Failed',
      initContainerStatuses: [{}, { state: { terminated: { exitCode: 1, reason: 'Error' } } }],
      containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }],
    });
  });

  it('fails with the code that an annotation names', () => {
    const { reports, runtime } = setup();
    const failing = pod(
      { initContainers: [{ name: 'only', image: 'i' }], restartPolicy: 'Never' },
      { annotations: { [`${PREFIX}init-exit-code`]: '3' } },
    );
    runtime.start(failing, NODE);
    expect(reports.at(-1)?.status.initContainerStatuses).toMatchObject([{ state: { terminated: { exitCode: 3 } } }]);
  });
});

describe('conditions and events', () => {
  it('tell the generation of the pod that they are about', () => {
    const { reports, runtime } = setup();
    runtime.start(pod({}, { generation: 7 }), NODE);
    expect(reports[0]?.status.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual(
      Array(5).fill(7),
    );
  });

  it('are worded as by Kubernetes 1.36', () => {
    const { reports, runtime } = setup();
    runtime.start(pod({}), NODE);
    expect(reports[0]?.events.map(({ message }) => message)).toEqual([
      'Container image "image:1" already present on machine and can be accessed by the pod',
      'Container created',
      'Container started',
    ]);
  });
});
