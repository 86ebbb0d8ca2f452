import type { Container, Probe } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { container, PlayedPod } from '../../fixtures/played-pod.js';
import type { ProbeKind } from './probe-worker.js';

const from =
  (ms: number, verdict: 'failure' | 'error' = 'failure') =>
  (_name: string, _kind: ProbeKind, at: number) =>
    ({ verdict: at >= ms ? 'success' : verdict, output: 'no' }) as const;
const until = (ms: number) => (_name: string, _kind: ProbeKind, at: number) =>
  ({ verdict: at < ms ? 'success' : 'failure', output: 'HTTP probe failed with statuscode: 500' }) as const;
const played = (probes: Partial<Container>, machine: object = {}) =>
  new PlayedPod({ containers: [container('c', probes)] }, machine);

/** When the container becomes started and ready, in seconds. */
function times(pod: PlayedPod): { started: number | undefined; ready: number | undefined } {
  let [started, ready]: (number | undefined)[] = [];
  for (let halves = 0; halves <= 120; halves += 1) {
    const status = pod.status().containerStatuses?.[0];
    if (status?.started) started ??= halves / 2;
    if (status?.ready) ready ??= halves / 2;
    pod.pass(0.5);
  }
  return { started, ready };
}

describe('when a container is started and ready', () => {
  const cases: [string, { startupProbe?: Probe; readinessProbe?: Probe }, number, number, number][] = [
    ['no probe', {}, 0, 0, 0],
    ['a readiness probe, at once', { readinessProbe: {} }, 0, 0, 0],
    ['healthy between two tries', { readinessProbe: { periodSeconds: 4 } }, 4500, 0, 8],
    ['an initial delay', { readinessProbe: { initialDelaySeconds: 5, periodSeconds: 2 } }, 0, 0, 6],
    ['the default period after a delay', { readinessProbe: { initialDelaySeconds: 5 } }, 0, 0, 10],
    ['a threshold', { readinessProbe: { periodSeconds: 3, successThreshold: 3 } }, 0, 0, 6],
    ['a startup probe', { startupProbe: { initialDelaySeconds: 2, periodSeconds: 1 } }, 0, 2, 2],
    [
      'a readiness probe that waits for the startup probe',
      { startupProbe: { periodSeconds: 3 }, readinessProbe: { initialDelaySeconds: 4, periodSeconds: 2 } },
      2000,
      3,
      5,
    ],
  ];
  it.each(cases)('%s', (_what, probes, healthyMs, started, ready) => {
    expect(times(played(probes, { probe: from(healthyMs) }))).toEqual({ started, ready });
  });
});

describe('readiness', () => {
  it('is lost after so many failures in a row, and comes back', () => {
    const pod = played(
      { readinessProbe: { periodSeconds: 1, failureThreshold: 3, successThreshold: 2 } },
      {
        probe: (_n: string, _k: ProbeKind, ms: number) => ({
          verdict: ms >= 5000 && ms < 9000 ? 'failure' : 'success',
          output: 'x',
        }),
      },
    );
    const seen = Array.from({ length: 13 }, () => {
      const { ready } = pod.status().containerStatuses?.[0] ?? {};
      pod.pass(1);
      return ready ? 1 : 0;
    });
    expect(seen).toEqual([0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1]);
    expect(pod.events('Unhealthy')).toEqual(Array(4).fill('Readiness probe failed: x'));
    expect(pod.status().containerStatuses?.[0]?.restartCount).toBe(0);
  });

  it('is looked at on while the pod ends; liveness is not', () => {
    const probe: Probe = { periodSeconds: 1, failureThreshold: 1 };
    const pod = played({ readinessProbe: probe, livenessProbe: probe }, { probe: until(3000), stopMs: () => 20_000 });
    pod.pass(1.5);
    pod.end(30);
    pod.pass(3);
    expect(pod.log.filter((line) => line.includes('liveness')).length).toBe(2);
    expect(pod.status().containerStatuses?.[0]).toMatchObject({ ready: false, state: { running: {} } });
  });
});

