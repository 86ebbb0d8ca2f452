import { describe, expect, it } from 'vitest';
import { type Loss, SentMessages } from './sent-messages.js';

/** Messages whose clock the test owns, and what became of them. */
function setup() {
  const clock = { now: 1000 };
  const messages = new SentMessages(() => clock.now);
  const fates: Record<number, 'stored' | Loss> = {};
  const send = (losses = 0): number => {
    const number = messages.add(
      {
        onStored: () => {
          fates[number] = 'stored';
        },
        onLost: (loss) => {
          fates[number] = loss;
        },
      },
      losses,
    );
    messages.accepted(number);
    return number;
  };
  const pass = (ms: number): void => {
    clock.now += ms;
    messages.check();
  };
  return { messages, fates, send, pass };
}

describe('messages that the store has not acknowledged', () => {
  it('are lost when a later one was stored three seconds ago, each of them', () => {
    const { messages, fates, send, pass } = setup();
    for (let i = 0; i < 4; i += 1) send();
    messages.stored(3);
    pass(2999);
    expect(fates).toEqual({ 3: 'stored' });
    pass(1);
    expect(fates).toEqual({ 1: 'overtaken', 2: 'overtaken', 3: 'stored' });
    expect(messages.size).toBe(1);
  });

  it('wait longer each time that the same was lost', () => {
    const { messages, fates, send, pass } = setup();
    send(2);
    send();
    messages.stored(2);
    pass(11_999);
    expect(fates[1]).toBeUndefined();
    pass(1);
    expect(fates[1]).toBe('overtaken');
  });

  it('are sent again one by one, the oldest first and ever less often, while the store is silent', () => {
    const { messages, fates, send, pass } = setup();
    for (let i = 0; i < 4; i += 1) send();
    pass(3000);
    expect(fates).toEqual({ 1: 'silence' });
    pass(4999);
    expect(fates).toEqual({ 1: 'silence' });
    pass(1);
    expect(fates).toEqual({ 1: 'silence', 2: 'silence' });
    pass(8000);
    expect(messages.size).toBe(1);
  });

  it('are not lost while the store works through earlier ones, however slowly', () => {
    const { messages, fates, send, pass } = setup();
    for (let i = 0; i < 6; i += 1) send();
    for (let number = 1; number <= 5; number += 1) {
      pass(2900);
      messages.stored(number);
    }
    expect(fates).toEqual({ 1: 'stored', 2: 'stored', 3: 'stored', 4: 'stored', 5: 'stored' });
  });

  it('may all be lost after a reset, but for those that the bus does not have yet', () => {
    const { messages, fates, send } = setup();
    send();
    const number = messages.add({
      onStored: () => undefined,
      onLost: () => {
        throw new Error('it is still on its way');
      },
    });
    messages.reset();
    expect(fates).toEqual({ 1: 'reset' });
    expect(messages.withdraw(number)).toBe(true);
    expect(messages.withdraw(number)).toBe(false);
  });

  it('are acknowledged once, even if the acknowledgement comes twice or before the answer of the bus', () => {
    const { messages, fates, send } = setup();
    const number = messages.add({
      onStored: () => {
        fates[0] = 'stored';
      },
      onLost: () => undefined,
    });
    messages.stored(number);
    messages.accepted(number);
    expect(fates).toEqual({ 0: 'stored' });
    messages.stored(number);
    messages.stored(99);
    send();
    expect(messages.size).toBe(1);
  });
});
