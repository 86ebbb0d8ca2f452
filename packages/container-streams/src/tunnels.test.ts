import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { Bus } from '@everynode/bus';
import { inboxPrefix, type LogWanted } from '@everynode/contract';
import { eventually, startTestNats, type TestNats, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentTunnels } from './agent-tunnels.js';
import { ApiTunnels } from './api-tunnels.js';
import type { ContainerStreams } from './container-streams.js';
import { CHANNEL } from './tunnel/frame.js';
import { TunnelRefusedError } from './tunnel/tunnel.js';

const POD = { namespace: 'default', name: 'p', uid: 'u' };
/** A client that stays. */
const CLIENT = { user: 'one', signal: new AbortController().signal };
const LOG = { kind: 'log', follow: true, previous: false, timestamps: false, stream: 'All' } as const;

/** Logs by the name of their container: `endless`, `silent`, and others are refused. */
class Logs implements ContainerStreams {
  open = 0;
  async logs(_pod: unknown, { container }: LogWanted, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    if (container === 'endless') return this.#endless();
    if (container === 'silent') return this.#silent(signal);
    throw new TunnelRefusedError({ reason: 'BadRequest', message: 'no such log' });
  }
  async *#endless() {
    this.open += 1;
    try {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield Buffer.alloc(64 * 1024);
      }
    } finally {
      this.open -= 1;
    }
  }
  async *#silent(signal: AbortSignal) {
    this.open += 1;
    yield Buffer.from('begun');
    await once(signal, 'abort');
    this.open -= 1;
  }
  exec = (): Promise<never> => Promise.reject(new Error('none'));
  attach = this.exec;
  connectPort = this.exec;
  checkPorts = this.exec;
  usage = this.exec;
}

let nats: TestNats;
const stopping = new AbortController();
const { signal } = stopping;

beforeAll(async () => {
  nats = await startTestNats(['agent-1', 'agent-2']);
});

afterAll(async () => {
  stopping.abort();
  await nats.stop();
});

async function startAgent(agent: string) {
  const credential = await nats.addAgent(agent);
  const log = testLog();
  const made: Bus[] = [];
  const connect = () => {
    const bus = Bus.connect({ url: nats.url, credential, name: agent, inboxPrefix: inboxPrefix(agent), log, signal });
    made.push(bus);
    return bus;
  };
  const streams = new Logs();
  const bus = connect();
  const tunnels = new AgentTunnels({ agent, bus, connect, streams, nodes: [], log, isSuperseded: () => false });
  tunnels.start();
  await eventually(() => expect(bus.connected).toBe(true));
  return { tunnels, streams, made, bus };
}

async function startApi(openMs?: number) {
  const bus = Bus.connect({ url: nats.url, credential: nats.services, name: 'api', log: testLog(), signal });
  const tunnels = new ApiTunnels(bus, openMs === undefined ? {} : { openMs });
  tunnels.start();
  await eventually(() => expect(bus.connected).toBe(true));
  return { tunnels, bus };
}

describe('tunnels over the bus', () => {
  it('cost an agent no connection at rest, and one for all of them', async () => {
    const [agent, api] = [await startAgent('agent-1'), await startApi()];
    expect(agent.made).toHaveLength(1);
    const opened = await Promise.all(
      [1, 2, 3].map(() => api.tunnels.openTo('agent-1', { pod: POD, to: { ...LOG, container: 'silent' } }, CLIENT)),
    );
    expect(agent.made).toHaveLength(2);
    expect([agent.tunnels.open, api.tunnels.open]).toEqual([3, 3]);
    for (const tunnel of opened) tunnel.abort('the client is gone');
    await eventually(() => expect([agent.tunnels.open, agent.streams.open]).toEqual([0, 0]));
    await agent.tunnels.close();
  });

  it('are refused with the words of the agent, and where no agent answers', async () => {
    const [agent, api] = [await startAgent('agent-1'), await startApi(300)];
    const wrong = api.tunnels.openTo('agent-1', { pod: POD, to: { ...LOG, container: 'none' } }, CLIENT);
    await expect(wrong).rejects.toThrow('no such log');
    const unanswered = api.tunnels.openTo('agent-2', { pod: POD, to: { ...LOG, container: 'silent' } }, CLIENT);
    await expect(unanswered).rejects.toThrow('agent agent-2 did not answer');
    expect(api.tunnels.open).toBe(0);
    await agent.tunnels.close();
  });

  it('are bounded for each user, and end when the client leaves before the agent answers', async () => {
    const api = await startApi();
    const leaving = new AbortController();
    const open = (user: string) =>
      api.tunnels.openTo(
        'agent-2',
        { pod: POD, to: { ...LOG, container: 'silent' } },
        { user, signal: AbortSignal.any([leaving.signal]) },
      );
    const opening = Array.from({ length: 100 }, () => open('one'));
    await expect(open('one')).rejects.toMatchObject({ refusal: { reason: 'TooManyRequests' } });
    const other = open('other');
    expect(api.tunnels.open).toBe(101);
    leaving.abort();
    const settled = await Promise.allSettled([...opening, other]);
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(api.tunnels.open).toBe(0);
    await expect(open('one')).rejects.toThrow('the client is gone');
  });

  it('end at both ends when either stops, or loses its connection', async () => {
    const ways: [(ends: { agent: Agent; api: Api }) => unknown, string][] = [
      [({ agent }) => agent.tunnels.close(), 'the agent is stopping'],
      [({ agent }) => agent.made[1]?.close(), 'the connection of the agent to the bus was lost'],
      [({ api }) => api.bus.close(), 'the connection of the api to the bus was lost'],
    ];
    for (const [end, reason] of ways) {
      const [agent, api] = [await startAgent('agent-1'), await startApi()];
      const tunnel = await api.tunnels.openTo('agent-1', { pod: POD, to: { ...LOG, container: 'endless' } }, CLIENT);
      const reading = buffer(tunnel.readable(CHANNEL.stdout));
      reading.catch(() => undefined);
      await eventually(() => expect(agent.streams.open).toBe(1));
      await end({ agent, api });
      // What cannot be told is noticed by its silence.
      if (!reason.includes('agent to the bus')) await expect(reading).rejects.toThrow(reason);
      await agent.tunnels.close();
      await eventually(() => expect(agent.streams.open).toBe(0));
      api.tunnels.close();
    }
  });
});

type Agent = Awaited<ReturnType<typeof startAgent>>;
type Api = Awaited<ReturnType<typeof startApi>>;
