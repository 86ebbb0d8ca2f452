import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareQuantities,
  formatQuantity,
  keptQuantity,
  milliValue,
  parseQuantity,
  QuantityError,
  wholeValue,
} from './quantity.js';

/** The form in which the API writes a quantity. */
const canonical = (text: string | number): string => formatQuantity(parseQuantity(text));

describe('a long text', () => {
  it('is refused at once', () => {
    const text = `${'1'.repeat(100_000)}!`;
    expect(() => parseQuantity(text)).toThrow('must match the regular expression');
    expect(() => parseQuantity(`${'1'.repeat(100_000)}e`)).toThrow("unable to parse quantity's suffix");
  });
});

describe('the kept form', () => {
  // What upstream takes for canonical without computing it.
  it.each(['5.', '+4', '007', '1.500', '1.001', '+1Gi', '01Ki', '5.Mi', '1E3', '1e+3', '1e0', '1.234k', '12e-3', '2u'])(
    '%s stays',
    (text) => {
      expect(keptQuantity(text)).toBe(text);
      expect(keptQuantity(` ${text} `)).toBe(text);
    },
  );

  it.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1.50', '1500m'],
    ['0.500', '500m'],
    ['1.000', '1'],
    ['+8Gi', '8Gi'],
    ['0008Ki', '8Ki'],
    ['1.5Gi', '1536Mi'],
    ['+1000', '1k'],
    ['1e1', '10'],
    ['1234567890123456789', '1234567890123456789'],
    ['+1234567890123456789', '1234567890123456789'],
    ['+123456789.Mi', '123456789Mi'],
    [1.5, '1500m'],
  ])('%s becomes %s', (text, expected) => expect(keptQuantity(text)).toBe(expected));

  it('is the same amount, and stays', () => {
    const digits = fc.stringMatching(/^\d{0,19}$/);
    const texts = fc
      .tuple(
        fc.constantFrom('', '+', '-'),
        digits,
        fc.constantFrom('', '.'),
        digits,
        fc.constantFrom('', 'm', 'Ki', 'e3', 'G'),
      )
      .map(([sign, whole, point, rest, suffix]) => sign + whole + point + (point && rest) + suffix)
      .filter((text) => text !== '');
    fc.assert(
      fc.property(texts, (text) => {
        const kept = keptQuantity(text);
        expect(parseQuantity(kept).nanos).toBe(parseQuantity(text).nanos);
        expect(keptQuantity(kept)).toBe(kept);
      }),
      propertyRuns(),
    );
  });
});

describe('the canonical form', () => {
  it.each([
    ['0', '0'],
    ['0Gi', '0'],
    ['-0', '0'],
    ['1000m', '1'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['5.', '5'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000Ki', '1000Ki'],
    ['0.1Ki', '102400m'],
    ['1Ki', '1Ki'],
    ['0.5Ki', '512'],
    ['100000', '100k'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['12e5', '1200e3'],
    ['100e-3', '100e-3'],
    ['1e0', '1'],
    ['-250m', '-250m'],
    ['+4', '4'],
    ['0.1n', '1n'],
    ['16E', '16E'],
    [2, '2'],
    [0.1, '100m'],
    ['1.2u', '1200n'],
  ])('%s is %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it.each(['', 'abc', '1 Gi', '1.2.3', '1.m.', '1Zi', '+ 1'])('%j matches no quantity', (text) => {
    expect(() => parseQuantity(text)).toThrow(QuantityError);
    expect(() => parseQuantity(text)).toThrow('must match the regular expression');
  });

  it.each(['.', '+', '-', 'Mi', 'm', '-k', '.e3', '000'])('%j has no digit, and is zero', (text) => {
    expect(canonical(text)).toBe('0');
  });

  it.each(['--1', '1mm', '1Mi5', '1eE', '5K'])('%j has an unknown suffix', (text) => {
    expect(() => parseQuantity(text)).toThrow("unable to parse quantity's suffix");
  });

  it('does not build huge powers', () => {
    expect(canonical('1e999999999')).toBe('1e60');
    expect(canonical('1e-999999999')).toBe('1e-9');
  });
});

const quantity = fc
  .tuple(
    fc.integer({ min: -1_000_000, max: 1_000_000 }),
    fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'e2', 'u'),
  )
  .map(([amount, suffix]) => parseQuantity(`${amount}${suffix}`));

describe('arithmetic', () => {
  it('rounds up to thousandths and to units', () => {
    expect(milliValue(parseQuantity('1u'))).toBe(1n);
    expect(milliValue(parseQuantity('1500m'))).toBe(1500n);
    expect(wholeValue(parseQuantity('1500m'))).toBe(2n);
    expect(wholeValue(parseQuantity('-1500m'))).toBe(-2n);
  });

  it('keeps the amount and the form through its text', () => {
    fc.assert(
      fc.property(quantity, (value) => {
        const text = formatQuantity(value);
        expect(parseQuantity(text).nanos).toBe(value.nanos);
        expect(formatQuantity(parseQuantity(text))).toBe(text);
      }),
      propertyRuns(),
    );
  });

  it('orders as numbers do', () => {
    fc.assert(
      fc.property(quantity, quantity, (a, b) => {
        expect(Math.sign(compareQuantities(a, b))).toBe(Math.sign(Number(a.nanos - b.nanos)));
      }),
      propertyRuns(),
    );
  });
});
