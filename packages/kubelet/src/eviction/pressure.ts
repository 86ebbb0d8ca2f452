import { type EvictionSignal, type Observations, type PressureCondition, SIGNAL_FACTS } from './signals.js';
import { type EvictionThreshold, thresholdAmount } from './thresholds.js';

/** When each condition was observed last, in ms, monotonic. */
export type PressureState = ReadonlyMap<PressureCondition, number>;

/** What follows from an observation. */
export interface Pressure {
  state: PressureState;
  /** Those that hold, or have held within the transition period. */
  conditions: PressureCondition[];
  /** The threshold that is met and comes first; pods are evicted for it. */
  threshold: EvictionThreshold | undefined;
}

const ORDER: readonly PressureCondition[] = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];

/**
 * Compares what was measured with the thresholds. A condition stays for `transitionMs` after it was observed last.
 * Memory comes before all other resources. Source: pkg/kubelet/eviction/eviction_manager.go, synchronize.
 */
export function observePressure(
  before: PressureState,
  thresholds: readonly EvictionThreshold[],
  observations: Observations,
  { nowMs, transitionMs }: { nowMs: number; transitionMs: number },
): Pressure {
  const met = thresholds.filter((threshold) => isMet(threshold, observations));
  const state = new Map(before);
  for (const { signal } of met) state.set(SIGNAL_FACTS[signal].condition, nowMs);
  for (const [condition, atMs] of state) if (nowMs - atMs >= transitionMs) state.delete(condition);
  return {
    state,
    conditions: ORDER.filter((condition) => state.has(condition)),
    threshold: met.find(({ signal }) => signal === MEMORY) ?? met[0],
  };
}

const MEMORY: EvictionSignal = 'memory.available';

function isMet(threshold: EvictionThreshold, observations: Observations): boolean {
  const observed = observations[threshold.signal];
  return observed !== undefined && observed.available < thresholdAmount(threshold, observed);
}
