import { addQuantities, formatQuantity, parseQuantity, type Quantity } from '../quantity/index.js';

/** Amounts by the name of what is counted: `pods`, `requests.cpu`, `count/daemonsets.apps`. */
export type Amounts = ReadonlyMap<string, Quantity>;

export const ONE: Quantity = { nanos: 10n ** 9n, format: 'DecimalSI' };
export const ZERO: Quantity = { nanos: 0n, format: 'DecimalSI' };

/** A number of objects. */
export const countOf = (count: number): Quantity => ({ nanos: BigInt(count) * ONE.nanos, format: 'DecimalSI' });

/** Reads the amounts of a quota. They are canonical, so they can be read. */
export const amountsOf = (values: Readonly<Record<string, string>> | undefined): Map<string, Quantity> =>
  new Map(Object.entries(values ?? {}).map(([name, value]) => [name, parseQuantity(value)]));

/** Adds amounts to a total, in place. */
export function addTo(total: Map<string, Quantity>, amounts: Amounts): void {
  for (const [name, amount] of amounts) total.set(name, addQuantities(total.get(name) ?? ZERO, amount));
}

/** The amounts as an object has them, by name. */
export const writtenAmounts = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries(
    [...amounts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, amount]) => [name, formatQuantity(amount)]),
  );

/** `pods=1,requests.cpu=2`, as the refusal of a quota writes it. */
export const describeAmounts = (amounts: Amounts): string =>
  Object.entries(writtenAmounts(amounts))
    .map(([name, amount]) => `${name}=${amount}`)
    .join(',');
