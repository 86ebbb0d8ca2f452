import { parseGoDuration } from '@everynode/objects';
import type { Delay } from '@everynode/pod-runtime/simulated';
import type { ScenarioLatency } from './schema.js';

/** A duration of a scenario, whose form the schema has checked, in ms. */
export const spanMs = (text: string): number => parseGoDuration(text) ?? 0;

/** The shares that the members of a latency stand for. */
const SHARES = [
  ['min', 0],
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['max', 1],
] as const;

/** A latency of a scenario as a delay; undefined for a text that is none. */
export function delayOf(latency: ScenarioLatency): Delay | undefined {
  if (typeof latency === 'string') {
    const [from = '', to = from] = latency.split('-');
    const [fromMs, toMs] = [parseGoDuration(from), parseGoDuration(to)];
    return fromMs === undefined || toMs === undefined || toMs < fromMs ? undefined : { fromMs, toMs };
  }
  const known = SHARES.flatMap(([name, share]) => {
    const text = latency[name];
    return text === undefined ? [] : [[share, spanMs(text)] as const];
  });
  const least = known[0]?.[1] ?? 0;
  return { quantiles: known[0]?.[0] === 0 ? known : [[0, least / 2], ...known] };
}
