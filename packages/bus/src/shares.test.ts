import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Shares } from './shares.js';

const LIMITS = { messages: 4, bytes: 1000 };

/** Takes all that may be taken now. */
function takeAll(shares: Shares<string>): string[] {
  const taken: string[] = [];
  for (let next = shares.take(); next; next = shares.take()) taken.push(next.value);
  return taken;
}

describe('the shares of senders', () => {
  it('give a sender half of what is handled at once, and the rest to the next', () => {
    const shares = new Shares<string>(LIMITS);
    for (let i = 0; i < 10; i += 1) shares.add('a', `a${i}`, 1);
    expect(takeAll(shares)).toEqual(['a0', 'a1']);
    shares.add('b', 'b0', 1);
    expect(takeAll(shares)).toEqual(['b0']);
    shares.done('a', 1);
    shares.add('c', 'c0', 1);
    expect(takeAll(shares)).toEqual(['a2', 'c0']);
  });

  it('count bytes as well, and always let one message of a sender pass', () => {
    const shares = new Shares<string>(LIMITS);
    for (const value of ['a0', 'a1']) shares.add('a', value, 700);
    shares.add('b', 'b0', 10);
    expect(takeAll(shares)).toEqual(['a0', 'b0']);
    shares.done('a', 700);
    expect(takeAll(shares)).toEqual(['a1']);
  });

  it('keep no more than so many messages of a sender, and take those of others all the same', () => {
    const shares = new Shares<string>(LIMITS);
    const added = Array.from({ length: 100 }, (_, i) => shares.add('a', `a${i}`, 1)).filter(Boolean);
    expect(added).toHaveLength(64);
    expect(shares.add('b', 'b', 1)).toBe(true);
    expect(new Shares<string>(LIMITS).add('huge', 'h', 1e9)).toBe(true);
    for (let i = 0; shares.hasRoom; i += 1) shares.add(`s${i}`, 's', 1);
    expect(shares.waiting).toBe(1024);
  });

  it('hand out each message once, those of a sender in order, and no more at once than the limits', () => {
    const message = fc.record({ sender: fc.constantFrom('a', 'b', 'c'), bytes: fc.integer({ min: 1, max: 600 }) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), fc.infiniteStream(fc.nat(2)), (messages, choices) => {
        const shares = new Shares<number>(LIMITS);
        const running: { sender: string; value: number; bytes: number }[] = [];
        const taken: number[] = [];
        messages.forEach(({ sender, bytes }, i) => void shares.add(sender, i, bytes));
        while (taken.length < messages.length) {
          const next = (choices.next().value ?? 0) > 0 ? shares.take() : undefined;
          if (next) {
            running.push(next);
            taken.push(next.value);
          } else {
            const [oldest] = running.splice(0, 1);
            if (oldest) shares.done(oldest.sender, oldest.bytes);
          }
          expect(running.length).toBeLessThanOrEqual(LIMITS.messages);
          for (const sender of ['a', 'b', 'c']) {
            expect(running.filter((one) => one.sender === sender).length).toBeLessThanOrEqual(2);
          }
        }
        for (const sender of ['a', 'b', 'c']) {
          const own = taken.filter((i) => messages[i]?.sender === sender);
          expect(own).toEqual(own.toSorted((x, y) => x - y));
        }
        expect(shares.waiting).toBe(0);
      }),
    );
  });
});
