import { describe, expect, it } from 'vitest';
import { NO_DELAY } from '../delay-range.js';
import type { HostedNode } from '../nodes-file.js';
import type { AssignedPod, PodReport } from './runtime.js';
import { SimulatedRuntime } from './simulated.js';
import type { SimulationSettings } from './simulation-settings.js';
import type { Clock } from './timers.js';

const NODE: HostedNode = { name: 'node-1', number: 1, labels: {}, taints: [], capacity: {} };
const IMMEDIATE: SimulationSettings = {
  start: NO_DELAY,
  ready: NO_DELAY,
  stop: NO_DELAY,
  failureRate: 0,
  events: true,
};
const ms = (fromMs: number) => ({ fromMs, toMs: fromMs });

/** Time that passes when it is told to. */
class FakeClock implements Clock {
  #now = Date.parse('2026-01-01T00:00:00Z');
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  pass(seconds: number): void {
    const until = this.#now + seconds * 1000;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = until;
  }
}

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

  it('stops within its delay or its grace period, whichever is shorter, not ready first', () => {
    const { clock, reports, runtime } = setup({ stop: ms(5000) });
    runtime.start(pod(), NODE);
    runtime.stop('uid-1', 30);
    clock.pass(4);
    expect(reports.map(summary).slice(1)).toEqual(['Running running False']);
    runtime.stop('uid-1', 30);
    clock.pass(1);
    expect(reports.map(summary).slice(2)).toEqual(['Failed terminated False stopped']);
    const hurried = setup({ stop: ms(5000) });
    hurried.runtime.start(pod(), NODE);
    hurried.runtime.stop('uid-1', 30);
    hurried.runtime.stop('uid-1', 1);
    hurried.clock.pass(1);
    expect(hurried.reports.at(-1)?.stopped).toBe(true);
  });

  it('forgets a pod that is gone without a word, and gives its address to the next', () => {
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
    clock.pass(12.5);
    const last = reports.at(-1)?.status.containerStatuses?.[0];
    expect(last).toMatchObject({
      restartCount: 2,
      state: { running: {} },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    });
    clock.pass(1);
    const waiting = reports.at(-1);
    expect(waiting && summary(waiting)).toBe('Running CrashLoopBackOff False');
    expect(waiting?.events[0]?.reason).toBe('BackOff');
  });

  it('cannot pull an image that is said to be missing', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(pod({ 'simulation.everynode.io/image-error': 'true' }), NODE);
    clock.pass(2);
    expect(reports.map(summary)).toEqual(['Pending ErrImagePull False', 'Pending ImagePullBackOff False']);
  });

  it('never becomes ready when told so', () => {
    const { clock, reports, runtime } = setup();
    runtime.start(pod({ 'simulation.everynode.io/never-ready': 'true' }), NODE);
    clock.pass(60);
    expect(reports.map(summary)).toEqual(['Running running False']);
  });

  it('finishes where it is not restarted', () => {
    const { clock, reports, runtime } = setup();
    const annotations = { 'simulation.everynode.io/exit-after-ms': '500', 'simulation.everynode.io/exit-code': '0' };
    runtime.start(pod(annotations, { restartPolicy: 'Never' }), NODE);
    clock.pass(1);
    expect(reports.at(-1)?.status.phase).toBe('Succeeded');
  });

  it('takes a pod over that ran before, as it was', () => {
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
});
