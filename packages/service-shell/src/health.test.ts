import { describe, expect, it } from 'vitest';
import { healthText, Readiness } from './index.js';

describe('Readiness', () => {
  const readiness = new Readiness();
  let trouble: string | undefined;
  readiness.add('start', () => undefined);
  readiness.add('store', () => trouble);

  it('is ready when every condition holds', () => {
    trouble = undefined;
    expect(readiness.report()).toEqual({ ready: true, lines: ['[+]start ok', '[+]store ok'] });
  });

  it('asks each time, and has the reason of a condition that does not hold', () => {
    trouble = 'away';
    expect(readiness.report()).toEqual({ ready: false, lines: ['[+]start ok', '[-]store failed: away'] });
  });

  it('does not count conditions that the prober excludes', () => {
    trouble = 'away';
    expect(readiness.report(['store'])).toEqual({ ready: true, lines: ['[+]start ok', '[+]store excluded: ok'] });
  });

  it('names its conditions in the order in which they were added', () => {
    expect(readiness.names).toEqual(['start', 'store']);
  });
});

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
