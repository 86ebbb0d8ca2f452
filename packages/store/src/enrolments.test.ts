import { trustedMetadata } from '@everynode/objects';
import { createDatabase, type TestDatabase, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Store } from './store.js';
import type { Decision } from './write.js';

let database: TestDatabase;
let store: Store;
let certificates = 0;

beforeAll(async () => {
  database = await createDatabase();
  store = new Store({ databaseUrl: database.url, log: testLog() });
  await store.migrate();
});

afterAll(async () => {
  await store.close();
  await database.drop();
});

/** A request of an agent at a revision: to join for nodes, or without these to renew what it has. */
function grant(
  agent: string,
  revision: number,
  nodeNames?: string[],
  { replaced = [], askedAt = revision }: { replaced?: string[]; askedAt?: number } = {},
): Promise<boolean> {
  certificates += 1;
  const certificate = { agent, serial: `${certificates}`, busKey: `K${certificates}`, revision, askedAt };
  return store.enrolAgent({ ...certificate, notAfter: Date.now() + 60_000 }, nodeNames && { nodeNames, replaced });
}

/** Notes the deletion of a node, as its commit does, and takes back what was granted before. */
async function revokeNode(node: string, deletion: number): Promise<void> {
  await database.execute(
    `insert into deleted_nodes (node, revision) values ('${node}', ${deletion})
     on conflict (node) do update set revision = greatest(deleted_nodes.revision, excluded.revision)`,
  );
  await store.revokeDeletedNodes();
}

const revokedKeysOf = async (agent: string) =>
  (await store.revokedCertificates()).filter((one) => one.agent === agent).map(({ busKey }) => busKey);

it('grants nothing to a request from before the deletion of its node', async () => {
  await revokeNode('deleted', 10);
  expect(await grant('deleted', 9, ['deleted'])).toBe(false);
  expect(await grant('by-another-name', 9, ['deleted'])).toBe(false);
  expect(await store.enrolmentOf('deleted')).toBeUndefined();
  // A later deletion that another replica has told of first counts.
  await revokeNode('deleted', 8);
  expect(await grant('deleted', 9, ['deleted'])).toBe(false);
  expect(await grant('deleted', 11, ['deleted'])).toBe(true);
  expect(await store.enrolmentOf('deleted')).toEqual(['deleted']);
});

it('grants no renewal of what has ended', async () => {
  expect(await grant('renews', 20, ['renews'])).toBe(true);
  expect(await grant('renews', 21)).toBe(true);
  await revokeNode('renews', 22);
  expect(await grant('renews', 23)).toBe(false);
  expect(await grant('renews', 24, ['renews'])).toBe(true);
  // One that the machine before had asked for.
  expect(await grant('renews', 23)).toBe(false);
  expect(await grant('renews', 25)).toBe(true);
});

it('grants nothing to a request from before that is approved afterwards', async () => {
  const before = { askedAt: 60 };
  expect(await grant('late', 59, ['late'])).toBe(true);
  await revokeNode('late', 61);
  expect(await grant('late', 62, ['late'], before)).toBe(false);
  expect(await grant('late', 62, undefined, before)).toBe(false);
  expect(await grant('late', 63, ['late'])).toBe(true);
  // A renewal that the machine before had asked for.
  expect(await grant('late', 64, undefined, before)).toBe(false);
  const revision = await store.currentRevision();
  await store.noteRevokedAgent({ agent: 'revoked', at: Date.now() });
  expect(await grant('revoked', revision + 2, ['revoked'], { askedAt: revision })).toBe(false);
});

it('revokes the agent that hosts a deleted node alone, and not one that hosts more', async () => {
  await grant('alone', 30, ['host.example']);
  const key = `K${certificates}`;
  await grant('fleet', 31, ['host.example', 'other']);
  await grant('prefix', 32, ['host*']);
  await revokeNode('host.example', 33);
  expect(await revokedKeysOf('alone')).toEqual([key]);
  for (const agent of ['fleet', 'prefix']) {
    expect(await revokedKeysOf(agent)).toEqual([]);
    expect(await store.enrolmentOf(agent)).toBeDefined();
  }
});

it('lets of a request and a deletion at once the deletion win', async () => {
  for (let i = 0; i < 10; i += 1) {
    const agent = `race-${i}`;
    const [granted] = await Promise.all([grant(agent, 40, [agent]), revokeNode(agent, 41)]);
    expect(await store.enrolmentOf(agent)).toBeUndefined();
    expect(await revokedKeysOf(agent)).toHaveLength(granted ? 1 : 0);
  }
});

it('notes in the commit of a deletion what is to be revoked, however many nodes go', async () => {
  const names = Array.from({ length: 50 }, (_, i) => `kept-in-mind-${i}`);
  const write = (name: string, decision: Decision) =>
    store.write({ key: { resource: 'nodes', namespace: '', name }, reads: 'head', decide: () => decision });
  const parts = { metadata: trustedMetadata('{}'), desired: '{}', observed: null };
  await Promise.all(names.map((uid) => write(uid, { kind: 'create', uid, parts, placement: null })));
  const revision = await store.currentRevision();
  for (const name of names) expect(await grant(name, revision, [name])).toBe(true);
  await Promise.all(names.map((name) => write(name, { kind: 'delete' })));
  expect(await grant('kept-in-mind-0', revision, ['kept-in-mind-0'])).toBe(false);
  await store.revokeDeletedNodes();
  const revoked = await store.revokedCertificates();
  expect(revoked.filter(({ agent }) => names.includes(agent))).toHaveLength(names.length);
  expect((await store.listEnrolments()).filter(({ agent }) => names.includes(agent))).toEqual([]);
  expect(await grant('kept-in-mind-0', await store.currentRevision(), ['kept-in-mind-0'])).toBe(true);
});

it('revokes for a deletion of long ago that no process has seen', async () => {
  expect(await grant('forgotten', 50, ['forgotten'])).toBe(true);
  await database.execute(
    `insert into deleted_nodes (node, revision, deleted_at) values ('forgotten', 51, now() - interval '30 days')`,
  );
  await store.revokeDeletedNodes();
  expect(await revokedKeysOf('forgotten')).toHaveLength(1);
  expect(await store.enrolmentOf('forgotten')).toBeUndefined();
});

it('revokes an agent whatever it hosts, and no agent that hosts a node of its name', async () => {
  const revision = await store.currentRevision();
  expect(await grant('several', revision, ['several-1', 'several-2'])).toBe(true);
  expect(await grant('host', revision, ['several'])).toBe(true);
  await store.noteRevokedAgent({ agent: 'several', at: Date.now() });
  await store.revokeDeletedNodes();
  expect(await store.enrolmentOf('several')).toBeUndefined();
  expect(await revokedKeysOf('several')).toHaveLength(1);
  expect(await grant('several', revision)).toBe(false);
  expect(await grant('several', revision, ['several-1'])).toBe(false);
  expect(await store.enrolmentOf('host')).toEqual(['several']);
  expect(await revokedKeysOf('host')).toEqual([]);
  expect(await grant('several', revision + 2, ['several-1'])).toBe(true);
});
