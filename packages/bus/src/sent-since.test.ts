import { describe, expect, it } from 'vitest';
import { SentSince } from './sent-since.js';

const counts = (server: string, accounts: Record<string, [number, number]>) => ({
  server,
  accounts: new Map(Object.entries(accounts).map(([account, [messages, bytes]]) => [account, { messages, bytes }])),
});

describe('what accounts have sent since the look before', () => {
  it('is counted for each server from its own counts, and added', () => {
    const sent = new SentSince();
    expect(sent.next([counts('one', { a: [1000, 9000] }), counts('two', { a: [5, 50] })], 0)).toEqual(new Map());
    // In another order, as servers answer.
    const second = sent.next([counts('two', { a: [8, 80] }), counts('one', { a: [1002, 9020], b: [1, 10] })], 1000);
    expect(Object.fromEntries(second)).toEqual({ a: { messages: 5, bytes: 50 }, b: { messages: 1, bytes: 10 } });
  });

  it('is nothing of what a server counted before it was seen, and all that one missed a look for', () => {
    const sent = new SentSince();
    sent.next([counts('one', { a: [10, 10] }), counts('two', { a: [100, 100] })], 0);
    expect(sent.next([counts('one', { a: [10, 10] }), counts('new', { a: [9999, 9999] })], 1000)).toEqual(new Map());
    const back = sent.next([counts('one', { a: [10, 10] }), counts('two', { a: [103, 130] })], 2000);
    expect(Object.fromEntries(back)).toEqual({ a: { messages: 3, bytes: 30 } });
  });

  it('begins again where counts do, and with a server that was away for long', () => {
    const sent = new SentSince();
    sent.next([counts('one', { a: [100, 100] })], 0);
    expect(sent.next([counts('one', { a: [3, 3] })], 1000)).toEqual(new Map());
    expect(sent.next([counts('other', {})], 700_000)).toEqual(new Map());
    expect(sent.next([counts('one', { a: [5000, 5000] })], 701_000)).toEqual(new Map());
  });
});
