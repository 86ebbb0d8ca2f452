import { describe, expect, it } from 'vitest';
import { probeTimes } from './probe-times.js';

describe('when probes pass', () => {
  it.each([
    ['no probe', {}, 0, 0, 0],
    ['no probe, healthy later', {}, 700, 0, 700],
    ['a readiness probe, at once', { readinessProbe: {} }, 0, 0, 0],
    ['healthy between two tries', { readinessProbe: { periodSeconds: 4 } }, 4500, 0, 8000],
    ['an initial delay', { readinessProbe: { initialDelaySeconds: 5, periodSeconds: 2 } }, 0, 0, 6000],
    ['the default period after a delay', { readinessProbe: { initialDelaySeconds: 5 } }, 0, 0, 10_000],
    ['a threshold', { readinessProbe: { periodSeconds: 3, successThreshold: 3 } }, 0, 0, 6000],
    ['a startup probe', { startupProbe: { initialDelaySeconds: 2, periodSeconds: 1 } }, 0, 2000, 2000],
    [
      'a readiness probe that waits for the startup probe',
      { startupProbe: { periodSeconds: 3 }, readinessProbe: { initialDelaySeconds: 4, periodSeconds: 2 } },
      2000,
      3000,
      5000,
    ],
  ])('%s', (_what, container, healthyMs, startedMs, readyMs) => {
    expect(probeTimes(container, healthyMs)).toEqual({ startedMs, readyMs });
  });
});
