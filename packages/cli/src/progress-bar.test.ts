import { describe, expect, it } from 'vitest';
import { progressBar } from './progress-bar.js';

describe('progressBar', () => {
  it.each([
    [0, 10, '░░░░ 0 of 10'],
    [6500, 10_000, '██░░ 6,500 of 10,000'],
    [9999, 10_000, '███░ 9,999 of 10,000'],
    [10_000, 10_000, '████ 10,000 of 10,000'],
    [12, 10, '████ 12 of 10'],
    [0, 0, '████ 0 of 0'],
  ])('shows %d of %d', (done, of, text) => {
    expect(progressBar(done, of, 4)).toBe(text);
  });
});
