import { categoryAxis, drawSvg, heading, valueAxis } from '@everynode/charts';
import { median } from '../latencies.js';
import { cpuPerUnit, groupBy, settingKey } from '../report/rows.js';
import type { Run } from '../run/results.js';
import { KINDS } from '../usage/process-tree.js';
import { KIND_COLOURS } from './kind-colours.js';

const PANELS = ['apply-ready', 'rolling-update', 'delete'];
const WIDTH = 1000;

interface Bar {
  label: string;
  runs: Run[];
}

/**
 * CPU for each pod by kind of process: a panel for each scenario, a bar for each setting. Undefined for fewer than two
 * bars.
 */
function costBars(title: string, subtitle: string, runs: readonly Run[], barsOf: (runs: Run[]) => Bar[], axis: string) {
  const panels = PANELS.flatMap((scenario) => {
    const bars = barsOf(runs.filter((run) => run.scenario === scenario && run.usage !== undefined));
    return bars.length < 2 ? [] : [{ scenario, bars }];
  });
  if (panels.length === 0) return undefined;
  const width = (WIDTH - 40) / panels.length;
  const names = panels.map(({ scenario }, i) => ({
    type: 'text' as const,
    left: 76 + i * width,
    top: 94,
    style: { text: scenario, font: 'bold 13px Helvetica, Arial, sans-serif', fill: '#1f2733' },
  }));
  const series = panels.flatMap(({ bars }, i) => {
    const costs = bars.map(({ runs: own }) => cpuPerUnit(own));
    const total = costs.map((cost) => [...(cost?.values() ?? [])].reduce((sum, value) => sum + value, 0));
    const at = { type: 'bar' as const, xAxisIndex: i, yAxisIndex: i, stack: `panel-${i}`, barMaxWidth: 56 };
    return [
      ...KINDS.map((kind) => ({
        ...at,
        name: kind,
        color: KIND_COLOURS[kind],
        data: costs.map((cost) => Math.round(cost?.get(kind) ?? 0)),
      })),
      {
        ...at,
        name: 'all',
        color: 'transparent',
        data: total.map(() => 0),
        label: {
          show: true,
          position: 'top' as const,
          color: '#1f2733',
          fontSize: 11,
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const ms = median((bars[dataIndex]?.runs ?? []).map(({ figures }) => figures[0].value));
            return `${Math.round(total[dataIndex] ?? 0).toLocaleString('en-US')} µs\n${(ms / 1000).toFixed(2)} s`;
          },
        },
      },
    ];
  });
  return drawSvg(
    {
      ...heading(title, subtitle, KINDS),
      graphic: names,
      grid: panels.map((_, i) => ({ left: 76 + i * width, width: width - 90, top: 156, bottom: 56 })),
      xAxis: panels.map(({ bars }, i) => ({
        ...categoryAxis(
          bars.map(({ label }) => label),
          axis,
        ),
        gridIndex: i,
      })),
      yAxis: panels.map((_, i) => ({ ...valueAxis('µs a pod'), gridIndex: i })),
      series,
    },
    { width: WIDTH, height: 480 },
  );
}

/** Is the cost of a node the same, however many there are? */
export function costByNodes(runs: readonly Run[]): string | undefined {
  const bySize = (own: Run[]): Bar[] =>
    [...groupBy(own, ({ nodes }) => String(nodes)).values()]
      .map((group) => ({ nodes: group[0]?.nodes ?? 0, runs: group }))
      .sort((a, b) => a.nodes - b.nodes)
      .map(({ nodes, runs: group }) => ({ label: nodes.toLocaleString('en-US'), runs: group }));
  return costBars(
    'CPU for a node, as nodes grow',
    'median of the runs, and the time that all took',
    runs,
    bySize,
    'nodes',
  );
}

/** What do more replicas cost, and bring? */
export function costByReplicas(where: string, runs: readonly Run[]): string | undefined {
  const byReplicas = (own: Run[]): Bar[] =>
    [...groupBy(own, settingKey).values()].map((group) => {
      const { api = 0, scheduler = 0 } = group[0]?.replicas ?? {};
      return { label: api === scheduler ? String(api) : `${api} + ${scheduler}`, runs: group };
    });
  const subtitle = 'CPU for a pod, median of the runs, and the time that all took';
  return costBars(`Replicas of api and scheduler, ${where}`, subtitle, runs, byReplicas, 'replicas of each');
}
