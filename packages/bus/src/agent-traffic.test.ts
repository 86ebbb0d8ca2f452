import { subjects } from '@everynode/contract';
import { connectRaw, type RawClient } from '@everynode/local-stack/testing';
import { eventually, startTestNats, type TestNats, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AgentTraffic } from './agent-traffic.js';

let nats: TestNats;
let honest: RawClient;
const suspended: string[] = [];
const stopping = new AbortController();

const rates = { messagesPerSecond: 50, bytesPerSecond: 200_000 };

function watch(firstMs: number, signal: AbortSignal): Promise<void> {
  const onSuspended = (agent: string) => void suspended.push(agent);
  return new AgentTraffic({ accounts: nats.accounts, rates, firstMs, log: testLog(), signal, onSuspended }).run();
}

const connected = async (agent: string): Promise<RawClient> => connectRaw(nats.url, await nats.addAgent(agent));

beforeAll(async () => {
  nats = await startTestNats(['honest', 'many', 'large']);
  honest = await connected('honest');
  void watch(2000, stopping.signal);
});

afterAll(async () => {
  stopping.abort();
  await honest.close();
  await nats.stop();
});

it.each([
  ['many', 'messages', 5000, '{}'],
  ['large', 'bytes', 10, 'x'.repeat(500_000)],
])('an agent that sends too %s is cut off, and connects again after a while', async (agent, _what, count, body) => {
  const noisy = await connected(agent);
  let isClosed = false;
  const closed = noisy.closed.then(() => {
    isClosed = true;
  });
  // From the first look on what an agent sends counts, and an honest one is left alone.
  await eventually(() => {
    honest.publish(subjects.report('honest', 'pod-status'), '{}');
    for (let i = 0; i < count && !isClosed; i += 1) noisy.publish(subjects.heartbeat(agent, 0), body);
    expect(suspended).toContain(agent);
  }, 10_000);
  await closed;
  await expect(connected(agent)).rejects.toThrow(/connections exceeded/i);
  await honest.flush();
  const again = await eventually(() => connected(agent), 10_000);
  await again.close();
  expect(suspended).not.toContain('honest');
});

it('what one process has suspended, the next one resumes', async () => {
  await nats.accounts.suspend('many', Date.now() / 1000 + 1);
  await expect(connected('many')).rejects.toThrow(/connections exceeded/i);
  // A credential that is issued meanwhile opens nothing.
  await nats.accounts.enrol('many');
  await expect(connected('many')).rejects.toThrow(/connections exceeded/i);
  const next = new AbortController();
  const watching = watch(2000, next.signal);
  const again = await eventually(() => connected('many'), 10_000);
  await again.close();
  next.abort();
  await watching;
});
