import type { AssignedPod } from '@everynode/kubelet';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../fixtures/fake-clock.js';
import type { HostedNode } from '../node/hosted-node.js';
import type { PodReport } from '../runtime.js';
import { NO_DELAY } from './delay-range.js';
import { SimulatedRuntime } from './simulated-runtime.js';
import type { SimulationSettings } from './simulation-settings.js';

const NODE: HostedNode = { name: 'node-1', number: 1, labels: {}, annotations: {}, taints: [], capacity: {} };
const IMMEDIATE: SimulationSettings = {
  start: NO_DELAY,
  ready: NO_DELAY,
  stop: NO_DELAY,
  failureRate: 0,
  failure: 'crash',
  events: true,
};
const ms = (fromMs: number) => ({ fromMs, toMs: fromMs });

function pod(annotations: Record<string, string> = {}, spec: object = {}): AssignedPod {
  return {
    metadata: { name: 'pod', namespace: 'default', uid: 'uid-1', annotations },
    spec: { nodeName: NODE.name, containers: [{ name: 'main', image: 'image:1' }], restartPolicy: 'Always', ...spec },
  } as AssignedPod;
}

function setup(settings: Partial<SimulationSettings> = {}) {
  const clock = new FakeClock();
  const reports: PodReport[] = [];
  const runtime = new SimulatedRuntime({
    settings: { ...IMMEDIATE, ...settings },
    seed: 1,
    clock,
    onReport: (_pod, report) => reports.push(report),
  });
  return { clock, reports, runtime };
}

const summary = ({ status, stopped }: PodReport) => {
  const state = status.containerStatuses?.[0]?.state ?? {};
  const ready = status.conditions?.find((condition) => condition.type === 'Ready')?.status;
  return [status.phase, state.waiting?.reason ?? Object.keys(state)[0], ready, ...(stopped ? ['stopped'] : [])].join(
    ' ',
  );
};

