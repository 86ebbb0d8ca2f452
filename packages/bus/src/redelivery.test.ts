import { consumers, eventType, subjects } from '@everynode/contract';
import { eventually, startTestNats, type TestNats, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bus } from './index.js';

const { stream, durable } = consumers.ingest;

let nats: TestNats;
let bus: Bus;
const stopping = new AbortController();

beforeAll(async () => {
  nats = await startTestNats();
  bus = Bus.connect({
    url: nats.url,
    credential: nats.services,
    name: 'test',
    log: testLog(),
    signal: stopping.signal,
  });
  await bus.ensureTopology();
});

afterAll(async () => {
  stopping.abort();
  await bus.close();
  await nats.stop();
});

it('a message that cannot be handled comes again, after a longer wait each time', async () => {
  const times: number[] = [];
  void bus.work(
    stream,
    durable,
    { messages: 4, bytes: 1_000_000 },
    {
      handle: async () => {
        times.push(performance.now());
        throw new Error('never');
      },
    },
  );
  await bus.publish(subjects.report('agent-1', 'pod-status'), { type: eventType('pod-status'), source: '/test' }, '{}');
  await eventually(() => expect(times.length).toBeGreaterThan(4), 20_000);
  const waits = times.slice(1, 5).map((time, i) => time - (times[i] as number));
  // The back-off takes up to a quarter off 100, 200, 400 and 800 ms.
  for (const [i, wait] of waits.entries()) expect(wait).toBeGreaterThan(70 * 2 ** i);
});
