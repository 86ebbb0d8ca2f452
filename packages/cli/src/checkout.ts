import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from '@everynode/local-stack';
import { isCheckout } from '@everynode/local-stack/installation';
import { type StatePaths, statePaths } from '@everynode/local-stack/state-directory';

/** The folder that holds packages, services and examples; the same from `src` and from `dist`. */
const checkout = fileURLToPath(new URL('../../../', import.meta.url));

/** `.everynode` of the checkout, or for the npm package of the current folder; or `EVERYNODE_STATE_DIR`. */
export function checkoutState(): StatePaths {
  return statePaths(process.env.EVERYNODE_STATE_DIR ?? join(isCheckout ? checkout : process.cwd(), '.everynode'));
}

/** The script that runs a service, in one file. `EVERYNODE_SERVICES_DIR` points elsewhere, for tests. */
export function serviceEntry(service: ServiceName): string {
  const services = process.env.EVERYNODE_SERVICES_DIR ?? join(checkout, 'services');
  return join(services, service, 'dist', 'bundle.js');
}

export function example(file: string): string {
  return join(checkout, 'examples', file);
}
