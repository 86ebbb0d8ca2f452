import { describe, expect, it } from 'vitest';
import { INITIAL, nextWatchMode, type WatchMode, type WatchModeEvent } from './watch-mode.js';

/** A mode, or one of its two forms where the outcome depends on it. */
type Case = Exclude<WatchMode['name'], 'stalled'> | 'stalledInitial' | 'stalledBehind';

const modes: Record<Case, WatchMode> = {
  initial: INITIAL,
  behind: { name: 'behind' },
  following: { name: 'following' },
  stalledInitial: { name: 'stalled', resumes: 'initial' },
  stalledBehind: { name: 'stalled', resumes: 'behind' },
  ended: { name: 'ended' },
};

/** Every mode with every event: a pair that is missing does not compile. */
const table: Record<Case, Record<WatchModeEvent, Case>> = {
  initial: { started: 'behind', caughtUp: 'initial', full: 'stalledInitial', drained: 'initial', ended: 'ended' },
  behind: { started: 'behind', caughtUp: 'following', full: 'stalledBehind', drained: 'behind', ended: 'ended' },
  following: {
    started: 'following',
    caughtUp: 'following',
    full: 'stalledBehind',
    drained: 'following',
    ended: 'ended',
  },
  stalledInitial: {
    started: 'stalledInitial',
    caughtUp: 'stalledInitial',
    full: 'stalledInitial',
    drained: 'initial',
    ended: 'ended',
  },
  stalledBehind: {
    started: 'stalledBehind',
    caughtUp: 'stalledBehind',
    full: 'stalledBehind',
    drained: 'behind',
    ended: 'ended',
  },
  ended: { started: 'ended', caughtUp: 'ended', full: 'ended', drained: 'ended', ended: 'ended' },
};

const pairs = (Object.keys(table) as Case[]).flatMap((mode) =>
  (Object.keys(table[mode]) as WatchModeEvent[]).map((event) => ({ mode, event, expected: table[mode][event] })),
);

describe('the modes of a watch', () => {
  it.each(pairs)('$mode with $event: $expected', ({ mode, event, expected }) => {
    expect(nextWatchMode(modes[mode], event)).toEqual(modes[expected]);
  });
});
