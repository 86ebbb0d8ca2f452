import { formatQuantity, parseQuantity, QuantityError } from '@everynode/objects';
import type { Environment } from '../program.js';

type Parsed = ReturnType<typeof parseQuantity>;

const NANOS = 10n ** 9n;
const MAX_INTEGER = 2n ** 63n;

class Quantity {
  constructor(readonly value: Parsed) {}

  get nanos(): bigint {
    return this.value.nanos;
  }

  get isInteger(): boolean {
    const whole = this.nanos / NANOS;
    return this.nanos % NANOS === 0n && whole < MAX_INTEGER && whole >= -MAX_INTEGER;
  }

  plus(nanos: bigint): Quantity {
    return new Quantity({ ...this.value, nanos: this.nanos + nanos });
  }

  toString(): string {
    return formatQuantity(this.value);
  }
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}

const NAME = 'kubernetes.Quantity';
const compare = (a: Quantity, b: Quantity): bigint => (a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n);

/** Source: apiserver pkg/cel/library/quantity.go. */
export function addQuantities(environment: Environment): void {
  environment
    .registerType(NAME, Quantity)
    .registerFunction(`quantity(string): ${NAME}`, (text: string) => new Quantity(parseQuantity(text)))
    .registerFunction('isQuantity(string): bool', isQuantity)
    .registerFunction(`${NAME}.sign(): int`, (one: Quantity) => (one.nanos < 0n ? -1n : one.nanos > 0n ? 1n : 0n))
    .registerFunction(`${NAME}.isGreaterThan(${NAME}): bool`, (a: Quantity, b: Quantity) => a.nanos > b.nanos)
    .registerFunction(`${NAME}.isLessThan(${NAME}): bool`, (a: Quantity, b: Quantity) => a.nanos < b.nanos)
    .registerFunction(`${NAME}.compareTo(${NAME}): int`, compare)
    .registerFunction(`${NAME}.asApproximateFloat(): double`, (one: Quantity) => Number(one.nanos) / 1e9)
    .registerFunction(`${NAME}.isInteger(): bool`, (one: Quantity) => one.isInteger)
    .registerFunction(`${NAME}.asInteger(): int`, (one: Quantity) => {
      if (!one.isInteger) throw new Error('cannot convert value to integer');
      return one.nanos / NANOS;
    })
    .registerFunction(`${NAME}.add(${NAME}): ${NAME}`, (a: Quantity, b: Quantity) => a.plus(b.nanos))
    .registerFunction(`${NAME}.add(int): ${NAME}`, (a: Quantity, b: bigint) => a.plus(b * NANOS))
    .registerFunction(`${NAME}.sub(${NAME}): ${NAME}`, (a: Quantity, b: Quantity) => a.plus(-b.nanos))
    .registerFunction(`${NAME}.sub(int): ${NAME}`, (a: Quantity, b: bigint) => a.plus(-b * NANOS))
    .registerOperator(`${NAME} == ${NAME}`, (a: Quantity, b: Quantity) => a.nanos === b.nanos);
}
