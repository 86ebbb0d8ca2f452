import pg from 'pg';

const parsers = new pg.TypeOverrides();
/** bigint: revisions and sequences stay far below 2^53. */
parsers.setTypeParser(20, Number);
/** json: parts of objects stay text; no reader here needs them parsed. */
parsers.setTypeParser(114, (text: string) => text);

/**
 * Settings of a session whose statements find rows by key. Postgres plans them once, when the tables are still empty. A
 * plan that reads an empty table whole would be kept while the table grows.
 */
export const BY_KEY = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off';

/** How every connection to Postgres is made. */
export function connectionConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    types: parsers,
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    application_name: 'everynode',
  };
}
