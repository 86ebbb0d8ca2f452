import { inboxPrefix, subjects } from '@everynode/contract';
import { eventually, startTestNats, type TestNats } from '@everynode/test-kit';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { agentUserJwt } from './accounts.js';
import { authorityOf, createAuthoritySecret } from './bus-authority.js';
import { connectionProof, proofOf } from './credential.js';
import { createNkey, type Nkey } from './nkey.js';

/** Within this time a revocation closes connections, in ms. */
const PROMISED_MS = 2000;

let nats: TestNats;
const open: NatsConnection[] = [];

beforeAll(async () => {
  nats = await startTestNats(['agent-1', 'agent-2']);
});

afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  await nats.stop();
});

const issue = (agent: string, key: Nkey, expires = Date.now() + 60_000, authority = nats.authority) =>
  agentUserJwt(authority, { agent, publicKey: key.publicKey, now: Date.now(), expires });

async function connected(agent: string, key: Nkey, jwt: string): Promise<NatsConnection> {
  const connection = await connect({
    servers: nats.url,
    ...proofOf(jwt, key, nats.ca),
    inboxPrefix: inboxPrefix(agent),
    reconnect: false,
  });
  open.push(connection);
  return connection;
}

/** How long it takes until a connection is closed, in ms. */
async function closedAfter(connection: NatsConnection, action: () => Promise<void>): Promise<number> {
  const began = performance.now();
  const closed = connection.closed();
  await action();
  await closed;
  return performance.now() - began;
}

it('rotates a key without a gap: two are valid, then the new one', async () => {
  const [old, fresh] = [createNkey('user'), createNkey('user')];
  const oldJwt = issue('agent-1', old);
  const before = await connected('agent-1', old, oldJwt);
  const after = await connected('agent-1', fresh, issue('agent-1', fresh));
  await before.flush();
  expect(await closedAfter(before, () => nats.accounts.revokeKeys('agent-1', [old.publicKey]))).toBeLessThan(
    PROMISED_MS,
  );
  await after.flush();
  await expect(connected('agent-1', old, oldJwt)).rejects.toThrow(/authorization/i);
  // A later change of the account remembers it.
  await nats.accounts.enrol('agent-1');
  await expect(connected('agent-1', old, oldJwt)).rejects.toThrow(/authorization/i);
  await (await connected('agent-1', fresh, issue('agent-1', fresh))).flush();
});

it('revokes an agent: its connections are closed, it may not return, and others notice nothing', async () => {
  const key = createNkey('user');
  const jwt = issue('agent-2', key);
  const gone = await connected('agent-2', key, jwt);
  const other = await connect({ servers: nats.url, ...(await connectionProof(await nats.addAgent('agent-1'))) });
  open.push(other);
  expect(await closedAfter(gone, () => nats.accounts.revoke('agent-2'))).toBeLessThan(PROMISED_MS);
  await expect(connected('agent-2', key, jwt)).rejects.toThrow(/authorization/i);
  await other.flush();
  // It may join again, with a credential of a later second.
  await nats.accounts.enrol('agent-2');
  await eventually(async () => (await connected('agent-2', key, issue('agent-2', key))).flush());
  await expect(connected('agent-2', key, jwt)).rejects.toThrow(/authorization/i);
});

it('closes a connection when its credential ends', async () => {
  const key = createNkey('user');
  const connection = await connected('agent-1', key, issue('agent-1', key, Date.now() + 2000));
  expect(String(await connection.closed())).toMatch(/expired/i);
});

it('refuses what the authority has not signed', async () => {
  const key = createNkey('user');
  const stranger = authorityOf(createAuthoritySecret());
  await expect(connected('agent-1', key, issue('agent-1', key, undefined, stranger))).rejects.toThrow(/authorization/i);
  // The JWT of an agent without its key.
  await expect(connected('agent-1', createNkey('user'), issue('agent-1', key))).rejects.toThrow(/authorization/i);
  // An agent that was not enrolled has no account.
  await expect(connected('agent-9', key, issue('agent-9', key))).rejects.toThrow(/authorization/i);
});

it('makes no account for a name that would widen the fence', async () => {
  for (const name of ['*', '>', 'a.b', '', '_services']) {
    expect(() => nats.accounts.enrol(name)).toThrow(/not an agent name/);
    expect(() => issue(name, createNkey('user'))).toThrow(/not an agent name/);
  }
});

it('lets two agents with one server not hear each other', async () => {
  const [one, two] = [createNkey('user'), createNkey('user')];
  const first = await connected('agent-1', one, issue('agent-1', one));
  const second = await eventually(() => connected('agent-2', two, issue('agent-2', two)));
  const heard: string[] = [];
  second.subscribe(`${inboxPrefix('agent-2')}.>`, { callback: (_error, { subject }) => void heard.push(subject) });
  await second.flush();
  first.publish(subjects.report('agent-1', 'pod-status'), '{}', { reply: `${inboxPrefix('agent-2')}.x` });
  await first.flush();
  await second.flush();
  expect(heard).toEqual([]);
});
