import { connectionProof } from '@everynode/bus-credentials';
import { eventually, startTestNats, type TestNats, testLog } from '@everynode/test-kit';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bus } from './index.js';

/** Five questions of one process take 8 s. Two may ask at the same time. Four that ask for themselves take 2 s. */
const QUESTIONS = 5;
const LEAST_MS = 3000;

let nats: TestNats;
let connection: NatsConnection;
const stopping = new AbortController();
const buses: Bus[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  const credential = nats.services;
  connection = await connect({ servers: nats.url, ...(await connectionProof(credential)) });
  for (let i = 0; i < 4; i += 1) {
    buses.push(Bus.connect({ url: nats.url, credential, name: `${i}`, log: testLog(), signal: stopping.signal }));
  }
  await Promise.all(buses.map((bus) => bus.ensureTopology()));
});

afterAll(async () => {
  stopping.abort();
  await Promise.all(buses.map((bus) => bus.close()));
  await connection.close();
  await nats.stop();
});

it('is asked for by one process for all, and by another one when that is gone', async () => {
  const asked: number[] = [];
  connection.subscribe('$JS.API.STREAM.LIST', { callback: () => void asked.push(performance.now()) });
  await eventually(() => expect(asked.length).toBeGreaterThanOrEqual(QUESTIONS), 20_000);
  expect((asked[QUESTIONS - 1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(LEAST_MS);
  await Promise.all(buses.slice(0, 3).map((bus) => bus.close()));
  const before = asked.length;
  await eventually(() => expect(asked.length).toBeGreaterThan(before + 1), 10_000);
  expect(buses[3]?.trouble).toBeUndefined();
});
