import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export interface LatencySummary {
  count: number;
  meanMs: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

/** Times of many similar steps in a histogram: in µs, with three significant digits, up to a little over an hour. */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: 4_000_000_000, figures: 3 });

  add(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1000)));
  }

  get count(): number {
    return this.#histogram.count;
  }

  /** In ms; NaN when there is nothing. */
  percentile(percent: number): number {
    return this.count === 0 ? Number.NaN : this.#histogram.percentile(percent) / 1000;
  }

  summary(): LatencySummary {
    return {
      count: this.count,
      meanMs: this.#histogram.mean / 1000,
      p50Ms: this.percentile(50),
      p90Ms: this.percentile(90),
      p99Ms: this.percentile(99),
      p999Ms: this.percentile(99.9),
      maxMs: this.count === 0 ? Number.NaN : this.#histogram.max / 1000,
    };
  }
}

/** Runs `work` and records how long it took. */
export async function timedInto<T>(latencies: Latencies, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  latencies.add(performance.now() - began);
  return result;
}

/** Nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 50);
