import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ReceivedRevisions } from './received-revisions.js';

it('knows what was received, in whatever order and however often', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(8)).map(([first, more]) => ({ first, last: first + more }));
  fc.assert(
    fc.property(fc.nat(20), fc.array(range), (start, ranges) => {
      const received = new ReceivedRevisions(start);
      const all = new Set(Array.from({ length: start + 1 }, (_, i) => i));
      for (const { first, last } of ranges) {
        received.add({ first, last });
        for (let revision = first; revision <= last; revision += 1) all.add(revision);
      }
      for (let revision = 0; revision < 80; revision += 1) expect(received.has(revision)).toBe(all.has(revision));
      let position = start;
      while (all.has(position + 1)) position += 1;
      expect(received.position).toBe(position);
    }),
  );
});
