import { formatQuantity, parseQuantity, QuantityError, wholeValue } from '@everynode/objects';
import { type EvictionSignal, isEvictionSignal, type Observation } from './signals.js';

/** Pods are evicted while less than this is left: an amount, or a share of the capacity from 0 to 1. */
export interface EvictionThreshold {
  signal: EvictionSignal;
  value: { quantity: string } | { share: number };
}

/** Those of a kubelet without settings. Source: pkg/kubelet/apis/config/v1beta1/defaults_linux.go. */
export const DEFAULT_EVICTION_HARD =
  'memory.available<100Mi,nodefs.available<10%,nodefs.inodesFree<5%,imagefs.available<15%,imagefs.inodesFree<5%';

/**
 * Reads thresholds: `memory.available<100Mi,nodefs.available<10%`. A share of 0% or 100% is none, and no text is none.
 * Source: pkg/kubelet/eviction/helpers.go, parseThresholdStatement.
 * @throws Error that names the part that cannot be read.
 */
export function parseEvictionThresholds(text: string): EvictionThreshold[] {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  const thresholds = parts.flatMap(parseThreshold);
  const signals = new Set<string>();
  for (const { signal } of thresholds) {
    if (signals.has(signal)) throw new Error(`duplicate eviction signal ${signal}`);
    signals.add(signal);
  }
  return thresholds;
}

function parseThreshold(part: string): EvictionThreshold[] {
  const [name = '', amount, ...rest] = part.split('<').map((each) => each.trim());
  if (amount === undefined || rest.length > 0) {
    throw new Error(`eviction threshold ${JSON.stringify(part)} must be SIGNAL<AMOUNT`);
  }
  if (!isEvictionSignal(name)) throw new Error(`unsupported eviction signal ${name}`);
  if (amount.endsWith('%')) {
    const percent = /^\d+(\.\d+)?%$/.test(amount) ? Number(amount.slice(0, -1)) : Number.NaN;
    if (!(percent <= 100)) throw new Error(`eviction percentage threshold ${name} must be from 0% to 100%: ${amount}`);
    return percent === 0 || percent === 100 ? [] : [{ signal: name, value: { share: Math.fround(percent / 100) } }];
  }
  return [{ signal: name, value: { quantity: positive(name, amount) } }];
}

function positive(signal: string, amount: string): string {
  try {
    const quantity = parseQuantity(amount);
    if (quantity.nanos <= 0n) throw new Error(`eviction threshold ${signal} must be positive: ${amount}`);
    return formatQuantity(quantity);
  } catch (error) {
    if (error instanceof QuantityError) throw new Error(`eviction threshold ${signal}: ${error.message}`);
    throw error;
  }
}

/** The amount of a threshold on a node with this capacity. */
export const thresholdAmount = ({ value }: EvictionThreshold, { capacity }: Observation): number =>
  'share' in value ? Math.floor(capacity * value.share) : Number(wholeValue(parseQuantity(value.quantity)));

/** The same as a kubelet writes it. */
export const thresholdText = (threshold: EvictionThreshold, observed: Observation): string =>
  'quantity' in threshold.value ? threshold.value.quantity : binaryText(thresholdAmount(threshold, observed));

/** A number of bytes as a quantity. */
export const binaryText = (amount: number): string =>
  formatQuantity({ nanos: BigInt(amount) * 1_000_000_000n, format: 'BinarySI' });

/** A number of inodes or processes as a quantity. */
export const decimalText = (amount: number): string =>
  formatQuantity({ nanos: BigInt(amount) * 1_000_000_000n, format: 'DecimalSI' });
