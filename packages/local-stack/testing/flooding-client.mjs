// A client of the bus that sends as much as it can until its connection is closed, and then connects again at once. Its
// first message says where to (url, credentialsFile, caFile), and what: the messages that it sends in turn. It answers
// how many it has sent.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, credsAuthenticator } from '@nats-io/transport-node';

const { url, credentialsFile, caFile, messages } = (await once(process, 'message'))[0];
const authenticator = credsAuthenticator(readFileSync(credentialsFile));
/** Bytes that are written between two looks at the connection. */
const BURST = 1_000_000;
let sent = 0;

process.on('disconnect', () => process.exit());
setInterval(() => process.send?.({ sent }), 100);
for (;;) {
  try {
    const connection = await connect({ servers: url, reconnect: false, authenticator, tls: { caFile } });
    await flood(connection);
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function flood(connection) {
  for (let turn = 0; !connection.isClosed(); ) {
    for (let bytes = 0; bytes < BURST; turn += 1) {
      const { subject, body } = messages[turn % messages.length];
      // Requests without a reply are not looked at.
      connection.publish(subject, body, { reply: '_INBOX.flood' });
      bytes += body.length + 100;
      sent += 1;
    }
    await connection.flush();
  }
}
