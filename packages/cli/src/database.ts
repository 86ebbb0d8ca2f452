import { createLogger } from '@everynode/service-shell';
import { prepareDatabase } from '@everynode/store';

/**
 * Prepares the database that the environment names, for services that connect as it says.
 * @throws Error when a variable is missing, and what Postgres says. No password is in its text.
 */
export async function prepareFromEnvironment(env: NodeJS.ProcessEnv): Promise<void> {
  const serviceUrl = env.DATABASE_URL;
  const administratorUrl = env.EVERYNODE_DATABASE_ADMINISTRATOR_URL;
  if (!serviceUrl || !administratorUrl) {
    throw new Error('set DATABASE_URL and EVERYNODE_DATABASE_ADMINISTRATOR_URL, two roles in the same database');
  }
  const log = createLogger({ service: 'database', replica: 'prepare', level: 'warn' });
  await prepareDatabase({ administratorUrl, serviceUrl, log });
}
