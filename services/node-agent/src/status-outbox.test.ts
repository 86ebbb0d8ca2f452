import type { PodStatusReported } from '@everynode/contract';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { AssignedPod, PodReport } from './runtime/runtime.js';
import { StatusOutbox } from './status-outbox.js';

const pod = (uid: string): AssignedPod => ({
  metadata: { name: uid, namespace: 'default', uid },
  spec: { nodeName: 'node-1', containers: [{ name: 'c' }] },
});
const report = (phase: string, reason?: string): PodReport => ({
  status: { phase },
  stopped: false,
  events: reason ? [{ type: 'Normal', reason, message: '', at: '2026-01-01T00:00:00Z' }] : [],
});

function setup(failures = 0) {
  const sent: PodStatusReported[] = [];
  let left = failures;
  const outbox = new StatusOutbox({
    incarnation: 7,
    log: pino({ level: 'silent' }),
    signal: new AbortController().signal,
    publish: async (body) => {
      if (left > 0) {
        left -= 1;
        throw new Error('the bus is away');
      }
      sent.push(JSON.parse(body) as PodStatusReported);
    },
  });
  return { outbox, sent };
}

describe('the outbox', () => {
  it('sends many pods in one message, the latest of each, with all its events', async () => {
    const { outbox, sent } = setup();
    outbox.add(pod('a'), report('Pending', 'Pulled'));
    outbox.add(pod('b'), report('Running'));
    outbox.add(pod('a'), report('Running', 'Started'));
    await outbox.flushed();
    expect(sent).toHaveLength(1);
    expect(sent[0]?.pods.map(({ uid, status }) => [uid, status?.phase])).toEqual([
      ['a', 'Running'],
      ['b', 'Running'],
    ]);
    expect(sent[0]?.pods[0]?.events?.map((event) => event.reason)).toEqual(['Pulled', 'Started']);
  });

  it('cuts what does not fit one message', async () => {
    const { outbox, sent } = setup();
    for (let i = 0; i < 1200; i += 1) outbox.add(pod(`pod-${i}`), report('Running'));
    await outbox.flushed();
    expect(sent.map((message) => message.pods.length)).toEqual([500, 500, 200]);
  });

  it('loses nothing while the bus is away, and sends what is true by then', async () => {
    const { outbox, sent } = setup(2);
    outbox.add(pod('a'), report('Pending', 'Pulled'));
    const sending = outbox.flushed();
    outbox.add(pod('a'), report('Running', 'Started'));
    await sending;
    const last = sent.at(-1)?.pods[0];
    expect(last?.status?.phase).toBe('Running');
    expect(last?.events?.map((event) => event.reason)).toEqual(['Pulled', 'Started']);
  });

  it('numbers the reports on a pod upwards', async () => {
    const { outbox, sent } = setup(1);
    for (const phase of ['Pending', 'Running']) {
      outbox.add(pod('a'), report(phase));
      await outbox.flushed();
    }
    const numbers = sent.map((message) => message.pods[0]?.sequence ?? 0);
    expect(numbers[1]).toBeGreaterThan(numbers[0] ?? 0);
  });
});
