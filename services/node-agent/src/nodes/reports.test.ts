import type { Bus } from '@everynode/bus';
import { type NodeHeartbeat, type NodeRegistered, parseEvent, subjects } from '@everynode/contract';
import { testLog } from '@everynode/test-kit';
import { describe, expect, it, vi } from 'vitest';
import { SentMessages } from '../reports/sent-messages.js';
import { chunks } from './chunks.js';
import type { Fleet } from './fleet.js';
import { Heartbeats } from './heartbeats.js';
import { nodesFrom } from './hosted-nodes.js';
import { Registration } from './registration.js';

/** A fleet whose bus keeps messages, after it has refused the first `failures`. */
function fleetOf(count: number, failures = 0) {
  const sent: { subject: string; body: string }[] = [];
  let left = failures;
  const publish: Bus['publish'] = async (subject, _event, body) => {
    if (left > 0) {
      left -= 1;
      throw new Error('the bus is away');
    }
    sent.push({ subject, body: body.toString() });
  };
  const nodes = nodesFrom({ generate: { count } });
  const signal = new AbortController().signal;
  const fleet: Fleet = {
    agent: 'agent-1',
    incarnation: 1_767_225_600,
    startedAt: 1_767_225_600_000,
    nodes,
    bus: { publish },
    log: testLog(),
    signal,
  };
  return { fleet, sent, names: nodes.map(({ name }) => name) };
}

describe('chunks', () => {
  it.each([
    { length: 0, sizes: [] },
    { length: 2, sizes: [2] },
    { length: 3, sizes: [3] },
    { length: 7, sizes: [3, 3, 1] },
  ])('of $length items, three at a time', ({ length, sizes }) => {
    const items = Array.from({ length }, (_, i) => i);
    const cut = chunks(items, 3);
    expect(cut.map((chunk) => chunk.length)).toEqual(sizes);
    expect(cut.flat()).toEqual(items);
  });
});

describe('a heartbeat', () => {
  it('names every node once, in numbered messages', async () => {
    const { fleet, sent, names } = fleetOf(4500);
    await new Heartbeats(fleet, 10).now();
    expect(sent.map(({ subject }) => subject)).toEqual([0, 1, 2].map((part) => subjects.heartbeat('agent-1', part)));
    const beats: NodeHeartbeat[] = sent.map(({ body }) => parseEvent('node-heartbeat', body));
    expect(beats.flatMap(({ nodes }) => nodes)).toEqual(names);
    expect(beats[0]?.incarnation).toBe(fleet.incarnation);
  });

  it('that is lost does not reject', async () => {
    const { fleet, sent } = fleetOf(1, 1);
    await new Heartbeats(fleet, 10).now();
    expect(sent).toEqual([]);
  });
});

/** The registration of a fleet, and what became of it. */
function registrationOf(count: number, failures = 0) {
  const parts = fleetOf(count, failures);
  const messages = new SentMessages();
  const registered = { times: 0 };
  const registration = new Registration(parts.fleet, messages, () => {
    registered.times += 1;
  });
  const bodies = (): NodeRegistered[] => parts.sent.map(({ body }) => parseEvent('node-registered', body));
  return { ...parts, messages, registration, registered, bodies };
}

describe('a registration', () => {
  it('names every node once, and says the same when it is repeated, in messages of their own', async () => {
    const { bodies, names, registration, messages } = registrationOf(450);
    await registration.register();
    expect(bodies().map(({ nodes }) => nodes.length)).toEqual([200, 200, 50]);
    expect(bodies().flatMap(({ nodes }) => nodes.map(({ name }) => name))).toEqual(names);
    await registration.register();
    const [first, second] = [bodies().slice(0, 3), bodies().slice(3)];
    expect(second.map(({ nodes }) => nodes)).toEqual(first.map(({ nodes }) => nodes));
    expect([...first, ...second].map(({ message }) => message)).toEqual([1, 2, 3, 4, 5, 6]);
    // The first messages say nothing that the others do not say.
    expect(messages.size).toBe(3);
  });

  it('is sent until the bus accepts it', async () => {
    const { sent, registration } = registrationOf(1, 2);
    await registration.register();
    expect(sent).toHaveLength(1);
  });

  it('is complete when the store has acknowledged all of it, and sends again what the bus has lost', async () => {
    const { bodies, registration, messages, registered } = registrationOf(300);
    await registration.register();
    messages.stored(2);
    expect(registered.times).toBe(0);
    await vi.waitFor(() => {
      messages.check();
      expect(bodies()).toHaveLength(3);
    }, 10_000);
    expect(bodies()[2]?.nodes).toEqual(bodies()[0]?.nodes);
    messages.stored(3);
    expect(registered.times).toBe(1);
    expect(messages.size).toBe(0);
  });
});
