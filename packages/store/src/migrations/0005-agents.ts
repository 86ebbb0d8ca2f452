import { type Kysely, sql } from 'kysely';

/**
 * Which process of each agent was started last. Before, the number was the clock of the agent, in seconds since 1970,
 * in front of the number of the report (22 bits). A clock may have been ahead: the row without a name makes every new
 * incarnation greater than all that were used. An incarnation has 31 bits, and a clock beyond 2037 must leave room for
 * new ones: there is a cap a million below the last one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table agents (
      agent text collate "C" primary key,
      process text not null,
      incarnation bigint not null unique
    )`.execute(db);
  await sql`
    insert into agents
    select '', '', least(max(sequence) / ${sql.lit(2 ** 22)}, ${sql.lit(2 ** 31 - 2 ** 20)}) from objects having max(sequence) > 0`.execute(
    db,
  );
}
