import { connectionProof } from '@everynode/bus-credentials';
import { consumers, eventType, inboxPrefix, streams, subjects } from '@everynode/contract';
import { eventually, startTestNats, type TestNats, testLog } from '@everynode/test-kit';
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Bus } from './index.js';

// What the owner of one agent's credential can do to others. The server checks the subject of a message and never its
// reply subject, so an answer is published with the rights of the one that answers.

const log = testLog();
const event = { type: eventType('pod-assigned'), source: '/test' };
const names = Object.values(streams).map(({ name }) => name);
const REPORT = subjects.report('agent-1', 'pod-status');
const HEARTBEAT = subjects.heartbeat('agent-1', 0);
const FETCH = subjects.request('agent-1', 'fetch-pods');

let nats: TestNats;
let services: Bus;
let admin: JetStreamManager;
let observer: NatsConnection;
let attacker: NatsConnection;
let victim: NatsConnection;
const stopping = new AbortController();
/** Subjects of all that was published in the account of the services, and of all that the victim has received. */
const published: string[] = [];
const received: string[] = [];
/** What the server has told the attacker. */
const refusals: string[] = [];

const as = async (agent: string) =>
  connect({
    servers: nats.url,
    ...(await connectionProof(await nats.addAgent(agent))),
    inboxPrefix: inboxPrefix(agent),
    reconnect: false,
  });

beforeAll(async () => {
  nats = await startTestNats(['agent-1', 'agent-2']);
  services = Bus.connect({ url: nats.url, credential: nats.services, name: 'services', log, signal: stopping.signal });
  await services.ensureTopology();
  services.respond(subjects.allRequests('fetch-pods'), 'test', (_subject, body) => Promise.resolve(body));
  observer = await connect({ servers: nats.url, ...(await connectionProof(nats.services)) });
  admin = await jetstreamManager(observer);
  observer.subscribe('>', { callback: (_error, { subject }) => void published.push(subject) });
  [attacker, victim] = await Promise.all([as('agent-1'), as('agent-2')]);
  void (async () => {
    for await (const status of attacker.status()) if (status.type === 'error') refusals.push(String(status.error));
  })();
  for (const subject of [
    `${inboxPrefix('agent-2')}.>`,
    subjects.commandsOf('agent-2'),
    subjects.receiptsOf('agent-2'),
  ]) {
    victim.subscribe(subject, { callback: (_error, message) => void received.push(message.subject) });
  }
  await victim.flush();
  for (const [subject, body] of [
    [subjects.command('agent-1', 'pod-assigned'), 'a'],
    [subjects.objectsChanged, 'b'],
    [subjects.manifestApplied('daemonsets.apps', 'default'), 'c'],
  ] as const) {
    await services.publish(subject, event, body);
  }
  await observer.flush();
  await victim.flush();
});

afterAll(async () => {
  stopping.abort();
  await Promise.all([attacker.close(), victim.close(), observer.close(), services.close()]);
  await nats.stop();
});

beforeEach(() => {
  published.length = 0;
  received.length = 0;
  refusals.length = 0;
});

/** Resolves when the server has dealt with all that the attacker sent, answers included. */
async function settled(): Promise<void> {
  for (let i = 0; i < 2; i += 1) {
    await jetstream(attacker).publish(REPORT, 'settled');
    expect((await attacker.request(FETCH, 'settled', { timeout: 5000 })).string()).toBe('settled');
    await observer.flush();
    await victim.flush();
  }
}

const messagesIn = async (stream: string) => (await admin.streams.info(stream)).state.messages;

describe('an answer goes to no subject of the sender’s choice', () => {
  const targets = () => [
    subjects.objectsChanged,
    subjects.manifestApplied('daemonsets.apps', 'default'),
    subjects.command('agent-2', 'pod-assigned'),
    subjects.receipt('agent-2', 'report-stored'),
    subjects.report('agent-2', 'pod-status'),
    `${inboxPrefix('agent-2')}.x.1`,
    ...names.map((name) => `$JS.API.STREAM.PURGE.${name}`),
    ...names.map((name) => `$JS.API.STREAM.DELETE.${name}`),
    '$JS.API.ACCOUNT.PURGE.$G',
    `$JS.API.CONSUMER.DELETE.${consumers.ingest.stream}.${consumers.ingest.durable}`,
    '$SYS.REQ.CLAIMS.DELETE',
  ];

  it.each([
    ['the acknowledgement of a report', REPORT],
    ['the acknowledgement of a heartbeat', HEARTBEAT],
    ['the answer of a scheduler', FETCH],
  ])('%s', async (_what, subject) => {
    const kept = await Promise.all(
      [streams.commands, streams.journal, streams.manifests].map((s) => messagesIn(s.name)),
    );
    for (const reply of targets()) attacker.publish(subject, '{"pods":"of the attacker"}', { reply });
    await settled();
    expect(received).toEqual([]);
    // What it sent is published, what is answered to subjects of the server's choice, and what this test asks itself.
    const own = /^(everynode\.v1\.agent\.agent-1\.|_|\$JS\.API\.STREAM\.INFO\.|\$JS\.EVENT\.ADVISORY\.API$)/;
    expect(published.filter((one) => !own.test(one))).toEqual([]);
    expect((await admin.streams.names().next()).sort()).toEqual([...names].sort());
    expect(
      await Promise.all([streams.commands, streams.journal, streams.manifests].map((s) => messagesIn(s.name))),
    ).toEqual(kept);
    expect((await admin.consumers.info(consumers.ingest.stream, consumers.ingest.durable)).name).toBe('ingest');
  });

  it('and none of the services’ own account either, unless it is the inbox of the agent that is asked for', async () => {
    const answers: string[] = [];
    const question = subjects.request('agent-2', 'fetch-pods');
    observer.subscribe('elsewhere', { callback: (_error, message) => void answers.push(message.string()) });
    observer.publish(question, 'dropped', { reply: 'elsewhere' });
    observer.publish(question, 'dropped');
    await settled();
    expect(answers).toEqual([]);
  });
});

