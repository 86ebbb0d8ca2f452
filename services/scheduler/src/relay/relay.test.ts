import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Bus } from '@everynode/bus';
import { CommitPublisher } from '@everynode/change-feed';
import { agentOfSubject, streams, subjects } from '@everynode/contract';
import { type ObjectChange, Reflector } from '@everynode/list-watch';
import { type ResourceName, trustedMetadata } from '@everynode/objects';
import { Store } from '@everynode/store';
import {
  createDatabase,
  eventually,
  startTestNats,
  type TestDatabase,
  type TestNats,
  testLog,
} from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Relay } from './relay.js';

const log = testLog();
const kind = { apiVersion: 'v1', kind: 'Pod' };

let database: TestDatabase;
let nats: TestNats;
let store: Store;
let bus: Bus;
const stopping = new AbortController();
// Every reader listens for the stop.
setMaxListeners(0, stopping.signal);
const running: Promise<unknown>[] = [];
let stopPublishing: () => Promise<void>;

beforeAll(async () => {
  [database, nats] = await Promise.all([createDatabase(), startTestNats(['agent-1'])]);
  store = new Store({ databaseUrl: database.url, log });
  await store.migrate();
  bus = connectBus();
  await bus.ensureTopology();
  const reflector = newReflector();
  const { signal } = stopping;
  const publishing = { store, bus, reflector, source: '/everynode/test', log, signal };
  const publisher = new CommitPublisher(publishing);
  stopPublishing = publisher.start();
  await reflector.start();
  const agentOf = (node: string) => publisher.agentOf(node);
  // Two candidates: one leads, the other waits.
  for (let i = 0; i < 2; i += 1) running.push(new Relay({ ...publishing, agentOf }).run());
});

afterAll(async () => {
  stopping.abort();
  await Promise.all(running);
  await stopPublishing();
  await bus.close();
  await store.close();
  await nats.stop();
  await database.drop();
});

function connectBus(): Bus {
  return Bus.connect({ url: nats.url, credential: nats.services, name: 'test', log, signal: stopping.signal });
}

function newReflector(): Reflector {
  const { signal } = stopping;
  const nodes = { apiVersion: 'v1', kind: 'Node' };
  return new Reflector({
    bus,
    store,
    log,
    signal,
    resources: [
      { resource: 'pods', kind },
      { resource: 'nodes', kind: nodes },
    ],
  });
}

async function follow(): Promise<{ reflector: Reflector; seen: ObjectChange[] }> {
  const seen: ObjectChange[] = [];
  const reflector = newReflector();
  reflector.addListener({ onChanges: (changes) => seen.push(...changes) });
  await reflector.start();
  return { reflector, seen };
}

const writeNode = (name: string, agent: string) =>
  store.write({
    key: { resource: 'nodes', namespace: '', name },
    reads: 'head',
    decide: () => ({
      kind: 'create',
      uid: randomUUID(),
      parts: { metadata: trustedMetadata(`{"name":"${name}"}`), desired: '{"spec":{}}', observed: null },
      placement: agent,
    }),
  });

const writePod = (name: string, placement: string | null = null, by = store) =>
  by.write({
    key: { resource: 'pods', namespace: 'ns', name },
    reads: 'head',
    decide: () => ({
      kind: 'create',
      uid: randomUUID(),
      parts: {
        metadata: trustedMetadata(`{"name":"${name}","namespace":"ns"}`),
        desired: '{"spec":{}}',
        observed: '{"phase":"Pending"}',
      },
      placement,
    }),
  });

const setPhase = (name: string, phase: string) =>
  store.write({
    key: { resource: 'pods', namespace: 'ns', name },
    reads: 'head',
    decide: () => ({ kind: 'update', parts: { observed: JSON.stringify({ phase }) } }),
  });

