import { createNkey } from '@everynode/bus-credentials';
import { connectRaw } from '@everynode/local-stack/testing';
import { Store } from '@everynode/store';
import { createDatabase, startTestNats, type TestDatabase, type TestNats, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AgentBus } from './agent-bus.js';

let nats: TestNats;
let database: TestDatabase;
let store: Store;
let bus: AgentBus;

beforeAll(async () => {
  nats = await startTestNats(['undone', 'other']);
  database = await createDatabase();
  store = new Store({ databaseUrl: database.url, log: testLog() });
  await store.migrate();
  bus = new AgentBus({ store, authority: nats.authority, url: nats.url, agentUrl: nats.url, ca: nats.ca });
});

afterAll(async () => {
  await bus.close();
  await store.close();
  await database.drop();
  await nats.stop();
});

it('ends with each change of an account what the store knows to have ended, should a change have undone it', async () => {
  const credential = await nats.addAgent('undone');
  const other = await connectRaw(nats.url, await nats.addAgent('other'));
  const connection = await connectRaw(nats.url, credential);
  // What the server has when one replica has written back the account as it was before another one's revocation.
  await store.noteRevokedAgent({ agent: 'undone', at: Date.now() });
  await bus.issue('undone', createNkey('user').publicKey, Date.now(), Date.now() + 60_000);
  await connection.closed;
  await expect(connectRaw(nats.url, credential)).rejects.toThrow(/authorization/i);
  await other.flush();
  await other.close();
});

it('tells a server of agents that were revoked, where the process that noted it has not lived to', async () => {
  const credential = await nats.addAgent('other');
  const connection = await connectRaw(nats.url, credential);
  await store.noteRevokedAgent({ agent: 'other', at: Date.now() });
  await bus.revoke({ certificates: [], agents: await store.revokedAgents() });
  await connection.closed;
  await expect(connectRaw(nats.url, credential)).rejects.toThrow(/authorization/i);
});
