import type { AssignedPod } from '@everynode/kubelet';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../fixtures/fake-clock.js';
import type { PodReport } from '../runtime.js';
import { NO_DELAY } from './delay-range.js';
import { SimulatedRuntime } from './simulated-runtime.js';

/** The rules of packages/kubelet hold for simulated pods; their scenarios say what goes wrong. */
const NODE = { name: 'n', number: 1, labels: {}, annotations: {}, taints: [], capacity: {} };
const SETTINGS = { start: NO_DELAY, ready: NO_DELAY, failureRate: 0, failure: 'crash', events: true } as const;

function play(spec: object, scenario: Record<string, string> = {}, stopMs = 0) {
  const clock = new FakeClock();
  const reports: PodReport[] = [];
  const runtime = new SimulatedRuntime({
    settings: { ...SETTINGS, stop: { fromMs: stopMs, toMs: stopMs } },
    seed: 1,
    clock,
    onReport: (_pod, report) => reports.push(report),
  });
  const annotations = Object.fromEntries(
    Object.entries(scenario).map(([name, value]) => [`simulation.everynode.io/${name}`, value]),
  );
  const pod = {
    metadata: { name: 'pod', namespace: 'default', uid: 'uid', annotations },
    spec: { nodeName: 'n', restartPolicy: 'Always', containers: [{ name: 'main', image: 'i:1' }], ...spec },
  } as unknown as AssignedPod;
  runtime.start(pod, NODE);
  const messages = (reason: string) =>
    reports.flatMap(({ events }) => events.filter((event) => event.reason === reason).map(({ message }) => message));
  const main = () => reports.at(-1)?.status.containerStatuses?.[0];
  return { clock, reports, runtime, messages, main };
}

const withMain = (rest: object) => ({ containers: [{ name: 'main', image: 'i:1', ...rest }] });

describe('a simulated pod', () => {
  it('is looked at once by probes that pass, and then costs nothing', () => {
    const probe = { httpGet: { port: 80 }, periodSeconds: 1 };
    const { clock, reports, main } = play(
      withMain({ livenessProbe: probe, readinessProbe: probe, startupProbe: probe }),
    );
    expect(main()).toMatchObject({ ready: true, started: true });
    clock.pass(3600);
    expect(reports).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('is restarted when its liveness probe fails', () => {
    const { clock, messages, main } = play(
      withMain({ livenessProbe: { exec: { command: ['x'] }, periodSeconds: 5, failureThreshold: 2 } }),
      { 'liveness-fails-after-ms': '7000' },
    );
    clock.pass(15);
    expect(messages('Unhealthy')).toEqual(Array(2).fill('Liveness probe failed: command terminated with exit code 1'));
    expect(messages('Killing')).toEqual(['Container main failed liveness probe, will be restarted']);
    expect(main()).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 143 } } });
  });

  it('is restarted when it does not start in time', () => {
    const { clock, messages, main } = play(
      withMain({ startupProbe: { tcpSocket: { port: 1 }, periodSeconds: 1, failureThreshold: 3 } }),
      { 'ready-ms': '5000' },
    );
    clock.pass(2);
    expect(messages('Killing')).toEqual(['Container main failed startup probe, will be restarted']);
    expect(main()?.restartCount).toBe(1);
  });

  it('waits for its hook after the start, and is restarted when that fails', () => {
    const hooked = withMain({ lifecycle: { postStart: { exec: { command: ['x'] } } } });
    const slow = play(hooked, { 'post-start-ms': '2000' });
    expect(slow.main()?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    slow.clock.pass(2);
    expect(slow.main()).toMatchObject({ ready: true, state: { running: {} } });
    const failing = play(hooked, { 'post-start-error': 'true' });
    expect(failing.messages('FailedPostStartHook')).toEqual(['PostStartHook failed']);
    expect(failing.main()?.state?.waiting).toEqual({
      reason: 'PostStartHookError',
      message: 'command terminated with exit code 1',
    });
  });

  it('has its hook before the stop within the grace period', () => {
    const hooked = withMain({ lifecycle: { preStop: { httpGet: { port: 80 } } } });
    const { clock, reports, runtime, messages } = play(hooked, { 'pre-stop-ms': '60000' }, 40_000);
    runtime.stop('uid', 10);
    clock.pass(11.9);
    expect(reports.at(-1)?.stopped).toBe(false);
    clock.pass(0.1);
    expect(reports.at(-1)).toMatchObject({
      stopped: true,
      status: { containerStatuses: [{ state: { terminated: { exitCode: 137 } } }] },
    });
    expect(messages('FailedPreStopHook')).toEqual([]);
  });

  it('keeps a sidecar that crashes, and ends it last', () => {
    const { clock, reports, runtime } = play(
      { initContainers: [{ name: 'side', image: 's:1', restartPolicy: 'Always' }] },
      { 'crash-after-ms': '2000', 'crash-container': 'side' },
      500,
    );
    clock.pass(3.5);
    expect(reports.at(-1)?.status).toMatchObject({
      phase: 'Running',
      initContainerStatuses: [{ restartCount: 1, state: { running: {} } }],
      containerStatuses: [{ restartCount: 0, ready: true }],
    });
    runtime.stop('uid', 30);
    clock.pass(0.5);
    expect(reports.at(-1)?.status).toMatchObject({
      initContainerStatuses: [{ state: { running: {} } }],
      containerStatuses: [{ state: { terminated: {} } }],
    });
    clock.pass(0.5);
    expect(reports.at(-1)?.stopped).toBe(true);
  });

  it('is restarted for a new image', () => {
    const { runtime, messages, main } = play({});
    runtime.start(
      {
        metadata: { name: 'pod', namespace: 'default', uid: 'uid', generation: 2 },
        spec: { nodeName: 'n', containers: [{ name: 'main', image: 'i:2' }] },
      },
      NODE,
    );
    expect(messages('Killing')).toEqual(['Container main definition changed, will be restarted']);
    expect(main()).toMatchObject({ image: 'i:2', restartCount: 1, ready: true });
  });
});
