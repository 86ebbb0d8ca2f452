import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Follower } from '@everynode/bus';
import { systemClock } from '@everynode/pod-runtime';
import { SimulatedStreams } from '@everynode/pod-runtime/simulated';
import { testLog } from '@everynode/test-kit';
import { expect, it, vi } from 'vitest';
import { NODE } from '../fixtures/pod-sync-setup.js';
import { Agent } from './agent.js';

it('registers its nodes twice at most, however often delivery begins again while a registration is under way', async () => {
  const stopping = new AbortController();
  /** Accepts the registration with this number. */
  const accepts: (() => void)[] = [];
  let isGated = true;
  let follower: Follower | undefined;
  const agent = new Agent({
    agent: 'agent-1',
    nodes: [NODE],
    incarnation: 1,
    heartbeatSeconds: 60,
    bus: {
      publish: async (subject) => {
        if (!subject.endsWith('node-registered')) return;
        await new Promise<void>((resolve) => {
          accepts.push(resolve);
          if (!isGated) resolve();
        });
      },
      request: async () => JSON.stringify({ revision: 1, more: false, pods: [] }),
      subscribe: async (_subject, by) => {
        follower = by;
      },
      listen: () => undefined,
    },
    runtime: () => ({
      start: () => undefined,
      stop: () => undefined,
      forget: () => undefined,
      counts: () => new Map(),
      found: () => [],
      pods: () => [],
      streams: new SimulatedStreams(
        () => undefined,
        systemClock,
        () => [],
      ),
      close: () => undefined,
    }),
    log: testLog(),
    signal: stopping.signal,
  });
  const started = agent.start();
  accepts[0]?.();
  await started;
  for (let i = 0; i < 10; i += 1) follower?.onReset();
  await vi.waitFor(() => expect(accepts).toHaveLength(2));
  // From here on the bus accepts at once, so all that waits is done when this turn of the event loop is over.
  isGated = false;
  accepts[1]?.();
  await nextTurn();
  expect(accepts).toHaveLength(3);
  stopping.abort();
  await agent.close();
});
