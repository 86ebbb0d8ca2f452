import { busFaults } from './bus.js';
import { commitFaults } from './commit-moments.js';
import { connectionFaults } from './connections.js';
import { diskFaults } from './disks.js';
import type { Fault } from './fault.js';
import { identityFaults } from './identity.js';
import { networkFaults } from './networks.js';
import { postgresFaults } from './postgres.js';
import { processFaults } from './processes.js';

/** Every fault, by subject. */
export const FAULTS: readonly Fault[] = [
  ...processFaults,
  ...connectionFaults,
  ...commitFaults,
  ...postgresFaults,
  ...busFaults,
  ...networkFaults,
  ...identityFaults,
  ...diskFaults,
];

/** Faults that once broke a promise, or are the likeliest to: a short run has each of them before it has others. */
const FOUND_BEFORE = [
  'commit-replies-lost-api',
  'commit-replies-lost-scheduler',
  'schedulers-of-one-name',
  'end-scheduler-on-old-caches',
  'stop-api-in-transaction',
  'hold-api-in-transaction',
  'hold-scheduler-in-transaction',
  'kill-api-at-commit',
  'kill-scheduler-at-commit',
  'stop-writer-backends',
  'backends-terminated',
  'kill-postmaster',
  'postgres-cut',
  'postgres-away',
  'postgres-held-scheduler',
  'nats-away',
  'nats-held-agent',
  'nats-held-api',
  'nats-emptied',
  'streams-purged',
  'streams-deleted',
  'messages-repeated',
  'messages-delayed',
  'journal-compacted',
  'kill-all-apis',
  'kill-agent',
  'partition-agent',
];

export const FIRST_FAULTS: readonly Fault[] = FAULTS.filter(({ name }) => FOUND_BEFORE.includes(name));
