import { describe, expect, it } from 'vitest';
import { checkAnswers } from './answers.js';
import type { HistoryEntry, Operation } from './history.js';

const operation = (answer: Partial<Operation>): HistoryEntry => ({
  entry: 'operation',
  id: 1,
  client: 'one',
  key: 'configmaps a/b',
  action: { do: 'create', value: '1' },
  began: 10_000,
  ended: 10_100,
  outcome: 'unknown',
  ...answer,
});
const staleRead = (answer: { status?: number; error?: string }): HistoryEntry => ({
  entry: 'stale-read',
  path: '/api/v1/nodes?resourceVersion=0',
  began: 10_000,
  ended: 10_100,
  warned: false,
  ...answer,
});
const fault = (down: string[]): HistoryEntry => ({
  entry: 'fault',
  fault: 'kill',
  target: down.join(),
  began: 9000,
  healed: 9100,
  ready: 10_050,
  down,
  injected: 9000,
  effects: {
    newConnectionsMs: 0,
    writes: { meanwhile: false, limitMs: 5000 },
    reads: { meanwhile: false, limitMs: 5000 },
  },
});
const messages = (...history: HistoryEntry[]) => checkAnswers(history).map(({ message }) => message);

describe('checkAnswers', () => {
  it('accepts 503 with Retry-After and 504, and no other answer of the server to an outage', () => {
    expect(messages(operation({ status: 503, retryAfter: true }), operation({ status: 504 }))).toEqual([]);
    expect(messages(operation({ status: 500 }))).toEqual(['operation 1 of one: 500 to create']);
    expect(messages(operation({ status: 503 }))).toEqual(['operation 1 of one: 503 without Retry-After to create']);
  });

  it('refuses 504 with an invitation to repeat a write', () => {
    expect(messages(operation({ status: 504, retryAfter: true }))).toHaveLength(1);
  });

  it('excuses a broken connection and a refused stale read while an api is down, and not while another part is', () => {
    const broken = [operation({ error: 'ECONNRESET' }), staleRead({ status: 503 })];
    expect(messages(fault(['api-1']), ...broken)).toEqual([]);
    expect(messages(fault(['scheduler-1']), ...broken)).toEqual([
      'operation 1 of one: its connection broke (ECONNRESET) with every replica up',
      '503 to GET /api/v1/nodes?resourceVersion=0, which a cache may answer',
    ]);
  });

  it('finds a watch that is answered with an error that is no outage', () => {
    const ends = [410, 429, 503, 504, 500, 0].map(
      (code): HistoryEntry => ({ entry: 'watch', what: 'end', watch: 'w', at: 1, code }),
    );
    expect(checkAnswers(ends).map(({ message }) => message)).toEqual(['500 to the watch w', '0 to the watch w']);
  });
});
