import { busFaults } from './bus.js';
import { commitFaults } from './commit-moments.js';
import { connectionFaults } from './connections.js';
import { diskFaults } from './disks.js';
import type { Fault } from './fault.js';
import { identityFaults } from './identity.js';
import { postgresFaults } from './postgres.js';
import { processFaults } from './processes.js';

/** Every fault, by subject. */
export const FAULTS: readonly Fault[] = [
  ...processFaults,
  ...connectionFaults,
  ...commitFaults,
  ...postgresFaults,
  ...busFaults,
  ...identityFaults,
  ...diskFaults,
];
