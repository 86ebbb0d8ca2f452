import { describe, expect, it } from 'vitest';
import { ReceivedRevisions } from './received-revisions.js';
import { nextRelayMode, type RelayEvent, type RelayMode, STANDBY } from './relay-mode.js';

type Name = RelayMode['name'];
type Type = RelayEvent['type'];

const received = new ReceivedRevisions(7);
const modes: { [N in Name]: Extract<RelayMode, { name: N }> } = {
  standby: { name: 'standby' },
  starting: { name: 'starting', received },
  following: { name: 'following', received, failures: 2 },
  publishing: { name: 'publishing', received, failures: 2, target: 9 },
  retrying: { name: 'retrying', received, failures: 2, isCompacted: false },
};

const events: { [T in Type]: Extract<RelayEvent, { type: T }> } = {
  elected: { type: 'elected', received },
  started: { type: 'started' },
  behind: { type: 'behind', target: 9 },
  idle: { type: 'idle' },
  published: { type: 'published' },
  failed: { type: 'failed', isCompacted: true },
  retried: { type: 'retried' },
  streamsLost: { type: 'streamsLost' },
  lost: { type: 'lost' },
};

/** Every mode with every event: a pair that is missing does not compile. `same` is the very same mode. */
const table: Record<Name, Record<Type, Name | 'same'>> = {
  standby: {
    elected: 'starting',
    started: 'same',
    behind: 'same',
    idle: 'same',
    published: 'same',
    failed: 'same',
    retried: 'same',
    streamsLost: 'same',
    lost: 'standby',
  },
  starting: {
    elected: 'starting',
    started: 'following',
    behind: 'same',
    idle: 'same',
    published: 'same',
    failed: 'same',
    retried: 'same',
    streamsLost: 'starting',
    lost: 'standby',
  },
  following: {
    elected: 'starting',
    started: 'same',
    behind: 'publishing',
    idle: 'following',
    published: 'same',
    failed: 'retrying',
    retried: 'same',
    streamsLost: 'starting',
    lost: 'standby',
  },
  publishing: {
    elected: 'starting',
    started: 'same',
    behind: 'same',
    idle: 'same',
    published: 'following',
    failed: 'retrying',
    retried: 'same',
    streamsLost: 'starting',
    lost: 'standby',
  },
  retrying: {
    elected: 'starting',
    started: 'same',
    behind: 'same',
    idle: 'same',
    published: 'same',
    failed: 'same',
    retried: 'following',
    streamsLost: 'starting',
    lost: 'standby',
  },
};

const pairs = Object.values(modes).flatMap((mode) =>
  (Object.keys(events) as Type[]).map((type) => ({ mode, type, expected: table[mode.name][type] })),
);

describe('the modes of a relay', () => {
  it.each(pairs)('$mode.name with $type: $expected', ({ mode, type, expected }) => {
    const next = nextRelayMode(mode, events[type]);
    if (expected === 'same') expect(next).toBe(mode);
    else expect(next.name).toBe(expected);
  });

  it('counts failures in a row, until it publishes or finds nothing to publish', () => {
    const failed = nextRelayMode(modes.publishing, events.failed);
    expect(failed).toEqual({ name: 'retrying', received, failures: 3, isCompacted: true });
    expect(nextRelayMode(failed, events.retried)).toEqual({ name: 'following', received, failures: 3 });
    for (const [mode, event] of [
      [modes.publishing, events.published] as const,
      [modes.following, events.idle] as const,
    ]) {
      expect(nextRelayMode(mode, event)).toEqual({ name: 'following', received, failures: 0 });
    }
  });

  it('holds received revisions unless it stands by', () => {
    for (const mode of Object.values(modes)) {
      for (const event of Object.values(events)) {
        const next = nextRelayMode(mode, event);
        expect('received' in next).toBe(next.name !== 'standby');
      }
    }
    expect(nextRelayMode(modes.publishing, events.lost)).toBe(STANDBY);
  });
});