describe('the way from a commit to a cache', () => {
  it('brings every change once, in order, with the parts that a change left out', async () => {
    const { reflector, seen } = await follow();
    for (let i = 0; i < 50; i += 1) await writePod(`ordered-${i}`);
    const last = await Promise.all(Array.from({ length: 50 }, (_, i) => setPhase(`ordered-${i}`, 'Running')));
    await reflector.waitFor(Math.max(...last.map((result) => result.revision)));
    const revisions = seen.map((change) => change.revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(new Set(revisions).size).toBe(revisions.length);
    const pod = reflector.cache('pods').get('ns', 'ordered-7');
    expect(pod?.object).toMatchObject({ kind: 'Pod', metadata: { name: 'ordered-7' }, status: { phase: 'Running' } });
  });

  it('goes on after the bus came back empty, without a gap', async () => {
    const { reflector, seen } = await follow();
    await reflector.waitFor((await writePod('before-outage')).revision);
    const back = nats.restartEmpty();
    await eventually(() => expect(bus.connected).toBe(false));
    const missed = await writePod('during-outage');
    await back;
    await eventually(() => expect(bus.connected).toBe(true));
    const after = await writePod('after-outage');
    await reflector.waitFor(after.revision);
    const names = seen.map((change) => change.current.record.name);
    expect(names.filter((name) => name.endsWith('-outage'))).toEqual([
      'before-outage',
      'during-outage',
      'after-outage',
    ]);
    expect(missed.revision).toBeLessThan(after.revision);
  });

  it('brings what a writer committed and did not live to publish', async () => {
    const { reflector } = await follow();
    const dying = new Store({ databaseUrl: database.url, log });
    const received: string[] = [];
    void bus.follow(streams.commands.name, subjects.commandsOf('agent-1'), {
      onReset: () => undefined,
      onMessage: ({ body }) => void received.push(body),
    });
    await reflector.waitFor((await writeNode('of-the-dead', 'agent-1')).revision);
    const { revision } = await writePod('orphan', 'of-the-dead', dying);
    await dying.close();
    await reflector.waitFor(revision);
    await eventually(() => expect(received.some((body) => body.includes('"name":"orphan"'))).toBe(true));
  });

  it('sends an agent the pods of its nodes, and no others', async () => {
    const received: { subject: string; names: string[] }[] = [];
    void bus.follow('EVERYNODE_COMMANDS', subjects.commandsOf('agent-1'), {
      onReset: () => undefined,
      onMessage: ({ subject, body }) => {
        const { pods } = JSON.parse(body) as { pods: { metadata?: { name: string }; name?: string }[] };
        received.push({ subject, names: pods.map((pod) => pod.metadata?.name ?? pod.name ?? '') });
      },
    });
    await Promise.all([writeNode('mine', 'agent-1'), writeNode('other', 'agent-2')]);
    await Promise.all([writePod('on-mine', 'mine'), writePod('on-other', 'other')]);
    await eventually(() => expect(received.flatMap(({ names }) => names)).toEqual(['on-mine']));
    await setPhase('on-mine', 'Running');
    await store.write({
      key: { resource: 'pods', namespace: 'ns', name: 'on-mine' },
      reads: 'head',
      decide: () => ({
        kind: 'update',
        parts: { metadata: trustedMetadata('{"name":"on-mine","namespace":"ns","deletionGracePeriodSeconds":7}') },
        deleting: true,
      }),
    });
    await eventually(() =>
      expect(received).toEqual([
        { subject: subjects.command('agent-1', 'pod-assigned'), names: ['on-mine'] },
        { subject: subjects.command('agent-1', 'pod-terminating'), names: ['on-mine'] },
      ]),
    );
  });

  it('asks agents to list their pods after their commands were purged', async () => {
    const asked: string[] = [];
    void bus.follow(streams.commands.name, subjects.allCommands, {
      onReset: () => undefined,
      onMessage: ({ subject, body }) => void (body.includes('"pods":[]') && asked.push(agentOfSubject(subject) ?? '')),
    });
    // One whose node was moved away while no relay led.
    await store.takeIncarnation('without-nodes', 'process');
    const { reflector } = await follow();
    await reflector.waitFor((await writeNode('purged', 'agent-1')).revision);
    await reflector.waitFor((await writePod('purged-pod', 'purged')).revision);
    const ofCommands = (question: string) =>
      bus.request(`$JS.API.STREAM.${question}.${streams.commands.name}`, '', 2000);
    await eventually(async () => expect(await ofCommands('INFO')).not.toContain('"messages":0'));
    asked.length = 0;
    await ofCommands('PURGE');
    await eventually(() => expect(asked).toEqual(expect.arrayContaining(['agent-1', 'without-nodes'])), 5000);
  });

  it('asks both agents to list their pods when a node is moved', async () => {
    const asked: string[] = [];
    void bus.follow(streams.commands.name, subjects.allCommands, {
      onReset: () => undefined,
      onMessage: ({ subject, body }) => void (body.includes('"pods":[]') && asked.push(agentOfSubject(subject) ?? '')),
    });
    const { reflector } = await follow();
    await reflector.waitFor((await writeNode('moves', 'agent-1')).revision);
    const move = (placement: string) =>
      store.write({
        key: { resource: 'nodes', namespace: '', name: 'moves' },
        reads: 'head',
        decide: () => ({ kind: 'update', parts: {}, placement }),
      });
    await move('agent-2');
    await eventually(() => expect(asked.toSorted()).toEqual(['agent-1', 'agent-2']));
  });

  it('sends an agent the end of pods that outlive their node', async () => {
    const received: string[] = [];
    void bus.follow(streams.commands.name, subjects.commandsOf('agent-1'), {
      onReset: () => undefined,
      onMessage: ({ subject, body }) => void (subject.endsWith('pod-terminating') && received.push(body)),
    });
    const { reflector } = await follow();
    await writeNode('leaving', 'agent-1');
    await reflector.waitFor((await writePod('left-behind', 'leaving')).revision);
    const remove = (resource: ResourceName, namespace: string, name: string) =>
      store.write({ key: { resource, namespace, name }, reads: 'head', decide: () => ({ kind: 'delete' }) });
    await reflector.waitFor((await remove('nodes', '', 'leaving')).revision);
    await remove('pods', 'ns', 'left-behind');
    await eventually(() => expect(received.join()).toContain('"name":"left-behind"'));
  });

  it('lists again when the journal does not reach back', async () => {
    const { reflector } = await follow();
    await reflector.waitFor((await writePod('kept')).revision);
    for (let i = 0; i < 10; i += 1) await writePod(`compacted-${i}`);
    const late = new Reflector({
      bus: { follow: async () => undefined, trouble: 'not connected' },
      store: {
        openChange: store.openChange,
        readSnapshot: (resources, onPage) => store.readSnapshot(resources, onPage),
        currentRevision: () => store.currentRevision(),
        journalAfter: async (revision, limit) => {
          await store.compact({ maxAgeSeconds: 3600, maxRows: 1, minRows: 1 });
          return await store.journalAfter(revision, limit);
        },
      },
      log,
      signal: stopping.signal,
      resources: [{ resource: 'pods', kind }],
    });
    let relisted = 0;
    late.addListener({ onChanges: () => undefined, onRelisted: () => (relisted += 1) });
    await late.start();
    await writePod('one');
    const { revision } = await writePod('two');
    await late.waitFor(revision);
    expect(relisted).toBe(1);
    expect(late.cache('pods').size).toBe(reflector.cache('pods').size);
  });
});
