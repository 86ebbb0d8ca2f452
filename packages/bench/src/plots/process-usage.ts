import { drawSvg, heading, secondsAxis, valueAxis } from '@everynode/charts';
import type { Run } from '../run/results.js';
import type { Kind } from '../usage/process-tree.js';
import { KIND_COLOURS } from './kind-colours.js';

const SHORTEST_MS = 50;
const OPACITY = [1, 0.72, 0.5, 0.35];

/**
 * CPU of all processes, one above the other, and the memory of each, in the course of a run. Undefined when it was not
 * measured.
 */
export function processUsage(where: string, { scenario, usage = [], usageSamples = [] }: Run): string | undefined {
  if (usageSamples.length < 2) return undefined;
  // Leaves out samples that follow the one before too closely: the kernel counts in steps of 10 ms.
  const samples = usageSamples.filter(({ ms }, i) => i === 0 || ms - (usageSamples[i - 1]?.ms ?? 0) > SHORTEST_MS);
  const most = usageSamples.at(-1)?.ms ?? 0;
  const order: Kind[] = ['postgres', 'nats', 'api', 'scheduler', 'node-agent'];
  const processes = [...usage].sort(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.name.localeCompare(b.name),
  );
  const seen = new Map<Kind, number>();
  const series = processes.flatMap(({ name, kind }) => {
    const nth = seen.get(kind) ?? 0;
    seen.set(kind, nth + 1);
    const shared = { name, type: 'line' as const, showSymbol: false, color: KIND_COLOURS[kind] };
    const opacity = OPACITY[nth % OPACITY.length] ?? 1;
    const points = (of: 'cores' | 'memoryBytes', scale: number) => {
      const values = samples.map((sample) => [sample.ms / 1000, Number(((sample[of][name] ?? 0) / scale).toFixed(3))]);
      return [[0, values[0]?.[1] ?? 0], ...values];
    };
    return [
      {
        ...shared,
        data: points('cores', 1),
        stack: 'cpu',
        // A sample stands for the time before it.
        step: 'start' as const,
        lineStyle: { width: 0 },
        areaStyle: { color: KIND_COLOURS[kind], opacity: 0.85 * opacity },
      },
      {
        ...shared,
        data: points('memoryBytes', 2 ** 20),
        xAxisIndex: 1,
        yAxisIndex: 1,
        lineStyle: { width: 2, opacity, type: nth === 0 ? ('solid' as const) : ('dashed' as const) },
      },
    ];
  });
  const second = { ...secondsAxis(most), gridIndex: 1 };
  return drawSvg(
    {
      ...heading(
        `CPU and memory of each process, ${scenario}, ${where}`,
        'cores in use, one above the other; resident memory (what Postgres shares is counted once)',
        processes.map(({ name }) => name),
      ),
      grid: [
        { left: 70, right: 30, top: 128, height: 186 },
        { left: 70, right: 30, top: 376, height: 186 },
      ],
      xAxis: [{ ...secondsAxis(most), name: '' }, second],
      yAxis: [valueAxis('cores'), { ...valueAxis('MiB'), gridIndex: 1 }],
      series,
    },
    { width: 900, height: 620 },
  );
}
