import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Whether this is a checkout, and not the npm package, which has no lock file. The way up is the same from `src`, from
 * `dist`, and from the one file that the package has for the command line.
 */
export const isCheckout = existsSync(fileURLToPath(new URL('../../../package-lock.json', import.meta.url)));

/** What people type here to run a command, to start a cluster and to stop it. */
export const COMMANDS = isCheckout
  ? { run: 'npm run everynode --', start: 'npm start', startWith: 'npm start --', stop: 'npm run stop' }
  : {
      run: 'npx everynode',
      start: 'npx everynode start',
      startWith: 'npx everynode start',
      stop: 'npx everynode stop',
    };

/** Where a cluster is, in messages. */
export const HERE = isCheckout ? 'in this checkout' : 'in this folder';