describe('liveness', () => {
  it('restarts the container once for each failure, at once at first', () => {
    const pod = played(
      { livenessProbe: { periodSeconds: 2, failureThreshold: 2, terminationGracePeriodSeconds: 4 } },
      { probe: until(1000), stopMs: () => Number.POSITIVE_INFINITY },
    );
    pod.pass(12);
    expect(pod.events('Unhealthy')[0]).toBe('Liveness probe failed: HTTP probe failed with statuscode: 500');
    expect(pod.events('Killing')[0]).toBe('Container c failed liveness probe, will be restarted');
    expect(pod.log.filter((line) => !line.includes('liveness'))).toEqual([
      '0 start c 0',
      '4 stop c 4',
      '8 exit c 137',
      '8 start c 1',
      '10 stop c 4',
    ]);
  });

  it('waits for the back-off when it fails again and again', () => {
    const pod = played({ livenessProbe: { periodSeconds: 1, failureThreshold: 1 } }, { probe: until(1) });
    pod.pass(60);
    expect(pod.log.filter((line) => line.includes('start')).map((line) => Number(line.split(' ')[0]))).toEqual([
      0, 1, 2, 13, 33,
    ]);
  });

  it('kills without a restart where the policy is Never', () => {
    const pod = new PlayedPod(
      { restartPolicy: 'Never', containers: [container('c', { livenessProbe: { failureThreshold: 1 } })] },
      { probe: until(5000) },
    );
    pod.pass(20);
    expect(pod.events('Killing')).toEqual(['Container c failed liveness probe']);
    expect(pod.status().phase).toBe('Failed');
  });
});

describe('a startup probe', () => {
  it('that does not pass in time restarts the container', () => {
    const pod = played(
      { startupProbe: { periodSeconds: 2, failureThreshold: 3 }, readinessProbe: {}, livenessProbe: {} },
      { probe: from(1_000_000) },
    );
    pod.pass(7);
    expect(pod.events('Killing')).toEqual(['Container c failed startup probe, will be restarted']);
    expect(pod.log.some((line) => line.includes('liveness') || line.includes('readiness'))).toBe(false);
    expect(pod.status().containerStatuses?.[0]?.restartCount).toBe(1);
  });

  it('is not tried again once it has passed', () => {
    const pod = played({ startupProbe: { periodSeconds: 1 } });
    pod.pass(30);
    expect(pod.log).toEqual(['0 start c 0', '0 startup c success']);
  });
});

describe('a probe that cannot be carried out', () => {
  it('is tried three times at once, counts for nothing, and is told once', () => {
    const pod = played({ livenessProbe: { periodSeconds: 5, failureThreshold: 1 } }, { probe: from(6000, 'error') });
    pod.pass(12);
    expect(pod.log).toEqual([
      '0 start c 0',
      ...Array(3).fill('0 liveness c error'),
      ...Array(3).fill('5 liveness c error'),
      '10 liveness c success',
    ]);
    expect(pod.events('Unhealthy')).toEqual(Array(2).fill('Liveness probe errored and resulted in unknown state: no'));
  });

  it('passes with a warning where it was sent elsewhere', () => {
    const pod = played({ readinessProbe: {} }, { probe: () => ({ verdict: 'warning', output: 'redirect' }) });
    expect(pod.events('ProbeWarning')).toEqual(['Readiness probe warning: redirect']);
    expect(pod.states()).toBe('running ready');
  });
});

describe('a container that is known to pass', () => {
  it('is not tried before anything can change', () => {
    const pod = played(
      { livenessProbe: { periodSeconds: 3, failureThreshold: 1 } },
      {
        probe: (_n: string, _k: ProbeKind, ms: number) =>
          ms < 20_000 ? { verdict: 'success', output: '', passesUntilMs: 20_000 } : { verdict: 'failure', output: '' },
      },
    );
    pod.pass(22);
    expect(pod.log.slice(0, 4)).toEqual([
      '0 start c 0',
      '0 liveness c success',
      '21 liveness c failure',
      '21 stop c 30',
    ]);
  });
});
