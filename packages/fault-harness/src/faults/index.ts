import { connectionFaults } from './connections.js';
import type { Fault } from './fault.js';
import { postgresFaults } from './postgres.js';
import { processFaults } from './processes.js';

export const FAULTS: readonly Fault[] = [...processFaults, ...connectionFaults, ...postgresFaults];
