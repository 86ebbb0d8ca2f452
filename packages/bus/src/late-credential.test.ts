import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentUserJwt, createNkey, credentialsText } from '@everynode/bus-credentials';
import { inboxPrefix, subjects } from '@everynode/contract';
import { eventually, startTestNats, type TestNats, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bus } from './index.js';

let nats: TestNats;
let folder: string;

beforeAll(async () => {
  nats = await startTestNats();
  folder = await mkdtemp(join(tmpdir(), 'everynode-late-'));
});
afterAll(async () => {
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});

it('waits for its credential and its account, and goes on with a new key when the old one is revoked', async () => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const credential = { ...nats.services, credentialsFile: join(folder, 'agent.creds') };
  const inbox = inboxPrefix('agent-1');
  const log = testLog();
  const agent = Bus.connect({ url: nats.url, credential, inboxPrefix: inbox, name: 'agent', log, signal });
  const services = Bus.connect({ url: nats.url, credential: nats.services, name: 'services', log, signal });
  services.respond(subjects.allRequests('list-pods'), 'test', (_subject, body) => Promise.resolve(body));
  const asks = (text: string) =>
    eventually(async () => {
      expect(await agent.request(subjects.request('agent-1', 'list-pods'), text, 1000)).toBe(text);
    }, 10_000);
  const issue = async () => {
    const key = createNkey('user');
    const now = Date.now();
    const claims = { agent: 'agent-1', publicKey: key.publicKey, now, expires: now + 60_000 };
    await writeFile(credential.credentialsFile, credentialsText(agentUserJwt(nats.authority, claims), key));
    return key.publicKey;
  };
  expect(agent.trouble).toBe('not connected');
  const first = await issue();
  // The server has no account of it yet.
  await nats.accounts.enrol('agent-2');
  expect(agent.connected).toBe(false);
  await nats.accounts.enrol('agent-1');
  await asks('one');
  await issue();
  await nats.accounts.revokeKeys('agent-1', [first]);
  await asks('two');
  stopping.abort();
  await Promise.all([agent.close(), services.close()]);
});
