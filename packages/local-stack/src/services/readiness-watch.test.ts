import { describe, expect, it } from 'vitest';
import { nextState } from './readiness-watch.js';

describe('the state of a service after a probe', () => {
  it.each([
    [false, 'silent', 'starting'],
    [false, 'not ready', 'starting'],
    [false, 'ready', 'ready'],
    [true, 'silent', 'silent'],
    [true, 'not ready', 'not ready'],
    [true, 'ready', 'ready'],
  ] as const)('has started: %s, probe: %s, so it is %s', (hasStarted, probe, expected) => {
    expect(nextState(hasStarted, probe)).toBe(expected);
  });
});
