import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Liveness } from './liveness.js';

const GRACE = 50_000;
/** How long after a sign of life its reports are stored. */
const REPORTED = 5000;

describe('Liveness', () => {
  it('loses a node that is silent for the grace period, once', () => {
    const liveness = new Liveness(GRACE, 0);
    liveness.track('a', 0);
    liveness.markAlive('a', 10_000);
    expect(liveness.judge(10_000 + GRACE - 1)).toEqual([]);
    expect(liveness.state('a')).toBe('alive');
    expect(liveness.judge(10_000 + GRACE)).toEqual(['a']);
    expect(liveness.judge(10_000 + GRACE)).toEqual([]);
    expect(liveness.state('a')).toBe('lost');
  });

  it('waits for a node that never reported for the grace period from when it was first seen', () => {
    const liveness = new Liveness(GRACE, 0);
    liveness.track('a', 30_000);
    expect(liveness.state('a')).toBe('unknown');
    expect(liveness.judge(30_000 + GRACE - 1)).toEqual([]);
    expect(liveness.judge(30_000 + GRACE)).toEqual(['a']);
  });

  it('knows whether a node was heard of since a time, once its reports have come, too', () => {
    const liveness = new Liveness(GRACE, 0);
    liveness.track('a', 100);
    const heard = (at: number, now: number) => liveness.isHeardSince('a', at, now);
    expect(heard(0, 100)).toBe(false);
    liveness.markAlive('a', 200);
    expect(heard(200, 200 + REPORTED - 1)).toBe(false);
    expect([200, 201].map((at) => heard(at, 200 + REPORTED))).toEqual([true, false]);
    liveness.judge(200 + GRACE);
    expect(heard(200, 200 + GRACE)).toBe(false);
    expect(liveness.isHeardSince('none', 0, 0)).toBe(false);
  });

  it('does not take the first heartbeat after a silence for the report that follows it', () => {
    const liveness = new Liveness(GRACE, 0);
    liveness.markAlive('a', 0);
    const deadline = 20_000;
    const back = 30_000;
    liveness.markAlive('a', back);
    liveness.markAlive('a', back + 1000);
    expect(liveness.isHeardSince('a', deadline, back + 1000)).toBe(false);
    expect(liveness.isHeardSince('a', deadline, back + REPORTED)).toBe(true);
  });

  it.each([100, 1000, 7000])('hears in time of a node that sends a heartbeat every %i ms', (ms) => {
    const liveness = new Liveness(GRACE, 0);
    const at = 20_000;
    for (let now = 0; now < at + 2 * REPORTED + ms; now += ms) {
      liveness.markAlive('a', now);
      if (now < at + REPORTED) expect(liveness.isHeardSince('a', at, now)).toBe(false);
    }
    expect(liveness.isHeardSince('a', at, at + 2 * REPORTED + ms)).toBe(true);
  });

  it('returns true when a node sends a heartbeat that was not known to be alive', () => {
    const liveness = new Liveness(GRACE, 0);
    liveness.track('a', 0);
    expect(liveness.markAlive('a', 1)).toBe(true);
    expect(liveness.markAlive('a', 2)).toBe(false);
    liveness.judge(2 + GRACE);
    expect(liveness.markAlive('a', 3 + GRACE)).toBe(true);
    expect(liveness.state('a')).toBe('alive');
  });

  it('judges no node until it has listened for a grace period', () => {
    const liveness = new Liveness(GRACE, 0);
    for (const node of ['a', 'b', 'c']) liveness.markAlive(node, 0);
    liveness.startListening(GRACE - 1);
    expect(liveness.judge(2 * GRACE - 2)).toEqual([]);
    liveness.markAlive('b', 2 * GRACE - 2);
    expect(liveness.judge(2 * GRACE - 1)).toEqual(['a', 'c']);
  });

  it('forgets a node that is gone', () => {
    const liveness = new Liveness(GRACE, 0);
    liveness.track('a', 0);
    liveness.forget('a');
    expect(liveness.judge(GRACE)).toEqual([]);
  });

  it('agrees with a table of times that is looked through from end to end', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('hear' as const), node: fc.nat(4), after: fc.nat(30) }),
      fc.record({ kind: fc.constant('track' as const), node: fc.nat(4), after: fc.nat(30) }),
      fc.record({ kind: fc.constant('forget' as const), node: fc.nat(4), after: fc.nat(30) }),
      fc.record({ kind: fc.constant('listen' as const), node: fc.nat(4), after: fc.nat(30) }),
      fc.record({ kind: fc.constant('judge' as const), node: fc.nat(4), after: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const liveness = new Liveness(50, 0);
        const table = new Map<string, { at: number; lost: boolean }>();
        let listening = 0;
        let now = 0;
        for (const { kind, node, after } of steps) {
          now += after;
          const name = `n${node}`;
          if (kind === 'hear') {
            liveness.markAlive(name, now);
            table.set(name, { at: now, lost: false });
          } else if (kind === 'track') {
            liveness.track(name, now);
            if (!table.has(name)) table.set(name, { at: now, lost: false });
          } else if (kind === 'forget') {
            liveness.forget(name);
            table.delete(name);
          } else if (kind === 'listen') {
            liveness.startListening(now);
            listening = now;
          } else {
            const due = [...table].filter(([, e]) => !e.lost && now - Math.max(e.at, listening) >= 50);
            for (const [, entry] of due) entry.lost = true;
            expect(liveness.judge(now).sort()).toEqual(due.map(([n]) => n).sort());
          }
          for (const [n, { lost }] of table) expect(liveness.state(n) === 'lost').toBe(lost);
        }
      }),
    );
  });
});
