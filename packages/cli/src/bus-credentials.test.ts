import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionProof, createNkey, credentialsText, type Nkey } from '@everynode/bus-credentials';
import { type RunningNats, startNats } from '@everynode/local-stack';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EnrolmentDesk } from './bus-credentials.js';

const HOUR_MS = 3600_000;

let root: string;
let nats: RunningNats;
let desk: EnrolmentDesk;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'everynode-desk-'));
  nats = await startNats({ dir: join(root, 'nats') });
  await mkdir(join(root, 'requests'));
  desk = new EnrolmentDesk(root, nats.authority, nats.accounts);
});
afterAll(async () => {
  await nats.stop();
  await rm(root, { recursive: true, force: true });
});

const ask = (agent: string, publicKey: string) => writeFile(join(root, 'requests', `${agent}.pub`), publicKey);
const answerTo = (agent: string) => readFile(join(root, 'answers', `${agent}.jwt`), 'utf8');
const answered = async () => (await readdir(join(root, 'answers')).catch(() => [])).sort();

async function connects(jwt: string, key: Nkey): Promise<void> {
  const credentialsFile = join(root, 'agent.creds');
  await writeFile(credentialsFile, credentialsText(jwt, key));
  const proof = await connectionProof({ credentialsFile, caFile: nats.services.caFile });
  await (await connect({ servers: nats.url, ...proof, reconnect: false })).close();
}

it('issues a credential to the first key that asks for a name, and to no other', async () => {
  const [owner, other] = [createNkey('user'), createNkey('user')];
  await ask('agent-1', `${owner.publicKey}\n`);
  await desk.look();
  const jwt = await answerTo('agent-1');
  await connects(jwt, owner);
  await expect(connects(jwt, other)).rejects.toThrow(/authorization/i);
  await ask('agent-1', other.publicKey);
  await desk.look(Date.now() + 10 * HOUR_MS);
  expect(await answerTo('agent-1')).toBe(jwt);
  // Also after the desk was started again.
  await new EnrolmentDesk(root, nats.authority, nats.accounts).look();
  expect(await answerTo('agent-1')).toBe(jwt);
});

it('enrols an agent for the nodes that are named after it, also after it was started again', async () => {
  const enrolments = async () => JSON.parse(await readFile(join(root, 'services', 'enrolments.json'), 'utf8'));
  expect(await enrolments()).toMatchObject({ 'agent-1': ['agent-1-*'] });
  await rm(join(root, 'services'), { recursive: true });
  await new EnrolmentDesk(root, nats.authority, nats.accounts).look();
  expect(await enrolments()).toMatchObject({ 'agent-1': ['agent-1-*'] });
});

it('issues it again in time, and not at each look', async () => {
  const key = createNkey('user');
  await ask('agent-2', key.publicKey);
  const now = Date.now();
  await desk.look(now);
  const first = await answerTo('agent-2');
  await desk.look(now + 7 * HOUR_MS);
  expect(await answerTo('agent-2')).toBe(first);
  await desk.look(now + 9 * HOUR_MS);
  expect(await answerTo('agent-2')).not.toBe(first);
});

it('answers nothing else that lies there', async () => {
  const before = await answered();
  const { publicKey } = createNkey('user');
  for (const name of ['*', '_services', 'A', 'a.b', '..']) await ask(name, publicKey);
  await ask('agent-3', 'not a key');
  await ask('agent-4', createNkey('account').publicKey);
  await writeFile(join(root, 'requests', 'README.txt'), 'text');
  await desk.look();
  expect(await answered()).toEqual(before);
});
