import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ResourceName } from '@everynode/objects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeChanges, encodeChange, type JournalEntry } from './index.js';

const text = fc.string({ unit: 'grapheme' });
const json = fc.jsonValue().map((value) => JSON.stringify(value));

const entry: fc.Arbitrary<JournalEntry> = fc.record({
  type: fc.constantFrom('ADDED' as const, 'MODIFIED' as const, 'DELETED' as const),
  resource: fc.constantFrom<ResourceName>('pods', 'daemonsets.apps', 'leases.coordination.k8s.io'),
  namespace: text,
  name: text,
  uid: text,
  revision: fc.nat(),
  previous: fc.nat(),
  placement: fc.option(text),
  deleting: fc.boolean(),
  changed: fc.record({ metadata: fc.boolean(), desired: fc.boolean(), observed: fc.boolean() }),
  metadata: json,
  desired: json,
  observed: fc.option(json.filter((value) => value !== 'null')),
});

describe('objects-changed', () => {
  it('decodes to what was encoded, without the parts that a change did not write', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const decoded = decodeChanges(Buffer.from(entries.map(encodeChange).join('')));
        const expected = entries.map((change) => {
          const { changed, deleting: _deleting, metadata, desired, observed, ...head } = change;
          const whole = change.type === 'ADDED';
          return {
            ...head,
            metadata: whole || changed.metadata ? metadata : undefined,
            desired: whole || changed.desired ? desired : undefined,
            observed: whole || changed.observed ? observed : undefined,
          };
        });
        expect(decoded).toEqual(expected);
      }),
    );
  });

  it('throws when a body is cut short', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1 }), fc.nat(), (entries, at) => {
        const body = entries.map(encodeChange).join('');
        const lines = body.split('\n');
        const cut = lines.slice(0, 1 + (at % (lines.length - 1))).join('\n');
        expect(() => decodeChanges(Buffer.from(cut))).toThrow();
      }),
    );
  });

  it('lets go of a body of which one part is kept', () => {
    const changed = { metadata: true, desired: true, observed: true };
    const head = {
      type: 'ADDED' as const,
      resource: 'pods' as const,
      namespace: '',
      uid: '',
      previous: 0,
      placement: null,
    };
    const change = (name: string, desired: string): string =>
      encodeChange({ ...head, name, revision: 1, deleting: false, changed, metadata: '{}', desired, observed: null });
    const body = Buffer.from(change('kept', `"${'k'.repeat(1000)}"`) + change('gone', `"${'g'.repeat(4_000_000)}"`));
    const before = heapUsed();
    const kept = Array.from({ length: 8 }, () => decodeChanges(body)[0]?.desired);
    expect(heapUsed() - before).toBeLessThan(4_000_000);
    expect(kept).toHaveLength(8);
  });
});

/** Bytes, after everything that can go has gone. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
