import { describe, expect, it } from 'vitest';
import type { Run } from '../run/results.js';
import { plotsOf } from './write-plots.js';

const run = (scenario: string, nodes: number, replicas: number): Run => ({
  scenario,
  nodes,
  replicas: { api: replicas, scheduler: replicas },
  round: 1,
  figures: [{ name: 'time', value: 1000, unit: 'ms' }],
  work: { count: nodes, of: 'pod' },
  curve: [
    { ms: 0, ready: 0 },
    { ms: 1000, ready: nodes },
  ],
  rate: [
    { ms: 25, perSecond: 0 },
    { ms: 75, perSecond: 500 },
  ],
  latencies: { GET: { count: 3, meanMs: 1, p50Ms: 1, p90Ms: 2, p99Ms: 3, p999Ms: 4, maxMs: 40 } },
  usage: [{ name: 'api-1', kind: 'api', cpuMs: 10, memoryBytes: 1, peakMemoryBytes: 1 }],
  usageSamples: [250, 500].map((ms) => ({ ms, cores: { 'api-1': 0.5 }, memoryBytes: { 'api-1': 2 ** 20 } })),
});
const plots = (...runs: Run[]) => plotsOf({ runs, floors: [], failures: [], starts: [] });

describe('plots', () => {
  it('draws curves, percentiles and processes of a setting as SVG, and names what they show', () => {
    const drawn = plots(run('apply-ready', 1000, 2), run('delete', 1000, 2));
    expect([...drawn.keys()].sort()).toEqual([
      'latencies-1000.svg',
      'processes-apply-ready-1000.svg',
      'processes-delete-1000.svg',
      'ready-1000.svg',
      'throughput-1000.svg',
    ]);
    for (const svg of drawn.values()) expect(svg).toMatch(/^<svg [\s\S]*<\/svg>$/);
    const ready = drawn.get('ready-1000.svg') ?? '';
    for (const text of ['Ready pods, 1,000 nodes, 2 api, 2 scheduler', 'apply-ready', 'delete', 'seconds']) {
      expect(ready).toContain(text);
    }
    expect(drawn.get('processes-delete-1000.svg')).toContain('api-1');
  });

  it('sets sizes and numbers of replicas side by side, where there are several', () => {
    expect([...plots(run('delete', 100, 2), run('delete', 1000, 2)).keys()]).toContain('cost-by-nodes.svg');
    const drawn = plots(run('delete', 1000, 1), run('delete', 1000, 4));
    expect([...drawn.keys()]).toContain('cost-by-replicas-1000.svg');
    expect([...drawn.keys()]).toContain('ready-1000-4-4.svg');
  });

  it('draws nothing of what was not measured', () => {
    const { scenario, nodes, replicas, round, figures } = run('delete', 5, 1);
    expect(plots({ scenario, nodes, replicas, round, figures }).size).toBe(0);
  });
});
