import type { ContainerStatus, PodStatus } from '@everynode/objects';
import { expect, it } from 'vitest';
import { findLogRun } from './log-run.js';

const [T1, T2, T3] = ['2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z', '2026-01-01T00:00:03Z'];
const over = { exitCode: 1, containerID: 'x://1', startedAt: T1, finishedAt: T2 };
const running = { running: { startedAt: T3 } };

const status = (fields: Partial<ContainerStatus>): PodStatus => ({
  containerStatuses: [{ name: 'c', image: 'i', imageID: 'i', ready: false, restartCount: 0, ...fields }],
});

it.each<[string, PodStatus | undefined, boolean, object]>([
  ['nothing is known', undefined, false, { fault: 'is not available' }],
  ['it runs', status({ state: running }), false, { restarts: 0, startedAt: T3, finishedAt: undefined }],
  ['it has ended', status({ state: { terminated: over } }), false, { restarts: 0, startedAt: T1, finishedAt: T2 }],
  [
    'it waits',
    status({ state: { waiting: { reason: 'PodInitializing' } } }),
    false,
    { fault: 'is waiting to start: PodInitializing' },
  ],
  [
    'no image',
    status({ state: { waiting: { reason: 'ErrImagePull' } } }),
    false,
    { fault: "is waiting to start: image can't be pulled" },
  ],
  [
    'it is to run again',
    status({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: over }, restartCount: 2 }),
    false,
    { restarts: 2, startedAt: T1, finishedAt: T2 },
  ],
  [
    'the one before',
    status({ state: running, lastState: { terminated: over }, restartCount: 2 }),
    true,
    { restarts: 1, startedAt: T1, finishedAt: T2 },
  ],
])('finds the run whose log is meant: %s', (_what, podStatus, previous, expected) => {
  const found = findLogRun('p', podStatus, 'c', previous);
  const words = 'fault' in found ? { fault: found.fault.replace('container "c" in pod "p" ', '') } : found;
  expect(words).toEqual(expected);
});

it('says that there was no run before', () => {
  expect(findLogRun('p', status({ state: running }), 'c', true)).toEqual({
    fault: 'previous terminated container "c" in pod "p" not found',
  });
});