describe('the simulated runtime', () => {
  it('goes from nothing to ready in one report without delays', () => {
    const { reports, runtime } = setup();
    runtime.start(pod(), NODE);
    expect(reports.map(summary)).toEqual(['Running running True']);
    expect(reports[0]?.status.podIP).toBe('10.0.1.2');
    expect(reports[0]?.events.map((event) => event.reason)).toEqual(['Pulled', 'Created', 'Started']);
  });

  it('creates, runs and becomes ready after its delays, and keeps the time of what has not changed', () => {
    const { clock, reports, runtime } = setup({ start: ms(1000), ready: ms(2000) });
    runtime.start(pod(), NODE);
    clock.pass(5);
    expect(reports.map(summary)).toEqual([
      'Pending ContainerCreating False',
      'Running running False',
      'Running running True',
    ]);
    const since = (i: number, type: string) =>
      reports[i]?.status.conditions?.find((condition) => condition.type === type)?.lastTransitionTime;
    expect(since(2, 'PodScheduled')).toBe(since(0, 'PodScheduled'));
    expect(since(2, 'Ready')).toBe('2026-01-01T00:00:03Z');
  });

  it('stops within its delay or its grace period, whichever is shorter, and stays ready until then', () => {
    const { clock, reports, runtime } = setup({ stop: ms(5000) });
    runtime.start(pod(), NODE);
    runtime.stop('uid-1', 30);
    clock.pass(4);
    expect(reports.map(summary).slice(1)).toEqual(['Running running True']);
    runtime.stop('uid-1', 30);
    clock.pass(1);
    expect(reports.map(summary).slice(2)).toEqual(['Succeeded terminated False stopped']);
    const hurried = setup({ stop: ms(5000) });
    hurried.runtime.start(pod(), NODE);
    hurried.runtime.stop('uid-1', 30);
    hurried.runtime.stop('uid-1', 1);
    // Two seconds are left between the signal and the kill, whatever is asked for.
    hurried.clock.pass(1.9);
    expect(hurried.reports.at(-1)?.stopped).toBe(false);
    hurried.clock.pass(0.1);
    expect(hurried.reports.at(-1)?.stopped).toBe(true);
  });

  it('forgets a pod that is gone without a report, and frees its address', () => {
    const { clock, reports, runtime } = setup({ start: ms(1000) });
    runtime.start(pod(), NODE);
    runtime.forget('uid-1');
    clock.pass(5);
    expect(reports).toHaveLength(1);
    expect(runtime.size).toBe(0);
  });

  it('crashes and backs off as a kubelet does', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(pod({ 'simulation.everynode.io/crash-after-ms': '1000' }), NODE);
    clock.pass(13.5);
    const last = reports.at(-1)?.status.containerStatuses?.[0];
    expect(last).toMatchObject({
      restartCount: 2,
      state: { running: {} },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    });
    clock.pass(1);
    const ended = reports.at(-1);
    expect(ended && summary(ended)).toBe('Running terminated False');
    expect(ended?.events).toEqual([]);
    clock.pass(1);
    const waiting = reports.at(-1);
    expect(waiting && summary(waiting)).toBe('Running CrashLoopBackOff False');
    expect(waiting?.events[0]?.reason).toBe('BackOff');
  });

  it('says at once that a container has ended, before it waits or runs again', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(pod({ 'simulation.everynode.io/crash-after-ms': '1000' }), NODE);
    clock.pass(14);
    const seen = reports.map(({ status }) => {
      const { state, lastState, restartCount, ready } = status.containerStatuses?.[0] ?? {};
      const now = state?.waiting?.reason ?? Object.keys(state ?? {})[0];
      return `${status.phase} ${now}, last ${Object.keys(lastState ?? {})[0] ?? 'none'}, ${restartCount}, ${ready}`;
    });
    expect(seen).toEqual([
      'Running running, last none, 0, true',
      'Running terminated, last none, 0, false',
      'Running running, last terminated, 1, true',
      'Running terminated, last terminated, 1, false',
      'Running CrashLoopBackOff, last terminated, 1, false',
      'Running running, last terminated, 2, true',
      'Running terminated, last terminated, 2, false',
    ]);
    const ids = reports.map(({ status }) => status.containerStatuses?.[0]?.state?.terminated?.containerID);
    expect(new Set(ids.filter((id) => id !== undefined)).size).toBe(3);
  });

  it('counts a restart of the agent once, while a container waits to run again', () => {
    const before = setup();
    before.runtime.start(pod({ 'simulation.everynode.io/crash-after-ms': '1000' }), NODE);
    before.clock.pass(1);
    let { status } = before.reports.at(-1) as PodReport;
    expect(status.containerStatuses).toMatchObject([{ restartCount: 0, state: { terminated: {} } }]);
    for (let restarts = 0; restarts < 3; restarts += 1) {
      const after = setup({ start: ms(1000) });
      after.runtime.start({ ...pod(), status } as AssignedPod, NODE);
      [{ status }] = after.reports as [PodReport];
      expect(status.containerStatuses).toMatchObject([{ restartCount: 1, state: { running: {} } }]);
    }
  });

  it('starts the back-off afresh after ten minutes of running', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(pod({ 'simulation.everynode.io/crash-after-ms': '600001' }), NODE);
    clock.pass(1804);
    expect(reports.at(-1)?.status.containerStatuses?.[0]?.restartCount).toBe(3);
    expect(reports.map(summary)).not.toContain('Running CrashLoopBackOff False');
  });

  it('tries to pull an image that is missing, with back-off', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(pod({ 'simulation.everynode.io/image-error': 'true' }), NODE);
    clock.pass(40);
    const [failed, waiting] = ['Pending ErrImagePull False', 'Pending ImagePullBackOff False'];
    expect(reports.map(summary)).toEqual([failed, waiting, failed, waiting, failed, waiting]);
    const events = reports.slice(0, 2).flatMap((report) => report.events);
    expect(events.map(({ reason }) => reason)).toEqual(['Pulling', 'Failed', 'Failed', 'BackOff', 'Failed']);
    expect(events[3]?.message).toBe('Back-off pulling image "image:1"');
    expect(reports[1]?.status.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      'Back-off pulling image "image:1": ErrImagePull: image:1: not found',
    );
  });

  it('finds no image with the tag non-existent, without an annotation', () => {
    const { reports, runtime } = setup();
    runtime.start(pod({}, { containers: [{ name: 'main', image: 'foo:non-existent' }] }), NODE);
    expect(reports.map(summary)[0]).toBe('Pending ErrImagePull False');
  });

  it('never becomes ready where an annotation asks for it', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(pod({ 'simulation.everynode.io/never-ready': 'true' }), NODE);
    clock.pass(60);
    expect(new Set(reports.map(summary))).toEqual(new Set(['Running running False']));
    const unhealthy = reports.flatMap(({ events }) => events).filter(({ reason }) => reason === 'Unhealthy');
    expect(unhealthy).toHaveLength(7);
    expect(unhealthy[0]).toMatchObject({
      type: 'Warning',
      message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
    });
    // A kubelet tells 25 events of a pod, and then one every five minutes.
    clock.pass(3600);
    const events = reports.flatMap((report) => report.events);
    expect(events.length).toBeLessThan(25 + 13);
    expect(reports.length).toBe(events.length - 3);
  });

  it('finishes where it is not restarted', () => {
    const { clock, reports, runtime } = setup();
    const annotations = { 'simulation.everynode.io/exit-after-ms': '500', 'simulation.everynode.io/exit-code': '0' };
    runtime.start(pod(annotations, { restartPolicy: 'Never' }), NODE);
    clock.pass(1);
    expect(reports.at(-1)?.status.phase).toBe('Succeeded');
  });

  it('takes over a pod that ran before, as it was', () => {
    const first = setup();
    first.runtime.start(pod(), NODE);
    const status = first.reports[0]?.status;
    const second = setup({ start: ms(1000) });
    second.runtime.start({ ...pod(), status } as AssignedPod, NODE);
    expect(second.reports[0]?.status).toEqual(status);
    second.runtime.start({ ...pod(), metadata: { name: 'b', namespace: 'default', uid: 'uid-2' } }, NODE);
    second.clock.pass(2);
    expect(second.reports.at(-1)?.status.podIP).toBe('10.0.1.3');
  });

  it('uses the address of the node with the host network', () => {
    const { reports, runtime } = setup();
    runtime.start(pod({}, { hostNetwork: true }), NODE);
    expect(reports[0]?.status.podIP).toBe(reports[0]?.status.hostIP);
  });

  it('runs init containers one after another, sidecars from their turn on, and the others last', () => {
    const { clock, reports, runtime } = setup({ start: ms(3000) });
    const initContainers = [
      { name: 'first', image: 'i' },
      { name: 'side', image: 's', restartPolicy: 'Always' },
      { name: 'second', image: 'i' },
    ];
    runtime.start(pod({}, { initContainers }), NODE);
    clock.pass(5);
    const states = reports.map(({ status }) =>
      [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
        .map(({ state }) => state?.waiting?.reason ?? state?.terminated?.reason ?? 'running')
        .join(' '),
    );
    expect(states).toEqual([
      'PodInitializing PodInitializing PodInitializing PodInitializing',
      'running PodInitializing PodInitializing PodInitializing',
      'Completed running running PodInitializing',
      'Completed running Completed running',
    ]);
    const conditions = (type: string) =>
      reports.map(({ status }) => status.conditions?.find((condition) => condition.type === type)?.status);
    expect(conditions('Initialized')).toEqual(['False', 'False', 'False', 'True']);
    expect(conditions('PodReadyToStartContainers')).toEqual(['False', 'True', 'True', 'True']);
    expect(conditions('Ready')).toEqual(['False', 'False', 'False', 'True']);
    expect(reports[1]?.events[0]?.fieldPath).toBe('spec.initContainers{first}');
  });

  it('lets the other containers run on when one crashes', () => {
    const { clock, reports, runtime } = setup();
    const containers = [
      { name: 'main', image: 'i' },
      { name: 'other', image: 'j' },
    ];
    runtime.start(pod({ 'simulation.everynode.io/crash-after-ms': '1000' }, { containers }), NODE);
    clock.pass(4);
    const [main, other] = reports.at(-1)?.status.containerStatuses ?? [];
    expect(main).toMatchObject({ ready: false, restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } });
    expect(other).toMatchObject({ ready: true, restartCount: 0, state: { running: {} } });
    const ready = reports.at(-1)?.status.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'False', message: 'containers with unready status: [main]' });
  });

  it('ends by the signal, by itself or by force, as the time it is given allows', () => {
    const codeAfter = (stopMs: number, graceSeconds: number) => {
      const { clock, reports, runtime } = setup({ stop: ms(stopMs) });
      runtime.start(pod(), NODE);
      runtime.stop('uid-1', graceSeconds);
      clock.pass(60);
      return reports.at(-1)?.status.containerStatuses?.[0]?.state?.terminated?.exitCode;
    };
    expect([codeAfter(0, 30), codeAfter(5000, 30), codeAfter(40_000, 30)]).toEqual([143, 0, 137]);
  });

  it('never begins a pod that is to stop, and stops one that ran before', () => {
    const ran = setup();
    ran.runtime.start(pod(), NODE);
    const going = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 };
    const terminating = (status?: object) =>
      ({ ...pod(), status, metadata: { ...pod().metadata, ...going } }) as unknown as AssignedPod;
    const fresh = setup();
    fresh.runtime.start(terminating(), NODE);
    expect(fresh.reports).toEqual([{ status: {}, stopped: true, events: [] }]);
    expect(fresh.runtime.size).toBe(0);
    const taken = setup({ stop: ms(1000) });
    taken.runtime.start(terminating(ran.reports[0]?.status), NODE);
    taken.clock.pass(2);
    expect(taken.reports.map(summary)).toEqual([
      'Running running True',
      'Running running True',
      'Succeeded terminated False stopped',
    ]);
  });

  it('begins a pod again that waited when the agent ended, and counts that', () => {
    const before = setup();
    before.runtime.start(pod({ 'simulation.everynode.io/crash-after-ms': '1000' }), NODE);
    before.clock.pass(3);
    const status = before.reports.at(-1)?.status;
    const after = setup();
    after.runtime.start({ ...pod(), status } as AssignedPod, NODE);
    expect(after.reports.map(summary)).toEqual(['Running running True']);
    expect(after.reports[0]?.status.containerStatuses?.[0]?.restartCount).toBe(2);
    expect(after.reports[0]?.status.startTime).toBe(status?.startTime);
  });

  it('does not change a pod that finished before', () => {
    const annotations = { 'simulation.everynode.io/exit-after-ms': '500', 'simulation.everynode.io/exit-code': '3' };
    const before = setup();
    before.runtime.start(pod(annotations, { restartPolicy: 'Never' }), NODE);
    before.clock.pass(1);
    const status = before.reports.at(-1)?.status;
    expect(status?.phase).toBe('Failed');
    const after = setup();
    after.runtime.start({ ...pod(annotations, { restartPolicy: 'Never' }), status } as AssignedPod, NODE);
    after.clock.pass(60);
    expect(after.reports.map(({ status: now }) => now)).toEqual([status]);
    after.runtime.stop('uid-1', 30);
    expect(after.reports.at(-1)).toMatchObject({ stopped: true, status: { phase: 'Failed' } });
  });

  it('starts and stops pods in time though the wall clock steps, and shows the time that it has then', () => {
    for (const minutes of [-10, 10]) {
      const { clock, reports, runtime } = setup({ start: ms(1000), stop: ms(2000) });
      runtime.start(pod(), NODE);
      clock.stepMs = minutes * 60_000;
      clock.pass(1);
      expect(reports.map(summary)).toEqual(['Pending ContainerCreating False', 'Running running True']);
      runtime.stop('uid-1', 30);
      clock.stepMs = 0;
      clock.pass(2);
      expect(reports.map(summary).at(-1)).toBe('Succeeded terminated False stopped');
      const ready = reports[1]?.status.conditions?.find(({ type }) => type === 'Ready');
      expect(ready?.lastTransitionTime).toBe(minutes < 0 ? '2025-12-31T23:50:01Z' : '2026-01-01T00:10:01Z');
    }
  });

  it('draws the same delays and failures for the same seed', () => {
    const play = (seed: number) => {
      const clock = new FakeClock();
      const lines: string[] = [];
      const runtime = new SimulatedRuntime({
        settings: { ...IMMEDIATE, start: { fromMs: 0, toMs: 5000 }, failureRate: 0.3 },
        seed,
        clock,
        onReport: ({ metadata }, report) => lines.push(`${clock.now()} ${metadata.uid} ${summary(report)}`),
      });
      for (let i = 0; i < 50; i += 1) {
        const one = pod();
        runtime.start({ ...one, metadata: { ...one.metadata, uid: `uid-${i}` } }, NODE);
      }
      clock.pass(30);
      return lines;
    };
    expect(play(7)).toEqual(play(7));
    expect(play(7)).not.toEqual(play(8));
    expect(play(7).filter((line) => line.includes('CrashLoopBackOff')).length).toBeGreaterThan(0);
  });

  it('counts the pods in each step', () => {
    const { clock, runtime } = setup({ start: ms(1000) });
    runtime.start(pod(), NODE);
    const counted = () => Object.fromEntries([...runtime.counts()].filter(([, count]) => count > 0));
    expect(counted()).toEqual({ creating: 1 });
    clock.pass(1);
    expect(counted()).toEqual({ ready: 1 });
    runtime.stop('uid-1', 0);
    expect(counted()).toEqual({});
  });
});

