import { describe, expect, it } from 'vitest';
import { ABSENT, nextShardMode, type ShardEvent, type ShardMode } from './shard-mode.js';

type Name = ShardMode['name'];
type Case = 'granted' | 'granted anew' | 'reached' | 'not reached' | 'lost';

const modes: { [N in Name]: Extract<ShardMode, { name: N }> } = {
  absent: { name: 'absent' },
  behind: { name: 'behind', epoch: 4, revision: 100 },
  active: { name: 'active', epoch: 4 },
};

const events: Record<Case, ShardEvent> = {
  granted: { type: 'granted', epoch: 4, revision: 120 },
  'granted anew': { type: 'granted', epoch: 6, revision: 120 },
  reached: { type: 'caughtUp', revision: 100 },
  'not reached': { type: 'caughtUp', revision: 99 },
  lost: { type: 'lost' },
};

const after: Record<'first' | 'second', ShardMode> = {
  first: { name: 'behind', epoch: 4, revision: 120 },
  second: { name: 'behind', epoch: 6, revision: 120 },
};

/** Every mode with every event: a pair that is missing does not compile. */
const table: Record<Name, Record<Case, ShardMode>> = {
  absent: {
    granted: after.first,
    'granted anew': after.second,
    reached: ABSENT,
    'not reached': ABSENT,
    lost: ABSENT,
  },
  behind: {
    granted: modes.behind,
    'granted anew': after.second,
    reached: modes.active,
    'not reached': modes.behind,
    lost: ABSENT,
  },
  active: {
    granted: modes.active,
    'granted anew': after.second,
    reached: modes.active,
    'not reached': modes.active,
    lost: ABSENT,
  },
};

const pairs = Object.values(modes).flatMap((mode) =>
  (Object.keys(events) as Case[]).map((name) => ({ mode, name, expected: table[mode.name][name] })),
);

describe('the modes of a shard', () => {
  it.each(pairs)('$mode.name with $name: $expected.name', ({ mode, name, expected }) => {
    expect(nextShardMode(mode, events[name])).toEqual(expected);
  });
});
