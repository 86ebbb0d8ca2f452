import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Bus } from '@everynode/bus';
import { CommitPublisher } from '@everynode/change-feed';
import { streams, subjects } from '@everynode/contract';
import { Reflector } from '@everynode/list-watch';
import { trustedMetadata } from '@everynode/objects';
import { Store } from '@everynode/store';
import {
  createDatabase,
  eventually,
  startTestNats,
  TcpProxy,
  type TestDatabase,
  type TestNats,
  testLog,
} from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Relay } from './relay.js';

/** Everything converges so soon after a fault, in ms; here even while it lasts. */
const PROMISED_MS = 10_000;

const log = testLog();
let database: TestDatabase;
let nats: TestNats;
let proxy: TcpProxy;
const stopping = new AbortController();
setMaxListeners(0, stopping.signal);
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  [database, nats] = await Promise.all([createDatabase(), startTestNats()]);
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: nats.port });
});

afterAll(async () => {
  stopping.abort();
  proxy.set({ name: 'pass' });
  for (const close of closers.reverse()) await close();
  await proxy.close();
  await nats.stop();
  await database.drop();
});

/** The store, the bus, the caches, the publisher and the relay of one scheduler. */
async function startReplica(natsUrl: string) {
  const { signal } = stopping;
  const store = new Store({ databaseUrl: database.url, log });
  await store.migrate();
  const bus = Bus.connect({ url: natsUrl, credential: nats.services, name: 'test', log, signal });
  await bus.ensureTopology();
  const resources = [
    { resource: 'pods' as const, kind: { apiVersion: 'v1', kind: 'Pod' } },
    { resource: 'nodes' as const, kind: { apiVersion: 'v1', kind: 'Node' } },
  ];
  const reflector = new Reflector({ bus, store, log, signal, resources });
  const publishing = { store, bus, reflector, source: '/everynode/test', log, signal };
  const publisher = new CommitPublisher(publishing);
  const stopPublishing = publisher.start();
  await reflector.start();
  const relaying = new Relay({ ...publishing, agentOf: (node) => publisher.agentOf(node) }).run();
  closers.push(
    () => store.close(),
    () => bus.close(),
    stopPublishing,
    () => relaying,
  );
  return { store, bus };
}

const create = (store: Store, resource: 'nodes' | 'pods', name: string, placement: string) => {
  const namespace = resource === 'pods' ? 'ns' : '';
  return store.write({
    key: { resource, namespace, name },
    reads: 'head',
    decide: () => ({
      kind: 'create',
      uid: randomUUID(),
      parts: { metadata: trustedMetadata(JSON.stringify({ name, namespace })), desired: '{"spec":{}}', observed: null },
      placement,
    }),
  });
};

it('leaves the relay to a replica that has the bus, which publishes what the other one commits', async () => {
  const cutOff = await startReplica(`nats://127.0.0.1:${proxy.port}`);
  const healthy = await startReplica(nats.url);
  const commands: string[] = [];
  void healthy.bus.follow(streams.commands.name, subjects.commandsOf('agent-1'), {
    onReset: () => undefined,
    onMessage: ({ body }) => void commands.push(body),
  });
  const reaches = (pod: string) =>
    eventually(() => expect(commands.some((body) => body.includes(`"name":"${pod}"`))).toBe(true), PROMISED_MS);
  await create(healthy.store, 'nodes', 'n', 'agent-1');
  await create(cutOff.store, 'pods', 'before', 'n');
  await reaches('before');
  proxy.set({ name: 'stall' });
  // As long as the connection counts as open, the writer tries to publish by itself.
  await create(cutOff.store, 'pods', 'hanging', 'n');
  await eventually(() => expect(cutOff.bus.trouble).toBe('not connected'), PROMISED_MS);
  await create(cutOff.store, 'pods', 'cut-off', 'n');
  await reaches('cut-off');
  // What was under way is in the journal, and the agent was asked to list its pods.
  expect(commands.some((body) => body.includes('"name":"hanging"') || body.includes('"pods":[]'))).toBe(true);
  proxy.set({ name: 'pass' });
  await eventually(() => expect(cutOff.bus.trouble).toBeUndefined());
  await create(cutOff.store, 'pods', 'back', 'n');
  await reaches('back');
}, 40_000);
