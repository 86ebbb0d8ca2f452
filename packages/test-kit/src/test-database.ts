import { randomBytes } from 'node:crypto';
import { prepareDatabase } from '@everynode/store';
import pg from 'pg';
import { testLog } from './test-log.js';

/** The variable with the URL of the Postgres that the test run shares, as its superuser. */
export const POSTGRES_URL = 'EVERYNODE_TEST_POSTGRES_URL';

/** The database that those of the tests are copies of. */
const TEMPLATE = 'test_template';

/** A database for one test file. */
export interface TestDatabase {
  /** With the credential of the services. */
  url: string;
  /** With that of a superuser. */
  administratorUrl: string;
  /** Runs a statement as the superuser, over a connection of its own. */
  execute(statement: string): Promise<void>;
  drop(): Promise<void>;
}

/**
 * Creates a database on the Postgres of this test run, as services find it: with the schema, and a role for them.
 * @throws Error outside vitest, whose global set-up starts that Postgres.
 */
export async function createDatabase(): Promise<TestDatabase> {
  const database = await createFrom(TEMPLATE);
  const url = new URL(database.administratorUrl);
  // A role of its own: two that prepare a database at once would change the same role.
  const role = `service_of_${url.pathname.slice(1)}`;
  url.username = role;
  url.password = 'service';
  await prepareDatabase({ administratorUrl: database.administratorUrl, serviceUrl: url.href, log: testLog() });
  const drop = async (): Promise<void> => {
    await database.drop();
    await execute(administratorUrl(), `drop role ${role}`);
  };
  return { ...database, url: url.href, drop };
}

/** Runs the migrations once for all databases of a test run. */
export async function prepareTemplate(): Promise<void> {
  await execute(administratorUrl(), `create database ${TEMPLATE}`);
  const url = new URL(administratorUrl());
  url.pathname = `/${TEMPLATE}`;
  const serviceUrl = new URL(url);
  Object.assign(serviceUrl, { username: TEMPLATE, password: 'service' });
  await prepareDatabase({ administratorUrl: url.href, serviceUrl: serviceUrl.href, log: testLog() });
  await execute(url.href, `drop owned by ${TEMPLATE}; drop role ${TEMPLATE}`);
}

/** Creates a database without anything in it, which belongs to the superuser. */
export const createEmptyDatabase = (): Promise<TestDatabase> => createFrom('template1');

async function createFrom(template: string): Promise<TestDatabase> {
  const admin = administratorUrl();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(admin, `create database ${name} template ${template}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    administratorUrl: url.href,
    execute: (statement) => execute(url.href, statement),
    drop: () => execute(admin, `drop database ${name} with (force)`),
  };
}

function administratorUrl(): string {
  const url = process.env[POSTGRES_URL];
  if (!url) throw new Error(`${POSTGRES_URL} is not set: run the tests through vitest's configuration at the root`);
  return url;
}

/** Runs a statement over a connection of its own. */
export async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
