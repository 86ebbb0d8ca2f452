import { describe, expect, it } from 'vitest';
import { readyCurves } from './plot.js';
import { type MeasuredRun, rowsOf, rowsText } from './report.js';
import { percentile } from './scenarios.js';

const run = (scenario: MeasuredRun['scenario'], nodes: number, ms: number): MeasuredRun => ({
  scenario,
  nodes,
  ms,
  events: 0,
  curve: [],
});

describe('the report', () => {
  it('gives medians beside targets, and says which are met', () => {
    const rows = rowsOf([
      run('delete', 1000, 700),
      run('delete', 1000, 400),
      run('delete', 1000, 450),
      run('relabel', 7, 3),
    ]);
    expect(rows[0]).toMatchObject({ runs: [700, 400, 450], medianMs: 450, targetMs: 500 });
    expect(rows[1]).toMatchObject({ medianMs: 3, targetMs: undefined });
    expect(rowsText(rows)).toMatch(/1000 +delete +450 ms +≤ 500 ms +met +of 3 runs: 700, 400, 450/);
    expect(rowsText(rowsOf([run('delete', 1000, 1000)]))).toContain('missed, 2.00 ×');
  });

  it('counts percentiles by the nearest rank', () => {
    expect(percentile([4, 1, 3, 2], 50)).toBe(2);
    expect(percentile([4, 1, 3, 2], 99)).toBe(4);
    expect(percentile([], 50)).toBeNaN();
  });

  it('draws a line for each series, and its name as text', () => {
    const svg = readyCurves('1 < 2', [
      {
        name: 'a&b',
        samples: [
          { ms: 0, ready: 0 },
          { ms: 100, ready: 5 },
        ],
      },
    ]);
    expect(svg).toContain('1 &lt; 2');
    expect(svg).toContain('a&amp;b');
    expect(svg).toContain('points="60.0,320.0 700.0,40.0"');
  });
});
