import type pg from 'pg';

/** The channel of the notifications that the journal has grown. */
const JOURNAL_CHANNEL = 'everynode_journal';

/** Notifies the relay of the last revision in the journal. Postgres sends it when the transaction commits. */
export function notifyJournal(client: pg.Client, revision: number): Promise<unknown> {
  return client.query({
    name: 'notify',
    text: 'select pg_notify($1, $2)',
    values: [JOURNAL_CHANNEL, String(revision)],
  });
}

/** Calls `onRevision` with every revision that is notified from now on, as long as the connection lives. */
export async function listenToJournal(client: pg.Client, onRevision: (revision: number) => void): Promise<void> {
  client.on('notification', ({ payload }) => onRevision(Number(payload)));
  await client.query(`listen ${JOURNAL_CHANNEL}`);
}
