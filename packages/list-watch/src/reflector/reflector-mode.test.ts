import { describe, expect, it } from 'vitest';
import { nextMode, type ReflectorEvent, type ReflectorMode, troubleOf } from './reflector-mode.js';

type Name = ReflectorMode['name'];
/** An event, or one of its two forms where the outcome depends on it. */
type Case = ReflectorEvent['type'] | 'aheadElsewhere' | 'failedWithRunsAhead';

const modes: { [N in Name]: Extract<ReflectorMode, { name: N }> } = {
  unlisted: { name: 'unlisted' },
  following: { name: 'following' },
  hole: { name: 'hole', after: 7, patienceMs: 50 },
  filling: { name: 'filling' },
  relisting: { name: 'relisting' },
  stale: { name: 'stale', trouble: 'old' },
};

const events: Record<Case, ReflectorEvent> = {
  listed: { type: 'listed' },
  caughtUp: { type: 'caughtUp' },
  ahead: { type: 'ahead', after: 7 },
  aheadElsewhere: { type: 'ahead', after: 8 },
  readWanted: { type: 'readWanted' },
  compacted: { type: 'compacted' },
  failed: { type: 'failed', trouble: 'new' },
  failedWithRunsAhead: { type: 'failed', trouble: 'new', after: 7 },
  unreachable: { type: 'unreachable', trouble: 'new' },
};

/** Every mode with every event: a pair that is missing does not compile. `same` is the very same mode. */
const table: Record<Name, Record<Case, Name | 'same'>> = {
  unlisted: {
    listed: 'following',
    caughtUp: 'same',
    ahead: 'same',
    aheadElsewhere: 'same',
    readWanted: 'same',
    compacted: 'same',
    failed: 'same',
    failedWithRunsAhead: 'same',
    unreachable: 'same',
  },
  following: {
    listed: 'following',
    caughtUp: 'following',
    ahead: 'hole',
    aheadElsewhere: 'hole',
    readWanted: 'filling',
    compacted: 'same',
    failed: 'stale',
    failedWithRunsAhead: 'hole',
    unreachable: 'stale',
  },
  hole: {
    listed: 'following',
    caughtUp: 'following',
    ahead: 'same',
    aheadElsewhere: 'hole',
    readWanted: 'filling',
    compacted: 'same',
    failed: 'stale',
    failedWithRunsAhead: 'hole',
    unreachable: 'hole',
  },
  filling: {
    listed: 'following',
    caughtUp: 'following',
    ahead: 'hole',
    aheadElsewhere: 'hole',
    readWanted: 'same',
    compacted: 'relisting',
    failed: 'stale',
    failedWithRunsAhead: 'hole',
    unreachable: 'filling',
  },
  relisting: {
    listed: 'following',
    caughtUp: 'following',
    ahead: 'hole',
    aheadElsewhere: 'hole',
    readWanted: 'same',
    compacted: 'same',
    failed: 'stale',
    failedWithRunsAhead: 'hole',
    unreachable: 'relisting',
  },
  stale: {
    listed: 'following',
    caughtUp: 'following',
    ahead: 'hole',
    aheadElsewhere: 'hole',
    readWanted: 'filling',
    compacted: 'same',
    failed: 'stale',
    failedWithRunsAhead: 'hole',
    unreachable: 'stale',
  },
};

const pairs = Object.values(modes).flatMap((mode) =>
  (Object.keys(events) as Case[]).map((name) => ({ mode, name, expected: table[mode.name][name] })),
);

describe('the modes of a reflector', () => {
  it.each(pairs)('$mode.name with $name: $expected', ({ mode, name, expected }) => {
    const next = nextMode(mode, events[name]);
    if (expected === 'same') expect(next).toBe(mode);
    else expect(next.name).toBe(expected);
  });

  it('fills a hole by a read, or lists again after a compaction, before it follows', () => {
    const hole = nextMode(modes.following, events.ahead);
    expect(hole.name).toBe('hole');
    const filling = nextMode(hole, events.readWanted);
    expect(filling.name).toBe('filling');
    expect(nextMode(filling, events.caughtUp).name).toBe('following');
    const relisting = nextMode(filling, events.compacted);
    expect(relisting.name).toBe('relisting');
    expect(nextMode(relisting, events.listed).name).toBe('following');
  });

  it('waits 50 ms for a hole, a second after a failed read, and starts again only when the revision has moved', () => {
    const hole = nextMode(modes.following, events.ahead);
    expect(hole).toEqual({ name: 'hole', after: 7, patienceMs: 50 });
    expect(nextMode(hole, events.ahead)).toBe(hole);
    expect(nextMode(hole, events.aheadElsewhere)).toEqual({ name: 'hole', after: 8, patienceMs: 50 });
    expect(nextMode(modes.filling, events.failedWithRunsAhead)).toEqual({
      name: 'hole',
      after: 7,
      patienceMs: 1000,
      trouble: 'new',
    });
  });

  it('keeps its trouble while it reads, and ends it by a read that works', () => {
    const reading = nextMode(modes.stale, events.readWanted);
    expect(troubleOf(reading)).toBe('old');
    expect(troubleOf(nextMode(reading, events.compacted))).toBe('old');
    expect(troubleOf(nextMode(reading, events.ahead))).toBeUndefined();
    expect(troubleOf(nextMode(modes.stale, events.ahead))).toBe('old');
  });

  it('shows no trouble only where the caches are current as far as is known', () => {
    expect(troubleOf(modes.unlisted)).toBe('not listed yet');
    expect(troubleOf(modes.following)).toBeUndefined();
    for (const mode of Object.values(modes)) {
      if (mode.name === 'unlisted') continue;
      expect(troubleOf(nextMode(mode, events.unreachable))).toBe('new');
    }
  });
});