describe('a pod that changes while it runs', () => {
  const resized = (cpu: string, generation: number, container: object = {}) => ({
    ...pod({}, { containers: [{ name: 'main', image: 'image:1', resources: { requests: { cpu } }, ...container }] }),
    metadata: { ...pod().metadata, generation },
  });
  const conditionOf = (report: PodReport | undefined, wanted: string) =>
    report?.status.conditions?.find(({ type }) => type === wanted);

  it('is resized at once, without a restart', () => {
    const { reports, runtime } = setup();
    runtime.start(resized('1', 1), NODE);
    expect(reports[0]?.status).toMatchObject({
      observedGeneration: 1,
      containerStatuses: [{ allocatedResources: { cpu: '1' }, resources: { requests: { cpu: '1' } } }],
    });
    runtime.start(resized('1', 1), NODE);
    expect(reports).toHaveLength(1);
    runtime.start(resized('2', 2), NODE);
    expect(reports[1]?.status).toMatchObject({
      observedGeneration: 2,
      containerStatuses: [{ allocatedResources: { cpu: '2' }, restartCount: 0 }],
    });
    expect(reports[1]?.events).toEqual([]);
  });

  it('is restarted for a resize where its policy asks for it', () => {
    const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
    const { reports, runtime } = setup();
    runtime.start(resized('1', 1, { resizePolicy }), NODE);
    runtime.start(resized('2', 2, { resizePolicy }), NODE);
    expect(summary(reports[1] as PodReport)).toBe('Running running True');
    expect(reports[1]?.status.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 143 } },
    });
  });

  it('keeps its resources when the node has too little, and shows that until less is asked for', () => {
    const { reports, runtime } = setup();
    runtime.start(resized('1', 1), NODE);
    runtime.start(resized('100', 2), NODE);
    expect(conditionOf(reports[1], 'PodResizePending')).toMatchObject({
      status: 'True',
      reason: 'Infeasible',
      message: "Node didn't have enough capacity: cpu, requested: 100000, capacity: 8000",
    });
    expect(reports[1]?.status.containerStatuses?.[0]).toMatchObject({ resources: { requests: { cpu: '1' } } });
    runtime.start(resized('3', 3), NODE);
    expect(conditionOf(reports[2], 'PodResizePending')).toBeUndefined();
  });

  it('begins ephemeral containers, which readiness does not wait for and a restart of the agent keeps', () => {
    const { reports, runtime } = setup();
    runtime.start(resized('1', 1), NODE);
    const debugged = resized('1', 2);
    Object.assign(debugged.spec, { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] });
    runtime.start(debugged, NODE);
    const [, report] = reports;
    expect(summary(report as PodReport)).toBe('Running running True');
    expect(report?.status.ephemeralContainerStatuses).toMatchObject([
      { name: 'debug', ready: false, state: { running: {} } },
    ]);
    expect(report?.events.map(({ fieldPath }) => fieldPath)).toContain('spec.ephemeralContainers{debug}');
    const later = setup();
    later.runtime.start({ ...debugged, status: report?.status } as AssignedPod, NODE);
    expect(later.reports[0]?.status.ephemeralContainerStatuses).toEqual(report?.status.ephemeralContainerStatuses);
    runtime.stop('uid-1', 0);
    expect(reports.at(-1)?.status.ephemeralContainerStatuses).toMatchObject([{ state: { terminated: {} } }]);
  });
});
