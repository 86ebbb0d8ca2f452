// Starts an agent in a container. Scaled replicas share one definition, so each takes its name from its host name, and
// names its nodes after itself: NODES of them (3 by default), unless a nodes file is given.
//
// Its key is made here and never leaves the container. It asks for a credential with the public key
// (EVERYNODE_REQUESTS), and takes the answer (EVERYNODE_ANSWERS), which is issued again before it ends.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createNkey, credentialsText, parseCredentials } from '../packages/bus-credentials/dist/index.js';

const agent =
  process.env.EVERYNODE_AGENT ||
  `agent-${hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')}`;
process.env.EVERYNODE_AGENT = agent;
if (!process.env.EVERYNODE_NODES_FILE) {
  const count = Number(process.env.NODES ?? 3);
  const zones = ['zone-a', 'zone-b', 'zone-c'];
  const path = join(tmpdir(), 'nodes.json');
  await writeFile(path, JSON.stringify({ generate: { count, pattern: `${agent}-%02d`, zones } }));
  process.env.EVERYNODE_NODES_FILE = path;
}
if (!process.env.NATS_CREDS) {
  const requests = process.env.EVERYNODE_REQUESTS;
  const answers = process.env.EVERYNODE_ANSWERS;
  const creds = join(tmpdir(), 'agent.creds');
  // A container that is started again has its key.
  const key = await readFile(creds, 'utf8')
    .then((text) => parseCredentials(text).key)
    .catch(() => createNkey('user'));
  const answer = () => readFile(join(answers, `${agent}.jwt`), 'utf8').catch(() => undefined);
  const take = async () => {
    const jwt = await answer();
    if (jwt === undefined) return false;
    await writeFile(`${creds}.draft`, credentialsText(jwt, key), { mode: 0o600 });
    await rename(`${creds}.draft`, creds);
    return true;
  };
  await writeFile(join(requests, `${agent}.pub`), key.publicKey);
  while (!(await take())) await delay(200);
  setInterval(take, 60_000).unref();
  process.env.NATS_CREDS = creds;
  process.env.NATS_CA = join(answers, 'ca.crt');
}
await import('/app/services/node-agent/dist/bundle.js');
