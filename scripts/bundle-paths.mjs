// Where the bundles of the services are. Plain Node, for scripts that run before anything is installed.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @returns {string[]} the names of the services of a checkout */
export const servicesOf = (root) => readdirSync(join(root, 'services'));

/** @returns {string} the path of a service's bundle, relative to the checkout */
export const bundleOf = (service) => join('services', service, 'dist', 'bundle.js');

/** Programs of threads, which a service starts by the path of a file. */
const THREADS = [{ service: 'api', program: 'body-worker' }];

/** @returns the programs of threads of a checkout's services: each is a bundle beside that of its service */
export const threadsOf = (root) =>
  servicesOf(root).flatMap((name) =>
    THREADS.filter(({ service }) => service === name).map(({ program }) => ({
      entry: join('services', name, 'dist', `${program}.js`),
      bundle: join('services', name, 'dist', `${program}.bundle.js`),
    })),
  );
