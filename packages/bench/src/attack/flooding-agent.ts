// The process of an agent that sends all it can, in turn on every subject of its credential: reports, heartbeats and
// requests. When its connection is closed it connects again at once. It ends when its channel to the bench closes.
import { setTimeout as delay } from 'node:timers/promises';
import { connectionProof } from '@everynode/bus-credentials';
import { sentBy } from '@everynode/contract';
import { connect, type NatsConnection } from '@nats-io/transport-node';

/** Bytes that are written between two looks at the connection. */
const BURST_BYTES = 1_000_000;
const RECONNECT_MS = 10;

const [agent, servers, credentialsFile, caFile] = process.argv.slice(2);
if (!agent || !servers || !credentialsFile || !caFile || process.send === undefined) {
  throw new Error('this program is started by the bench');
}
const pod = {
  namespace: 'default',
  name: 'p',
  uid: 'u',
  node: 'n',
  sequence: 1,
  status: { message: 'm'.repeat(1000) },
};
const report = (pods: number): string =>
  JSON.stringify({ incarnation: 1, message: 1, pods: new Array(pods).fill(pod), nodes: [{ name: 'n', status: {} }] });
const messages = sentBy(agent).flatMap((subject) =>
  ['{}', report(0), report(1), report(400)].map((body) => ({ subject, body })),
);
const proof = await connectionProof({ credentialsFile, caFile });
let answered = 0;
let failed = 0;

async function flood(connection: NatsConnection): Promise<void> {
  for (let turn = 0; !connection.isClosed(); ) {
    for (let bytes = 0; bytes < BURST_BYTES; turn += 1) {
      const { subject, body } = messages[turn % messages.length] ?? { subject: '', body: '' };
      // A request without a reply is not looked at.
      connection.publish(subject, body, { reply: '_INBOX.flood' });
      bytes += body.length;
      answered += 1;
    }
    await connection.flush();
    process.send?.('started');
  }
}

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ answered, failed, cpuMs: (user + system) / 1000 });
});
process.on('disconnect', () => process.exit());
for (;;) {
  try {
    await flood(await connect({ servers, ...proof, reconnect: false }));
  } catch {
    // The server closes the accounts of agents that flood.
    failed += 1;
    await delay(RECONNECT_MS);
  }
}
