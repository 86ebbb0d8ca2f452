import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { runAgent } from './run-agent.js';

type Identity = Parameters<typeof runAgent>[0];

it('starts no agent that was ended before it began', async () => {
  const bus = { url: 'tls://127.0.0.1:1', credential: { credentialsFile: '/none', caFile: '/none' } };
  const identity = { path: tmpdir(), bus: () => Promise.resolve(bus) } as Identity;
  const settings = {
    runtime: 'simulated',
    state: undefined,
    images: undefined,
    hostRoots: undefined,
    evictionHard: undefined,
    drain: false,
  };
  const hosted = {
    agent: 'n1',
    nodes: ['n1'],
    nodesFile: '/none',
    labels: undefined,
    taints: undefined,
    startupTaints: undefined,
    settings,
  };
  expect(await runAgent(identity, hosted, AbortSignal.abort(), () => undefined)).toBe(0);
});
