import { describe, expect, it } from 'vitest';
import { healthText } from './index.js';

describe('the text of a health answer', () => {
  const lines = ['[+]start ok'];

  it('is short when all is well', () => {
    expect(healthText('/readyz', { ready: true, lines }, false)).toBe('ok');
  });

  it('has every condition on request, and always when one does not hold', () => {
    expect(healthText('/readyz', { ready: true, lines }, true)).toBe('[+]start ok\nreadyz check passed\n');
    expect(healthText('/livez', { ready: false, lines }, false)).toBe('[+]start ok\nlivez check failed\n');
  });
});
