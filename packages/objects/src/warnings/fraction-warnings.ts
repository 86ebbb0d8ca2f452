import { milliValue, parseQuantity } from '../quantity/index.js';

/** Amounts of bytes that are no whole number, such as `128m`, which is 0.128 bytes. */
export function fractionWarnings(
  amounts: Readonly<Record<string, string>> | undefined,
  names: readonly string[],
  field: string,
): string[] {
  if (!amounts) return [];
  return names.flatMap((name) => {
    const amount = Object.hasOwn(amounts, name) ? amounts[name] : undefined;
    // Only these letters, or a negative power of ten, can make a fraction of a canonical amount.
    if (amount === undefined || !/[num]|e-/.test(amount) || milliValue(parseQuantity(amount)) % 1000n === 0n) return [];
    const detail = `fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`;
    return [`${field}[${name}]: ${detail}`];
  });
}
