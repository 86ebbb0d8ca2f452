import { createLogger } from '@everynode/service-shell';
import { prepareDatabase } from '@everynode/store';
import { ensurePassword } from './postgres-data.js';

/** The role of the services, which may read and write rows and nothing else. */
const SERVICE_ROLE = 'everynode_service';

/**
 * Prepares the database of a server for services: role, tables, rights. Data of an older release, whose services were
 * the superuser, is converted. Returns the address with the credential of the services, which a file in `dir` keeps.
 */
export async function prepareForServices(dir: string, administratorUrl: string): Promise<string> {
  const url = new URL(administratorUrl);
  url.username = SERVICE_ROLE;
  url.password = await ensurePassword(dir, 'service-password');
  const log = createLogger({ service: 'database', replica: 'supervisor', level: 'silent' });
  await prepareDatabase({ administratorUrl, serviceUrl: url.href, log });
  return url.href;
}
