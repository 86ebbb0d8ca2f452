import pg from 'pg';

const parsers = new pg.TypeOverrides();
/** bigint: revisions and sequences stay far below 2^53. */
parsers.setTypeParser(20, Number);
/** json: parts of objects travel as text, nobody here needs them parsed. */
parsers.setTypeParser(114, (text: string) => text);

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
