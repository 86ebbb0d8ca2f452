import { describe, expect, it } from 'vitest';
import { type BusEvent, type BusMode, nextBusMode, troubleOf } from './bus-mode.js';

const EVENTS: BusEvent[] = ['connected', 'answered', 'unanswered', 'missing', 'lost', 'closed'];

/** For each mode, the modes after `EVENTS`, in their order. */
const TABLE: Record<BusMode, BusMode[]> = {
  connecting: ['opened', 'connecting', 'connecting', 'connecting', 'connecting', 'closed'],
  opened: ['opened', 'ready', 'silent', 'incomplete', 'connecting', 'closed'],
  ready: ['ready', 'ready', 'silent', 'incomplete', 'connecting', 'closed'],
  silent: ['silent', 'ready', 'silent', 'incomplete', 'connecting', 'closed'],
  incomplete: ['incomplete', 'ready', 'silent', 'incomplete', 'connecting', 'closed'],
  closed: ['closed', 'closed', 'closed', 'closed', 'closed', 'closed'],
};
const MODES = Object.keys(TABLE) as BusMode[];

describe('the transition table of the bus', () => {
  it.each(MODES)('has a way out of %s for each event', (mode) => {
    expect(EVENTS.map((event) => nextBusMode(mode, event))).toEqual(TABLE[mode]);
  });
});

describe('troubleOf', () => {
  it('has a reason for each mode but ready, and no two modes share one', () => {
    const reasons = MODES.filter((mode) => mode !== 'ready').map(troubleOf);
    expect(troubleOf('ready')).toBeUndefined();
    expect(new Set(reasons).size).toBe(MODES.length - 1);
    expect(reasons).not.toContain(undefined);
  });
});
