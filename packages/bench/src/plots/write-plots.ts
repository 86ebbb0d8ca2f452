import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { groupBy, settingKey } from '../report/rows.js';
import type { Results, Run } from '../run/results.js';
import { costByNodes, costByReplicas } from './cost.js';
import { latencyPercentiles } from './latency-percentiles.js';
import { readyCurves, throughputCurves } from './over-time.js';
import { processUsage } from './process-usage.js';

/** Scenarios that are drawn in one chart: they take about as long, on the same pods. */
const TOGETHER = new Set(['apply-ready', 'rolling-update', 'delete']);

const inSetting = ({ nodes, replicas }: Run): string => `${nodes} ${replicas?.api ?? 0} ${replicas?.scheduler ?? 0}`;

/** Every plot for which there are figures, as SVG documents by file name. */
export function plotsOf({ runs }: Results): Map<string, string> {
  const plots = new Map<string, string>();
  const draw = (name: string, svg: string | undefined): void => {
    if (svg !== undefined) plots.set(`${name}.svg`, svg);
  };
  const several = new Set(runs.map(({ replicas }) => `${replicas?.api} ${replicas?.scheduler}`)).size > 1;
  for (const group of groupBy(runs, inSetting).values()) {
    const { nodes = 0, replicas } = group[0] ?? {};
    const suffix = several ? `-${replicas?.api}-${replicas?.scheduler}` : '';
    const of = replicas === undefined ? '' : `, ${replicas.api} api, ${replicas.scheduler} scheduler`;
    const where = `${nodes.toLocaleString('en-US')} nodes${of}`;
    const last = [...new Map(group.map((run) => [settingKey(run), run])).values()];
    const together = last.filter(({ scenario }) => TOGETHER.has(scenario));
    draw(`ready-${nodes}${suffix}`, readyCurves(where, together));
    draw(`throughput-${nodes}${suffix}`, throughputCurves(where, together));
    for (const run of last) {
      if (!TOGETHER.has(run.scenario)) draw(`ready-${run.scenario}-${nodes}${suffix}`, readyCurves(where, [run]));
      draw(`processes-${run.scenario}-${nodes}${suffix}`, processUsage(where, run));
    }
    draw(`latencies-${nodes}${suffix}`, latencyPercentiles(where, last));
  }
  for (const [replicas, group] of groupBy(
    runs,
    ({ replicas: { api = 0, scheduler = 0 } = { api: 0, scheduler: 0 } }) => (several ? `-${api}-${scheduler}` : ''),
  )) {
    draw(`cost-by-nodes${replicas}`, costByNodes(group));
  }
  if (several) {
    for (const [nodes, group] of groupBy(runs, (run) => String(run.nodes))) {
      draw(`cost-by-replicas-${nodes}`, costByReplicas(`${Number(nodes).toLocaleString('en-US')} nodes`, group));
    }
  }
  return plots;
}

export async function writePlots(folder: string, results: Results): Promise<string[]> {
  const plots = plotsOf(results);
  await mkdir(folder, { recursive: true });
  for (const [name, svg] of plots) await writeFile(join(folder, name), svg);
  return [...plots.keys()];
}
