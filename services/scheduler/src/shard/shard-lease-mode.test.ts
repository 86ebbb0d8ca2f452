import { describe, expect, it } from 'vitest';
import {
  holdsShards,
  leaseTrouble,
  nextLeaseMode,
  type ShardLeaseEvent,
  type ShardLeaseMode,
} from './shard-lease-mode.js';

type Name = ShardLeaseMode['name'];
type Case = Exclude<ShardLeaseEvent['type'], 'renewalFailed'> | 'failedInTime' | 'failedTooLate';

const modes: { [N in Name]: Extract<ShardLeaseMode, { name: N }> } = {
  joining: { name: 'joining' },
  holding: { name: 'holding', until: 100 },
  unrenewed: { name: 'unrenewed', until: 100 },
  expired: { name: 'expired' },
  released: { name: 'released' },
};

const events: Record<Case, ShardLeaseEvent> = {
  renewed: { type: 'renewed', until: 200 },
  failedInTime: { type: 'renewalFailed', now: 100 },
  failedTooLate: { type: 'renewalFailed', now: 101 },
  stopped: { type: 'stopped' },
};

/** Every mode with every event: a pair that is missing does not compile. */
const table: Record<Name, Record<Case, Name>> = {
  joining: { renewed: 'holding', failedInTime: 'expired', failedTooLate: 'expired', stopped: 'released' },
  holding: { renewed: 'holding', failedInTime: 'unrenewed', failedTooLate: 'expired', stopped: 'released' },
  unrenewed: { renewed: 'holding', failedInTime: 'unrenewed', failedTooLate: 'expired', stopped: 'released' },
  expired: { renewed: 'holding', failedInTime: 'expired', failedTooLate: 'expired', stopped: 'released' },
  released: { renewed: 'released', failedInTime: 'released', failedTooLate: 'released', stopped: 'released' },
};

const pairs = Object.values(modes).flatMap((mode) =>
  (Object.keys(events) as Case[]).map((name) => ({ mode, name, expected: table[mode.name][name] })),
);

describe('the modes of shard leases', () => {
  it.each(pairs)('$mode.name with $name: $expected', ({ mode, name, expected }) => {
    expect(nextLeaseMode(mode, events[name]).name).toBe(expected);
  });

  it('keeps the end of the last lease that was granted', () => {
    expect(nextLeaseMode(modes.holding, events.failedInTime)).toEqual({ name: 'unrenewed', until: 100 });
    expect(nextLeaseMode(modes.unrenewed, events.renewed)).toEqual({ name: 'holding', until: 200 });
  });

  it('holds shards while a lease lasts, and is in trouble unless the last renewal worked', () => {
    const seen = Object.values(modes).map((mode) => [mode.name, holdsShards(mode), leaseTrouble(mode)]);
    expect(seen).toEqual([
      ['joining', false, 'no shards yet'],
      ['holding', true, undefined],
      ['unrenewed', true, 'shards cannot be renewed'],
      ['expired', false, 'shards cannot be renewed'],
      ['released', false, undefined],
    ]);
  });
});
