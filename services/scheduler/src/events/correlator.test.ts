import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { COMBINED_PREFIX, EventCorrelator } from './correlator.js';
import type { EventFacts } from './event-recorder.js';

const MINUTE = 60_000;
const START = Date.parse('2026-01-01T00:00:00Z');

const event = (changes: Partial<EventFacts> = {}): EventFacts => ({
  subject: { apiVersion: 'v1', kind: 'Pod', namespace: 'ns', name: 'web', uid: 'u1' },
  type: 'Normal',
  reason: 'Started',
  message: 'Started container web',
  component: 'kubelet',
  host: 'node-1',
  ...changes,
});

let correlator: EventCorrelator;
let names: number;

beforeEach(() => {
  names = 0;
  correlator = new EventCorrelator({ suffix: () => (names++).toString(16).padStart(16, '0') });
});

describe('EventCorrelator', () => {
  it('counts the same event under one name', () => {
    const first = correlator.correlate(event(), START);
    const second = correlator.correlate(event(), START + MINUTE);
    expect(first).toMatchObject({ name: 'web.0000000000000000', count: 1, firstMs: START, lastMs: START });
    expect(second).toMatchObject({ name: first?.name, count: 2, firstMs: START, lastMs: START + MINUTE });
  });

  it('begins anew after ten quiet minutes', () => {
    const first = correlator.correlate(event(), START);
    const later = correlator.correlate(event(), START + 10 * MINUTE + 1);
    expect(later?.count).toBe(1);
    expect(later?.name).not.toBe(first?.name);
  });

  it.each([
    ['reason', { reason: 'Killing' }],
    ['type', { type: 'Warning' as const }],
    ['message', { message: 'other' }],
    ['object', { subject: { ...event().subject, uid: 'u2' } }],
    ['part of the object', { subject: { ...event().subject, fieldPath: 'spec.containers{b}' } }],
    ['source', { host: 'node-2' }],
  ])('keeps events apart that differ in %s', (_what, changes) => {
    correlator.correlate(event(), START);
    expect(correlator.correlate(event(changes), START)?.count).toBe(1);
  });

  it('combines from the tenth different message on', () => {
    const seen = Array.from({ length: 12 }, (_, i) => correlator.correlate(event({ message: `try ${i}` }), START + i));
    expect(seen.slice(0, 9).map((e) => e?.facts.message)).toEqual(Array.from({ length: 9 }, (_, i) => `try ${i}`));
    expect(seen.slice(9).map((e) => e?.facts.message)).toEqual([
      `${COMBINED_PREFIX}try 9`,
      `${COMBINED_PREFIX}try 10`,
      `${COMBINED_PREFIX}try 11`,
    ]);
    expect(new Set(seen.slice(9).map((e) => e?.name)).size).toBe(1);
    expect(seen.at(-1)?.count).toBe(3);
  });

  it('cuts a source off after 25 events on an object and lets one through every five minutes', () => {
    const passed = (n: number, at: number): number =>
      Array.from({ length: n }, () => correlator.correlate(event(), at)).filter(Boolean).length;
    expect(passed(40, START)).toBe(25);
    expect(passed(10, START + 5 * MINUTE - 1)).toBe(0);
    expect(passed(10, START + 5 * MINUTE)).toBe(1);
    expect(correlator.correlate(event({ host: 'node-2' }), START)?.count).toBe(1);
  });

  it('shows the true count once a source may speak again', () => {
    for (let i = 0; i < 30; i += 1) correlator.correlate(event(), START);
    expect(correlator.correlate(event(), START + 5 * MINUTE)?.count).toBe(31);
  });

  it('does not believe a reporter whose clock runs ahead', () => {
    const ahead = correlator.correlate(event({ atMs: START + 60 * MINUTE }), START);
    expect(ahead?.lastMs).toBe(START);
    const behind = correlator.correlate(event({ atMs: START - MINUTE, message: 'other' }), START);
    expect(behind?.firstMs).toBe(START - MINUTE);
  });

  it('cuts a long name so that the event has a valid one', () => {
    const name = `${'a'.repeat(235)}.${'b'.repeat(17)}`;
    const made = correlator.correlate(event({ subject: { ...event().subject, name } }), START)?.name ?? '';
    expect(made.length).toBeLessThanOrEqual(253);
    expect(made).toMatch(/^[a-z0-9.-]*[a-z0-9]\.0{16}$/);
  });

  it('never lets more through than its budget, whatever comes', () => {
    const steps = fc.array(fc.record({ afterMs: fc.nat(2 * MINUTE), message: fc.nat(30) }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (list) => {
        const fresh = new EventCorrelator({ suffix: () => '0'.repeat(16) });
        let now = START;
        let passed = 0;
        for (const { afterMs, message } of list) {
          now += afterMs;
          if (fresh.correlate(event({ message: String(message) }), now)) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(25 + Math.floor((now - START) / (5 * MINUTE)));
      }),
    );
  });
});
