import { describe, expect, it } from 'vitest';
import { restartDelayMs } from './restart-delay.js';

describe('restartDelayMs', () => {
  it.each([
    { deaths: 1, hadStarted: true, most: 0 },
    { deaths: 1, hadStarted: false, most: 0 },
    { deaths: 2, hadStarted: true, most: 200 },
    { deaths: 4, hadStarted: true, most: 800 },
    { deaths: 20, hadStarted: true, most: 1000 },
    { deaths: 20, hadStarted: false, most: 10_000 },
  ])(
    'after $deaths deaths in a row, start complete: $hadStarted, is at most $most ms',
    ({ deaths, hadStarted, most }) => {
      const delay = restartDelayMs(deaths, hadStarted);
      expect(delay).toBeLessThanOrEqual(most);
      expect(delay).toBeGreaterThanOrEqual(most * 0.75);
    },
  );
});
