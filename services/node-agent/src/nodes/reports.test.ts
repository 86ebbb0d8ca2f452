import type { Bus } from '@everynode/bus';
import { type NodeHeartbeat, type NodeRegistered, parseEvent, subjects } from '@everynode/contract';
import { testLog } from '@everynode/test-kit';
import { describe, expect, it } from 'vitest';
import { chunks } from './chunks.js';
import type { Fleet } from './fleet.js';
import { Heartbeats } from './heartbeats.js';
import { nodesFrom } from './hosted-nodes.js';
import { registerNodes } from './registration.js';

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
    incarnation: 1_767_225_600_000,
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

describe('a registration', () => {
  it('names every node once, and is the same text when it is repeated', async () => {
    const { fleet, sent, names } = fleetOf(450);
    await registerNodes(fleet);
    const messages: NodeRegistered[] = sent.map(({ body }) => parseEvent('node-registered', body));
    expect(messages.map(({ nodes }) => nodes.length)).toEqual([200, 200, 50]);
    expect(messages.flatMap(({ nodes }) => nodes.map(({ name }) => name))).toEqual(names);
    await registerNodes(fleet);
    expect(sent.slice(3)).toEqual(sent.slice(0, 3));
  });

  it('is sent until the bus accepts it', async () => {
    const { fleet, sent } = fleetOf(1, 2);
    await registerNodes(fleet);
    expect(sent).toHaveLength(1);
  });
});
