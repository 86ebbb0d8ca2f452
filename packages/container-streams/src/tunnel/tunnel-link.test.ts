import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TunnelLink } from './tunnel-link.js';

const OLD = 'a'.repeat(32);
const NEW = 'b'.repeat(32);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('an agent that was started again', () => {
  it('has none of the tunnels of the process before, and those of its own go on', async () => {
    let agent: TunnelLink;
    const api = new TunnelLink({ send: (_peer, bytes) => agent.receive('api', bytes), nameOf: (peer) => peer });
    const newAgent = () =>
      new TunnelLink({ send: (_peer, bytes) => api.receive('agent', bytes), nameOf: (peer) => peer });
    const open = (id: string) => {
      const [near, far] = [api.begin(id, 'agent'), agent.begin(id, 'api')];
      far.accept();
      return near;
    };
    agent = newAgent();
    const old = open(OLD);
    const lost = expect(old.result).rejects.toThrow('unknown');
    await vi.advanceTimersByTimeAsync(6000);
    expect(api.size).toBe(1);
    agent.loseAll('killed');
    agent = newAgent();
    const own = open(NEW);
    await vi.advanceTimersByTimeAsync(6000);
    await lost;
    expect(api.has(NEW)).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(api.size).toBe(1);
    own.abort('done');
    expect([api.size, agent.size]).toEqual([0, 0]);
  });
});
