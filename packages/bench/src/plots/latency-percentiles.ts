import { categoryAxis, drawSvg, grid, heading, valueAxis } from '@everynode/charts';
import type { Run } from '../run/results.js';

const decade = (value: number, round: (exponent: number) => number): number => 10 ** round(Math.log10(value));

/** Percentiles of everything that was timed step by step, on a logarithmic scale. Undefined when there is nothing. */
export function latencyPercentiles(where: string, runs: readonly Run[]): string | undefined {
  const series = runs.flatMap(({ scenario, latencies = {} }) =>
    Object.entries(latencies).map(([name, { p50Ms, p90Ms, p99Ms, p999Ms, maxMs, count }]) => ({
      name: `${scenario}: ${name} (${count.toLocaleString('en-US')})`,
      values: [p50Ms, p90Ms, p99Ms, p999Ms, maxMs],
    })),
  );
  if (series.length === 0) return undefined;
  const legend = series.map(({ name }) => name);
  const all = series.flatMap(({ values }) => values);
  const rows = Math.ceil(legend.join('    ').length / 105);
  return drawSvg(
    {
      ...heading(
        `Latencies, ${where}`,
        'how long steps took, in ms, and how many there were; the scale is logarithmic',
        legend,
      ),
      grid: { ...grid, top: 104 + 24 * rows },
      xAxis: { ...categoryAxis(['p50', 'p90', 'p99', 'p99.9', 'slowest']), boundaryGap: true },
      yAxis: {
        ...valueAxis('ms'),
        type: 'log' as const,
        min: decade(Math.min(...all), Math.floor),
        max: decade(Math.max(...all), Math.ceil),
      },
      series: series.map(({ name, values }) => ({
        name,
        type: 'line' as const,
        data: values.map((value) => Number(value.toPrecision(3))),
        symbol: 'circle',
        symbolSize: 7,
        lineStyle: { width: 2 },
      })),
    },
    { width: 900, height: 460 + 24 * (rows - 1) },
  );
}
