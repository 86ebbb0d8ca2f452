// Starts an agent in a container. Scaled replicas share one definition, so each takes its name from its host name, and
// names its nodes after itself: NODES of them (3 by default), unless a nodes file is given.
import { writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

const agent =
  process.env.EVERYNODE_AGENT ||
  `agent-${hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')}`;
process.env.EVERYNODE_AGENT = agent;
process.env.NATS_USER ??= agent;
if (!process.env.EVERYNODE_NODES_FILE) {
  const count = Number(process.env.NODES ?? 3);
  const zones = ['zone-a', 'zone-b', 'zone-c'];
  const path = join(tmpdir(), 'nodes.json');
  await writeFile(path, JSON.stringify({ generate: { count, pattern: `${agent}-%02d`, zones } }));
  process.env.EVERYNODE_NODES_FILE = path;
}
await import('/app/services/node-agent/dist/bundle.js');
