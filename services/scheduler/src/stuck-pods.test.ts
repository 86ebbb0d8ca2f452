import { expect, it } from 'vitest';
import { stuckPods } from './stuck-pods.js';

const NOW = Date.parse('2026-01-01T00:10:00Z');
const at = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

type Seen = Parameters<typeof stuckPods>[0] extends Iterable<infer P> ? P : never;

const pod = (metadata: object, status: object | undefined, placement: string | null = 'node-1') =>
  ({ metadata: { creationTimestamp: at(500), ...metadata }, status, record: { placement } }) as unknown as Seen;

it.each([
  ['none waits without pods', [], { unaccepted: 0, terminating: 0 }],
  [
    'a pod that runs does not wait',
    [pod({}, { phase: 'Running', startTime: at(400) })],
    { unaccepted: 0, terminating: 0 },
  ],
  ['a pod without a node waits for a node', [pod({}, undefined, null)], { unaccepted: 0, terminating: 0 }],
  ['a pod that failed at once does not wait', [pod({}, { phase: 'Failed' })], { unaccepted: 0, terminating: 0 }],
  [
    'the oldest that no agent has accepted counts',
    [pod({ creationTimestamp: at(20) }, undefined), pod({ creationTimestamp: at(90) }, { phase: 'Pending' })],
    { unaccepted: 90, terminating: 0 },
  ],
  [
    'a pod that an agent starts has been accepted',
    [pod({}, { phase: 'Pending', startTime: at(10) })],
    { unaccepted: 0, terminating: 0 },
  ],
  [
    'a pod that ends waits from the end of its grace period, whatever it was before',
    [pod({ deletionTimestamp: at(70) }, undefined), pod({ deletionTimestamp: at(-30) }, undefined)],
    { unaccepted: 0, terminating: 70 },
  ],
])('%s', (_, pods, expected) => {
  expect(stuckPods(pods, NOW)).toEqual(expected);
});