describe('an agent may not', () => {
  const foreign = [
    subjects.command('agent-1', 'pod-assigned'),
    subjects.receipt('agent-1', 'report-stored'),
    subjects.report('agent-2', 'pod-status'),
    subjects.heartbeat('agent-2', 0),
    subjects.request('agent-2', 'list-pods'),
    subjects.tunnelUp('agent-2', 'abcd'),
    subjects.tunnelWanted('agent-1'),
    subjects.tunnelDown('agent-1', 'abcd'),
    subjects.objectsChanged,
    subjects.manifestApplied('nodes', ''),
    'everynode.v1.agent.agent-1.report.made-up',
    subjects.heartbeat('agent-1', 16),
    `${inboxPrefix('agent-2')}.x`,
    '_INBOX.x',
    '_R_.x',
    '$JS.API.INFO',
    `$JS.API.STREAM.PURGE.${streams.reports.name}`,
    '$JS.API.ACCOUNT.PURGE.$G',
    `$JS.API.CONSUMER.MSG.NEXT.${consumers.ingest.stream}.${consumers.ingest.durable}`,
    `$JS.API.CONSUMER.CREATE.${streams.commands.name}.c.${subjects.commandsOf('agent-1')}`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${streams.journal.name}.d`,
    `$JS.API.STREAM.MSG.GET.${streams.journal.name}`,
    `$JS.ACK.${streams.reports.name}.${consumers.ingest.durable}.1.1.1.1.1`,
    '$SYS.REQ.CLAIMS.UPDATE',
    '$SYS.REQ.ACCOUNT.PING.CONNZ',
  ];

  it.each(foreign)('publish to %s', async (subject) => {
    attacker.publish(subject, '{}', { reply: `${inboxPrefix('agent-1')}.y` });
    await settled();
    expect(refusals.filter((text) => text.includes(subject))).toHaveLength(1);
    expect(published).not.toContain(subject);
  });

  it.each([
    '>',
    '_INBOX.>',
    '_R_.>',
    '$JS.>',
    '$SYS.>',
    `${inboxPrefix('agent-2')}.>`,
    subjects.tunnelsDownTo('agent-2'),
    subjects.tunnelUp('*', 'abcd'),
    subjects.objectsChanged,
    subjects.allManifests,
    subjects.allReports,
    subjects.allHeartbeats,
    subjects.allCommands,
    subjects.commandsOf('agent-2'),
    subjects.receiptsOf('agent-2'),
    subjects.requestsOf('agent-1'),
    'everynode.>',
  ])('subscribe to %s', async (subject) => {
    const refusal = await new Promise((resolve) => attacker.subscribe(subject, { callback: resolve }));
    expect(String(refusal)).toMatch(/permission/i);
  });

  it('put its messages before those of others by a message id of theirs', async () => {
    const before = await messagesIn(streams.reports.name);
    await jetstream(attacker).publish(REPORT, 'first', { msgID: 'the same' });
    const second = await jetstream(victim).publish(subjects.report('agent-2', 'pod-status'), 'second');
    expect(second.duplicate).not.toBe(true);
    expect(await messagesIn(streams.reports.name)).toBe(before + 2);
  });
});

describe('what an agent takes is limited', () => {
  it('to 16 connections, and others notice nothing of more', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 40 }, () => as('agent-1')));
    const open = tries.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(open.length).toBe(15);
    await (await as('agent-2')).close();
    await Promise.all(open.map((connection) => connection.close()));
    await eventually(async () => (await as('agent-1')).close());
  });

  it('to 32 subscriptions of a connection', async () => {
    const greedy = await as('agent-1');
    const errors: string[] = [];
    void (async () => {
      for await (const status of greedy.status()) if (status.type === 'error') errors.push(String(status.error));
    })();
    for (let i = 0; i < 3000; i += 1) greedy.subscribe(`${inboxPrefix('agent-1')}.${i}`);
    await eventually(() => expect(errors.join()).toMatch(/maximum subscriptions exceeded/i));
    await greedy.close();
    await settled();
  });

  it('to messages of 1 MB', async () => {
    const loud = await as('agent-1');
    const closed = loud.closed();
    // An attacker's client does not keep to what the server says.
    if (loud.info) loud.info.max_payload = 8 * 1024 * 1024;
    loud.publish(REPORT, new Uint8Array(1024 * 1024 + 1));
    expect(String(await closed)).toMatch(/maximum payload/i);
    await settled();
  });
});
