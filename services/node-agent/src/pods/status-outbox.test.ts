import type { PodStatusReported } from '@everynode/contract';
import { testLog } from '@everynode/test-kit';
import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssignedPod, PodReport } from '../runtime/runtime.js';
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
    log: testLog(),
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

  it('sends the latest of every pod again, but of none that has stopped or is gone', async () => {
    const { outbox, sent } = setup();
    for (const uid of ['a', 'b', 'c']) outbox.add(pod(uid), report('Running', 'Started'));
    outbox.add(pod('b'), { ...report('Succeeded'), stopped: true });
    await outbox.flushed();
    outbox.forget('c');
    outbox.repeatAll();
    await outbox.flushed();
    expect(sent.at(-1)?.pods.map(({ uid, sequence, events }) => ({ uid, sequence, events }))).toEqual([
      { uid: 'a', sequence: 2, events: undefined },
    ]);
  });

  it('goes on counting where more has to be said of a pod that has stopped', async () => {
    const { outbox, sent } = setup();
    outbox.add(pod('a'), { ...report('Succeeded'), stopped: true });
    await outbox.flushed();
    outbox.addStopped({ namespace: 'default', name: 'a', uid: 'a', node: 'node-1' });
    await outbox.flushed();
    expect(sent.map((message) => message.pods)).toMatchObject([
      [{ uid: 'a', sequence: 1, stopped: true, status: { phase: 'Succeeded' } }],
      [{ uid: 'a', sequence: 2, stopped: true }],
    ]);
    expect(sent[1]?.pods[0]).not.toHaveProperty('status');
  });

  it('never has an older report of a pod be the last, whichever messages fail', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.boolean()), { minLength: 1, maxLength: 12 }),
        fc.scheduler(),
        async (steps, scheduler) => {
          const taken: PodStatusReported[] = [];
          const fails = steps.map(([, failing]) => failing);
          const outbox = new StatusOutbox({
            incarnation: 7,
            log: testLog(),
            signal: new AbortController().signal,
            publish: scheduler.scheduleFunction(async (body: string) => {
              if (fails.shift()) throw new Error('the bus is away');
              taken.push(JSON.parse(body) as PodStatusReported);
            }),
          });
          const latest = new Map<string, string>();
          for (const [i, [which]] of steps.entries()) {
            latest.set(`pod-${which}`, `${i}`);
            outbox.add(pod(`pod-${which}`), report(`${i}`));
          }
          await scheduler.waitFor(outbox.flushed());
          const written = new Map<string, { sequence: number; phase: unknown }>();
          for (const { uid, sequence, status } of taken.flatMap((message) => message.pods)) {
            if (sequence > (written.get(uid)?.sequence ?? 0)) written.set(uid, { sequence, phase: status?.phase });
          }
          expect(new Map([...written].map(([uid, { phase }]) => [uid, phase]))).toEqual(latest);
        },
      ),
      propertyRuns(20),
    );
  });
});
