import { describe, expect, it } from 'vitest';
import { fault, killed, operation, RUN } from '../../fixtures/faults.js';
import type { HistoryEntry, Operation } from '../history.js';
import { checkAnswers } from './check-answers.js';

const write = (began: number, answer: Partial<Operation>): HistoryEntry =>
  operation(began, { action: { do: 'create', value: '1' }, outcome: 'unknown', ...answer });
const broken = (began: number, reused = false): HistoryEntry => write(began, { error: 'ECONNRESET', reused });
const staleRead = (began: number, answer: { status?: number; error?: string; reused?: boolean }): HistoryEntry => ({
  entry: 'stale-read',
  path: '/api/v1/nodes?resourceVersion=0',
  began,
  ended: began + 100,
  warned: false,
  ...answer,
});
const found = (...history: HistoryEntry[]) => checkAnswers([RUN, ...history]).length;
const messages = (...history: HistoryEntry[]) => checkAnswers(history).map(({ message }) => message);

describe('checkAnswers', () => {
  it('accepts 503 with Retry-After and 504, and no other answer of the server to an outage', () => {
    expect(found(write(0, { status: 503, retryAfter: true }), write(0, { status: 504 }))).toBe(0);
    expect(messages(write(0, { status: 500 }))).toEqual([expect.stringContaining('500 to create')]);
    expect(messages(write(0, { status: 503 }))).toEqual([expect.stringContaining('503 without Retry-After to create')]);
  });

  it('refuses 504 with an invitation to repeat a write', () => {
    expect(found(write(0, { status: 504, retryAfter: true }))).toBe(1);
  });

  it('finds a watch that is answered with an error that is no outage, or broken while every replica is up', () => {
    const ends = [410, 429, 503, 504, 500, 0].map(
      (code): HistoryEntry => ({ entry: 'watch', what: 'end', watch: 'w', at: 1, code }),
    );
    expect(messages(...ends)).toEqual(['500 to the watch w', '0 to the watch w']);
    const reset: HistoryEntry = { entry: 'watch', what: 'end', watch: 'w', at: 10_100, error: 'ECONNRESET' };
    expect(found(killed('scheduler-1'), reset)).toBe(1);
    expect(found(killed('api-1'), reset)).toBe(0);
  });
});

describe('a connection that breaks', () => {
  it('is excused when it was open and its api was down, and not when another part was', () => {
    expect(found(killed('api-1'), broken(15_000, true))).toBe(0);
    expect(found(killed('scheduler-1'), broken(15_000, true))).toBe(1);
  });

  it('is excused when it is new only for a second after an api was killed, also when both were', () => {
    for (const down of [['api-1'], ['api-1', 'api-2']]) {
      expect(found(killed(...down), broken(10_900))).toBe(0);
      expect(found(killed(...down), broken(12_000))).toBe(1);
    }
  });

  it('is excused when it is new for five seconds after an api was stopped, and when it goes on', () => {
    const stopped = fault({ healed: 30_000, ready: 31_000, down: ['api-1'], effects: { newConnectionsMs: 5000 } });
    for (const at of [10_000, 14_900, 30_100]) expect(found(stopped, broken(at))).toBe(0);
    for (const at of [16_000, 25_000]) expect(found(stopped, broken(at))).toBe(1);
  });

  it('is excused while there is no front door, and not after that', () => {
    const stopped = fault({ healed: 30_000, ready: 50_000, down: ['supervisor'] });
    expect(found(stopped, broken(25_000))).toBe(0);
    expect(found(stopped, broken(40_000))).toBe(1);
  });

  it('is excused from when a fault strikes that waits for its moment, and never when that does not come', () => {
    const late = { healed: 16_000, down: ['api-1'], effects: { newConnectionsMs: 1000 } };
    expect(found(fault({ ...late, strikes: [15_000] }), broken(15_100))).toBe(0);
    expect(found(fault({ ...late, strikes: [15_000] }), broken(10_100))).toBe(1);
    expect(found(fault({ ...late, strikes: [] }), broken(15_100, true))).toBe(1);
  });
});

describe('a read that may be stale', () => {
  it('gets 503 only while no replica lives', () => {
    expect(found(killed('api-1', 'api-2'), staleRead(12_000, { status: 503 }))).toBe(0);
    expect(found(killed('api-1'), killed('api-2'), staleRead(12_000, { status: 503 }))).toBe(0);
    expect(found(killed('api-1'), staleRead(12_000, { status: 503 }))).toBe(1);
    expect(found(killed('api-1', 'api-2'), staleRead(12_000, { status: 500 }))).toBe(1);
  });

  it('gets 503 by a connection that was open to an api that ends', () => {
    expect(found(killed('api-1'), staleRead(12_000, { status: 503, reused: true }))).toBe(0);
    expect(found(staleRead(12_000, { status: 503, reused: true }))).toBe(1);
  });

  it('is given up only while its connection may break', () => {
    expect(found(killed('api-1'), staleRead(10_500, { error: 'gave up' }))).toBe(0);
    expect(found(killed('api-1'), staleRead(15_000, { error: 'gave up' }))).toBe(1);
    expect(found(killed('api-1'), staleRead(15_000, { error: 'gave up', reused: true }))).toBe(0);
  });
});
