import { describe, expect, it } from 'vitest';
import { Latencies, percentile } from '../latencies.js';
import type { Results, Run } from '../run/results.js';
import type { Usage } from '../usage/usage-sampler.js';
import { cpuPerUnit, rowsOf } from './rows.js';
import { costText, failuresText, rowsText } from './text.js';

const replicas = { api: 2, scheduler: 2 };
const usage = (kind: Usage['kind'], cpuMs: number): Usage => ({
  name: `${kind}-1`,
  kind,
  cpuMs,
  memoryBytes: 2 ** 20,
  peakMemoryBytes: 3 * 2 ** 20,
});
const run = (scenario: string, nodes: number, ms: number, ...usages: Usage[]): Run => ({
  scenario,
  nodes,
  replicas,
  round: 1,
  figures: [{ name: 'time', value: ms, unit: 'ms' }],
  work: { count: nodes, of: 'pod' },
  usage: usages,
});
const results = (runs: Run[], more: Partial<Results> = {}): Results => ({
  runs,
  floors: [],
  failures: [],
  starts: [],
  ...more,
});

describe('the report', () => {
  it('shows medians beside targets and upstream, and which targets are met', () => {
    const rows = rowsOf(results([run('delete', 1000, 700), run('delete', 1000, 400), run('delete', 1000, 450)]));
    expect(rows).toMatchObject([{ runs: [700, 400, 450], median: 450, target: 500, upstream: { liftedMs: 5700 } }]);
    expect(rowsText(rows)).toMatch(/1,000 +2 +delete +time +450 ms +≤ 500 ms +met +- +5.7 s \/ 49 s +700, 400, 450/);
    expect(rowsText(rowsOf(results([run('delete', 1000, 1000)])))).toContain('missed, 2.00 ×');
  });

  it('has no target where none is set', () => {
    const [row] = rowsOf(results([run('delete', 7, 3)]));
    expect(row?.target).toBeUndefined();
    expect(row?.upstream).toBeUndefined();
  });

  it('sets the median against the floor of the same setting', () => {
    const parts = { writes: 1, writtenBytes: 1, messages: 1, sentBytes: 1, sqlMs: 100, natsMs: 50, totalMs: 150 };
    const floor = { scenario: 'delete', nodes: 1000, replicas, ...parts };
    const rows = rowsOf(results([run('delete', 1000, 300), run('delete', 2000, 300)], { floors: [floor] }));
    expect(rows.map(({ nodes, figure, median }) => [nodes, figure, median])).toEqual([
      [1000, 'time', 300],
      [1000, 'time / floor', 2],
      [2000, 'time', 300],
    ]);
  });

  it('divides CPU among the work, and shows how it grows from 1,000 to 10,000 nodes', () => {
    const small = run('apply-ready', 1000, 1, usage('api', 100), usage('scheduler', 400));
    const large = run('apply-ready', 10_000, 1, usage('api', 2000), usage('scheduler', 4000));
    expect(Object.fromEntries(cpuPerUnit([small]) ?? [])).toEqual({ api: 100, scheduler: 400 });
    const growth = rowsOf(results([small, large])).find(({ unit }) => unit === '×');
    expect(growth).toMatchObject({ nodes: 10_000, median: 1.2, target: 1.3 });
    expect(costText(results([small]))).toMatch(/1,000 +2 +apply-ready +µs a pod +500 +100 +400/);
  });

  it('names what failed, each reason once', () => {
    const failure = (scenario: string) => ({ scenario, nodes: 5, replicas, error: 'no server' });
    expect(failuresText(results([], { failures: [failure('delete'), failure('relabel')] }))).toBe(
      'FAILED  delete, relabel, 5 nodes: no server',
    );
  });

  it('counts percentiles by the nearest rank, and keeps three digits in histograms', () => {
    expect(percentile([4, 1, 3, 2], 50)).toBe(2);
    expect(percentile([4, 1, 3, 2], 99)).toBe(4);
    expect(percentile([], 50)).toBeNaN();
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1000; ms += 1) latencies.add(ms);
    const { count, p50Ms, p99Ms, maxMs } = latencies.summary();
    expect(count).toBe(1000);
    expect(p50Ms).toBeCloseTo(500, -1);
    expect(p99Ms).toBeCloseTo(990, -1);
    expect(maxMs).toBeCloseTo(1000, -1);
  });
});
