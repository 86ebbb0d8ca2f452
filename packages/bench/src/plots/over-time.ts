import { drawSvg, grid, heading, secondsAxis, valueAxis } from '@everynode/charts';
import type { Run } from '../run/results.js';

/**
 * Runs as stepped lines over one clock that starts with each of them: a point holds until the next one (`end`), or
 * stands for the time around it (`middle`). Undefined when none has points.
 */
function lines(
  title: string,
  subtitle: string,
  unit: string,
  runs: readonly Run[],
  points: (run: Run) => [seconds: number, value: number][],
  step: 'end' | 'middle',
): string | undefined {
  const series = runs.flatMap((run) => {
    const data = points(run);
    return data.length < 2 ? [] : [{ name: run.scenario, data }];
  });
  if (series.length === 0) return undefined;
  const most = Math.max(...series.flatMap(({ data }) => data.map(([seconds]) => seconds)));
  return drawSvg({
    ...heading(
      title,
      subtitle,
      series.map(({ name }) => name),
    ),
    grid,
    xAxis: secondsAxis(most * 1000),
    yAxis: valueAxis(unit),
    series: series.map(({ name, data }) => ({
      name,
      type: 'line' as const,
      data,
      step,
      showSymbol: false,
      lineStyle: { width: 2 },
      ...(step === 'middle' && { areaStyle: { opacity: 0.12 } }),
    })),
  });
}

/** How many pods are Ready, from the request on. */
export function readyCurves(where: string, runs: readonly Run[]): string | undefined {
  return lines(
    `Ready pods, ${where}`,
    'from the request on, as a watch shows them; the last run of each',
    'pods Ready',
    runs,
    ({ curve = [] }) => curve.map(({ ms, ready }) => [ms / 1000, ready]),
    'end',
  );
}

/** How many pods turn Ready, or go, in a second. */
export function throughputCurves(where: string, runs: readonly Run[]): string | undefined {
  return lines(
    `Throughput, ${where}`,
    'pods that turned Ready (delete: that went) a second; the last run of each',
    'pods/s',
    runs,
    ({ rate = [] }) => rate.map(({ ms, perSecond }) => [ms / 1000, perSecond]),
    'middle',
  );
}
