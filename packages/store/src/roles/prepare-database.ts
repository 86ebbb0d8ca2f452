import type { Logger } from '@everynode/service-shell';
import pg from 'pg';
import { connectionConfig } from '../connection.js';
import { migrateDatabase } from '../migrations/migrate.js';

/** Owns the tables and changes the schema. It cannot log in: an administrator acts as it. */
const OWNER = 'everynode_owner';

export interface PreparedDatabase {
  /** An administrator of the server, in the database of Everynode: a superuser, or a role that may create roles. */
  administratorUrl: string;
  /** As which role, and with which password, the services connect to the same database. */
  serviceUrl: string;
  log: Logger;
}

/**
 * Brings a database to where services can work in it without power over it: a role owns the tables, the schema is up
 * to date, and the role of the services may read and write rows and nothing else. It may be run again at any time. A
 * database of an older release, whose services owned the tables, is converted. Two must not run at once.
 * @throws Error when the role of the services could do more than that.
 */
export async function prepareDatabase({ administratorUrl, serviceUrl, log }: PreparedDatabase): Promise<void> {
  const { username, password } = new URL(serviceUrl);
  const service = decodeURIComponent(username);
  const administrator = new pg.Client(connectionConfig(administratorUrl));
  await administrator.connect();
  try {
    if (!(await hasRole(administrator, OWNER))) await administrator.query(`create role ${OWNER} nologin`);
    const verb = (await hasRole(administrator, service)) ? 'alter' : 'create';
    const login = `login password ${pg.escapeLiteral(decodeURIComponent(password))}`;
    await administrator.query(`${verb} role ${pg.escapeIdentifier(service)} ${login}`);
    // What the role may have set for itself: sessions would begin with it.
    await administrator.query(`alter role ${pg.escapeIdentifier(service)} reset all`);
    await administrator.query(statementsFor(service));
    await takeOver(administrator);
    await migrateDatabase(administratorUrl, log, { role: OWNER });
    await administrator.query(grantsFor(service));
    await refuseMighty(administrator, service);
  } finally {
    await administrator.end();
  }
}

async function hasRole(administrator: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await administrator.query('select from pg_roles where rolname = $1', [name]);
  return rowCount !== 0;
}

/** Closes what a new database leaves open to every role, and opens what the services need. */
function statementsFor(service: string): string {
  const serving = pg.escapeIdentifier(service);
  return `
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant ${OWNER} to %I', current_user);
      end if;
      execute format('alter database %I owner to ${OWNER}', current_database());
      execute format('revoke all on database %I from public', current_database());
      -- Temporary tables: a trial of free room after the disk was full.
      execute format('grant connect, temporary on database %I to ${serving}', current_database());
    end $$;
    alter schema public owner to ${OWNER};
    revoke all on schema public from public;
    grant usage on schema public to ${serving};`;
}

/** Tables of an older release belong to the role that was its administrator. */
async function takeOver(administrator: pg.Client): Promise<void> {
  const { rows } = await administrator.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_roles r on r.oid = c.relowner
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and r.rolname <> $1`,
    [OWNER],
  );
  for (const { name } of rows) {
    await administrator.query(`alter table public.${pg.escapeIdentifier(name)} owner to ${OWNER}`);
  }
}

/** Rows of all tables, and of the lists of migrations only to look at. */
function grantsFor(service: string): string {
  const role = pg.escapeIdentifier(service);
  return `
    set role ${OWNER};
    grant select, insert, update, delete on all tables in schema public to ${role};
    revoke insert, update, delete on kysely_migration, kysely_migration_lock from ${role};
    reset role;`;
}

/** A role that was there before may have had rights that make the rest pointless. */
async function refuseMighty(administrator: pg.Client, service: string): Promise<void> {
  const { rows } = await administrator.query<{ mighty: boolean }>(
    `select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls
       or exists (select from pg_auth_members m where m.member = r.oid) as mighty
     from pg_roles r where rolname = $1`,
    [service],
  );
  if (rows[0]?.mighty) {
    throw new Error(
      `the role ${service} may do more than the services need: give them one without attributes or roles`,
    );
  }
}
