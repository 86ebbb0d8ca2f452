import { type PodStatusReported, reportOrder } from '@everynode/contract';
import type { AssignedPod } from '@everynode/kubelet';
import type { PodReport } from '@everynode/pod-runtime';
import { testLog } from '@everynode/test-kit';
import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SentMessages } from '../reports/sent-messages.js';
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
  const clock = { now: 0 };
  const messages = new SentMessages(() => clock.now);
  const outbox = new StatusOutbox({
    incarnation: 7,
    messages,
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
  return { outbox, sent, messages, clock };
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

  it('sends again what was lost, with the sequence and the events that it had, and nothing else', async () => {
    const { outbox, sent, messages, clock } = setup();
    for (const uid of ['a', 'b', 'c']) {
      outbox.add(pod(uid), report('Running', 'Started'));
      await outbox.flushed();
    }
    outbox.forget('c');
    messages.stored(2);
    clock.now += 3000;
    messages.check();
    await outbox.flushed();
    const [first, ...others] = sent.map((message) => message.pods);
    expect(others).toHaveLength(3);
    expect(others.at(-1)).toEqual(first);
    expect(['a', 'b', 'c'].map((uid) => outbox.modeOf(uid))).toEqual(['sent', 'acknowledged', 'unknown']);
  });

  it('numbers an event by the report that had it first, also in a later one', async () => {
    const { outbox, sent, messages } = setup();
    outbox.add(pod('a'), report('Pending', 'Pulled'));
    await outbox.flushed();
    outbox.add(pod('a'), report('Running', 'Started'));
    messages.reset();
    await outbox.flushed();
    expect(sent[1]?.pods[0]?.sequence).toBe(2);
    expect(sent[1]?.pods[0]?.events?.map(({ reason, sequence }) => [reason, sequence])).toEqual([
      ['Pulled', 1],
      ['Started', 2],
    ]);
  });

  it('sends again what a list shows that the store lacks, though it was acknowledged', async () => {
    const { outbox, sent, messages } = setup();
    for (const uid of ['a', 'b']) outbox.add(pod(uid), report('Running'));
    await outbox.flushed();
    messages.stored(1);
    outbox.onListed([
      { uid: 'a', reported: reportOrder(7, 1) },
      { uid: 'b', reported: reportOrder(6, 9) },
      { uid: 'c', reported: 0 },
    ]);
    await outbox.flushed();
    expect(sent.slice(1).map((message) => message.pods.map(({ uid, sequence }) => [uid, sequence]))).toEqual([
      [['b', 1]],
    ]);
  });

  it('sends no more than so many messages that are not acknowledged, and goes on with what is true then', async () => {
    const { outbox, sent, messages } = setup();
    for (let i = 1; i <= 70; i += 1) {
      outbox.add(pod('a'), report(`${i}`));
      await outbox.flushed();
    }
    expect(sent).toHaveLength(64);
    messages.stored(1);
    await outbox.flushed();
    expect(sent.slice(64).map((message) => message.pods[0]?.status?.phase)).toEqual(['70']);
  });

  it('goes on counting where more has to be said of a pod that has stopped', async () => {
    const { outbox, sent, messages } = setup();
    outbox.add(pod('a'), { ...report('Succeeded'), stopped: true });
    await outbox.flushed();
    messages.stored(1);
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
            // The clock stands still: what becomes of lost messages is another test.
            messages: new SentMessages(() => 0),
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
