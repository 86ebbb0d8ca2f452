import pg from 'pg';

/** Locks the counter row, which every write needs, until the returned function is called or the session is ended. */
export async function holdCounter(databaseUrl: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  await client.query('select from revision_counter for update');
  return () => client.end();
}
