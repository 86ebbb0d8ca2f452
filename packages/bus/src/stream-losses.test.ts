import { streams } from '@everynode/contract';
import { describe, expect, it } from 'vitest';
import { hasLost, type StreamMark } from './stream-losses.js';

const NOW = 1_000_000_000;
const { commands, heartbeats, reports } = streams;
/** Holds the messages 5 to 10, the last of which came a second ago. */
const BEFORE: StreamMark = { created: 'a', messages: 6, first: 5, last: 10, lastMs: NOW - 1000 };
const EMPTY: StreamMark = { created: 'a', messages: 0, first: 11, last: 10, lastMs: NOW - 1000 };

describe('hasLost', () => {
  it.each<[string, boolean, StreamMark, StreamMark | undefined]>([
    ['nothing has changed', false, BEFORE, BEFORE],
    ['messages came', false, BEFORE, { ...BEFORE, messages: 8, last: 12 }],
    ['the oldest ones have left', false, BEFORE, { ...BEFORE, messages: 2, first: 9 }],
    ['the first message came', false, EMPTY, { ...EMPTY, messages: 1, last: 11 }],
    ['the stream is missing', true, BEFORE, undefined],
    ['it was created again', true, BEFORE, { ...BEFORE, created: 'b' }],
    ['it begins anew', true, BEFORE, { ...BEFORE, messages: 3, first: 1, last: 3 }],
    ['it was purged', true, BEFORE, { ...BEFORE, messages: 0, first: 11 }],
    ['it was purged, and another message came', true, BEFORE, { ...BEFORE, messages: 1, first: 11, last: 11 }],
    ['a message came and is gone', true, EMPTY, { ...EMPTY, first: 12, last: 11 }],
    ['all messages had grown old', false, { ...BEFORE, lastMs: NOW - 600_000 }, { ...EMPTY, lastMs: NOW - 600_000 }],
  ])('when %s: %s', (_what, lost, before, after) => {
    expect(hasLost(commands, before, after, NOW)).toBe(lost);
  });

  it('does not take for a loss that a message was handled or replaced', () => {
    for (const declaration of [reports, heartbeats]) {
      expect(hasLost(declaration, BEFORE, { ...BEFORE, messages: 0, first: 12, last: 11 }, NOW)).toBe(false);
      expect(hasLost(declaration, BEFORE, { ...BEFORE, created: 'b' }, NOW)).toBe(true);
    }
  });
});
