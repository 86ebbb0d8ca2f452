/**
 * Exact amounts of resources (apimachinery resource.Quantity): `250m`, `1.5Gi`, `2e3`. An amount is held in whole
 * nano-units, the smallest step that upstream keeps; finer amounts are rounded up, away from zero.
 */

/** The form of an amount: powers of 1024, powers of 1000 with letters, or powers of 1000 with an exponent. */
type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

export interface Quantity {
  /** The amount in units of 10⁻⁹. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** Thrown for text that is no quantity; the message is upstream's. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
  readonly retryable = false;
}

const NANO = 9;
const NANOS_IN_ONE = 10n ** 9n;
/** As upstream reads it: an amount without a digit is zero (`.`, `-`, `Mi`). */
const FORM = /^([+-]?)(\d*(?:\.\d*)?)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+|)$/;
/** Any number with any suffix. No two parts beside each other take the same digits: it is linear in any text. */
const GRAMMAR = /^[+-]?\d*(?:\.\d*)?(?:[eEinumkKMGTP]+[-+]?\d*|[-+]\d*)?$/;
const BINARY: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}; // prettier-ignore
const DECIMAL_LETTERS: ReadonlyMap<number, string> = new Map(
  Object.entries(DECIMAL).map(([letter, power]) => [power, letter]),
);
/** The greatest binary amount: 2⁶³−1 units. Greater ones are cut to it, as upstream does. */
const MAX_NANOS = (2n ** 63n - 1n) * NANOS_IN_ONE;
/** A greater power of ten would only use up memory. */
const MAX_EXPONENT = 60;

/** Digits of a number that upstream reads without big integers: with a decimal suffix, and the base of a binary one. */
const SHORT_DECIMAL = 18;
const SHORT_BINARY = 14;

const GRAMMAR_MESSAGE = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_MESSAGE = "unable to parse quantity's suffix";

/** Division that rounds the magnitude up. */
const divideUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;

/** `digits × 10^power` in nano-units, magnitude rounded up. */
function scaled(digits: bigint, power: number): bigint {
  const shift = power + NANO;
  return shift >= 0 ? digits * 10n ** BigInt(shift) : divideUp(digits, 10n ** BigInt(-shift));
}

/**
 * Reads a quantity. JSON numbers are read as their decimal text.
 * @throws QuantityError when the text is no quantity.
 */
export function parseQuantity(text: string | number): Quantity {
  const written = String(text).trim();
  const match = written === '' ? null : FORM.exec(written);
  if (!match) {
    if (written === '') throw new QuantityError(GRAMMAR_MESSAGE);
    throw new QuantityError(GRAMMAR.test(written) ? SUFFIX_MESSAGE : GRAMMAR_MESSAGE);
  }
  const [, sign = '', number = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = number.split('.');
  const digits = BigInt(`${whole}${fraction}` || '0');
  const binary = BINARY[suffix];
  let nanos: bigint;
  let format: QuantityFormat = 'DecimalSI';
  if (binary !== undefined) {
    format = 'BinarySI';
    nanos = scaled(digits << binary, -fraction.length);
  } else {
    let power = DECIMAL[suffix];
    if (power === undefined) {
      format = 'DecimalExponent';
      power = Math.max(-MAX_EXPONENT, Math.min(MAX_EXPONENT, Number(suffix.slice(1))));
    }
    nanos = scaled(digits, power - fraction.length);
  }
  if (nanos > MAX_NANOS && binary !== undefined) nanos = MAX_NANOS;
  return { nanos: sign === '-' ? -nanos : nanos, format };
}

/** The sum. A zero takes the form of what is added to it, as upstream's does. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

/** The difference, in the form of `a`, or of `b` where `a` is zero. */
export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return addQuantities(a, { nanos: -b.nanos, format: b.format });
}

/** Negative, zero or positive, as for `sort`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/** Thousandths, rounded up in magnitude: the unit of CPU sums. */
export function milliValue(quantity: Quantity): bigint {
  return roundedUp(quantity.nanos, 10n ** 6n);
}

/** Whole units, rounded up in magnitude: bytes, pods. */
export function wholeValue(quantity: Quantity): bigint {
  return roundedUp(quantity.nanos, NANOS_IN_ONE);
}

function roundedUp(nanos: bigint, unit: bigint): bigint {
  return nanos < 0n ? -divideUp(-nanos, unit) : divideUp(nanos, unit);
}

/**
 * The canonical text: no fraction, and the greatest suffix that allows it. `1000m` is `1`, `0.5` is `500m`, `1.5Gi` is
 * `1536Mi`. Binary amounts under 1024 or with a fraction are written in decimal form.
 */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const sign = nanos < 0n ? '-' : '';
  const magnitude = nanos < 0n ? -nanos : nanos;
  if (format === 'BinarySI' && magnitude % NANOS_IN_ONE === 0n && magnitude >= 1024n * NANOS_IN_ONE) {
    return sign + formatBinary(magnitude / NANOS_IN_ONE);
  }
  return sign + formatDecimal(magnitude, format);
}

/**
 * The text in which a quantity is kept: the canonical one, or that of the client where upstream takes it for canonical
 * without a closer look (`5.`, `+1`, `007`, `1.500`). Source: apimachinery resource.ParseQuantity.
 * @throws QuantityError when the text is no quantity.
 */
export function keptQuantity(text: string | number): string {
  const quantity = parseQuantity(text);
  const written = String(text).trim();
  return looksCanonical(written) ? written : formatQuantity(quantity);
}

function looksCanonical(written: string): boolean {
  const [, , number = '', suffix = ''] = FORM.exec(written) ?? [];
  const [whole = '', fraction = ''] = number.split('.');
  const units = whole.replace(/^0+/, '') || '0';
  const digits = units + fraction;
  const binary = BINARY[suffix];
  if (binary !== undefined) {
    const isShort = units.length <= SHORT_BINARY - Math.trunc((Number(binary) * 3) / 10);
    return fraction === '' && isShort && BigInt(digits) % 8n !== 0n;
  }
  const scale = (DECIMAL[suffix] ?? Number(suffix.slice(1))) - fraction.length;
  const isCoarse = scale % 3 === 0 && scale >= -NANO;
  return isCoarse && digits.length <= SHORT_DECIMAL && !digits.endsWith('000') && !digits.startsWith('0');
}

function formatBinary(units: bigint): string {
  let amount = units;
  let suffix = '';
  for (const letters of Object.keys(BINARY)) {
    if (amount % 1024n !== 0n) break;
    amount /= 1024n;
    suffix = letters;
  }
  return `${amount}${suffix}`;
}

function formatDecimal(nanos: bigint, format: QuantityFormat): string {
  let amount = nanos;
  let power = -NANO;
  while (amount % 1000n === 0n && (power < 18 || format === 'DecimalExponent')) {
    amount /= 1000n;
    power += 3;
  }
  if (format === 'DecimalExponent') return power === 0 ? `${amount}` : `${amount}e${power}`;
  return `${amount}${DECIMAL_LETTERS.get(power) ?? ''}`;
}
