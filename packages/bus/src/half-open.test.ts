import { eventType, subjects } from '@everynode/contract';
import { eventually, startTestNats, TcpProxy, type TestNats, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bus, BusUnavailableError } from './index.js';

/** How soon after the end of a fault everything is as before, in ms. */
const PROMISED_MS = 10_000;

const log = testLog();
const event = { type: eventType('pod-assigned'), source: '/test' };
const command = subjects.command('agent-1', 'pod-assigned');

let nats: TestNats;
let proxy: TcpProxy;
let services: Bus;
let agent: Bus;
const stopping = new AbortController();

beforeAll(async () => {
  nats = await startTestNats(['agent-1']);
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: nats.port });
  const { signal } = stopping;
  services = Bus.connect({ credential: nats.services, url: nats.url, name: 'services', log, signal });
  await services.ensureTopology();
  const url = `nats://127.0.0.1:${proxy.port}`;
  agent = Bus.connect({
    credential: await nats.addAgent('agent-1'),
    url,
    inboxPrefix: '_INBOX_agent-1',
    name: 'agent',
    log,
    signal,
  });
});

afterAll(async () => {
  stopping.abort();
  proxy.set({ name: 'pass' });
  await Promise.all([services.close(), agent.close()]);
  await proxy.close();
  await nats.stop();
});

it('is noticed over a network that takes nothing, and is over soon after', async () => {
  const received: string[] = [];
  let resets = 0;
  void agent.subscribe(subjects.commandsOf('agent-1'), {
    onReset: () => {
      resets += 1;
    },
    onMessage: ({ body }) => void received.push(body),
  });
  await eventually(() => expect(resets).toBe(1));
  proxy.set({ name: 'stall' });
  // More than all buffers on the way hold, so that the socket is never drained.
  const report = subjects.report('agent-1', 'pod-status');
  const stuck = Promise.allSettled(Array.from({ length: 40 }, () => agent.publish(report, event, 'x'.repeat(500_000))));
  await eventually(() => expect(agent.trouble).toBeDefined(), 5000);
  await eventually(() => expect(agent.connected).toBe(false));
  // What waited is rejected, and what comes now is not held up.
  expect((await stuck).filter(({ status }) => status === 'rejected')).not.toHaveLength(0);
  await expect(agent.publish(report, event, 'now')).rejects.toThrow(BusUnavailableError);
  await services.publish(command, event, 'missed');
  proxy.set({ name: 'pass' });
  await eventually(() => expect(resets).toBeGreaterThan(1), PROMISED_MS);
  await services.publish(command, event, 'after');
  await eventually(() => expect(received).toContain('after'));
  await agent.publish(report, event, 'again');
  expect(agent.trouble).toBeUndefined();
});
