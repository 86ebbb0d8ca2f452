import { describe, expect, it } from 'vitest';
import { hangs, type LivenessAnswer, SILENCE_MS, silenceAfter, watchUntilItHangs } from './liveness.js';

/** Feeds answers, each with the time at which it was asked for and the time at which it was known. */
function afterAll(answers: [LivenessAnswer, number][]) {
  return answers.reduce<ReturnType<typeof silenceAfter>>(
    (silence, [answer, askedAt]) => silenceAfter(silence, answer, askedAt),
    undefined,
  );
}

describe('liveness', () => {
  it.each<[string, [LivenessAnswer, number][], number, boolean]>([
    ['has not been asked', [], 99_000, false],
    ['answers', [['answered', 0]], 99_000, false],
    [
      'is silent for less than the bound',
      [
        ['silent', 0],
        ['silent', 7000],
      ],
      SILENCE_MS - 1,
      false,
    ],
    ['has not answered one question, however long ago', [['silent', 0]], 99_000, false],
    [
      'could not be asked again',
      [
        ['silent', 0],
        ['unknown', 7000],
      ],
      99_000,
      false,
    ],
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

  it('does not blame a server for the time that its own process stood still', async () => {
    const stopping = new AbortController();
    const silences: (number | undefined)[] = [];
    let questions = 0;
    const watch = watchUntilItHangs({
      probe: async () => {
        questions += 1;
        if (questions === 2) stopping.abort();
        const until = performance.now() + 1200;
        while (performance.now() < until);
        return 'silent';
      },
      onSilence: (since) => silences.push(since),
      signal: stopping.signal,
      everyMs: 1,
    });
    expect(await watch).toBe(false);
    expect(silences).toEqual([]);
  });
});
