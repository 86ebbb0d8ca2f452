import { describe, expect, it } from 'vitest';
import { hangs, type LivenessAnswer, SILENCE_MS, silentSince } from './liveness.js';

/** Feeds answers, each with the time at which it was asked for and the time at which it was known. */
function afterAll(answers: [LivenessAnswer, number][]): number | undefined {
  return answers.reduce<number | undefined>(
    (since, [answer, askedAt]) => silentSince(since, answer, askedAt),
    undefined,
  );
}

describe('liveness', () => {
  it.each<[string, [LivenessAnswer, number][], number, boolean]>([
    ['has not been asked', [], 99_000, false],
    ['answers', [['answered', 0]], 99_000, false],
    ['is silent for less than the bound', [['silent', 0]], SILENCE_MS - 1, false],
    [
      'is silent since the first question without an answer',
      [
        ['silent', 0],
        ['silent', 7000],
      ],
      SILENCE_MS,
      true,
    ],
    [
      'has answered in between',
      [
        ['silent', 0],
        ['answered', 7000],
        ['silent', 9000],
      ],
      12_000,
      false,
    ],
  ])('of a server that %s', (_, answers, now, expected) => {
    expect(hangs(afterAll(answers), now)).toBe(expected);
  });
});
