import { cpus, version as kernel, totalmem } from 'node:os';
import { alignedLines } from '@everynode/cli';
import type { Usage } from './process-usage.js';
import { type Measurement, median, percentile, type Scenario } from './scenarios.js';
import { targetOf } from './targets.js';

export interface MeasuredRun extends Measurement {
  usage?: Record<string, Usage>;
}

/** One scenario at one size, over all its runs. Times in ms. */
export interface Row {
  scenario: Scenario;
  nodes: number;
  runs: number[];
  medianMs: number;
  targetMs: number | undefined;
}

export function rowsOf(runs: readonly MeasuredRun[]): Row[] {
  const groups = new Map<string, MeasuredRun[]>();
  for (const run of runs) {
    const key = `${run.nodes} ${run.scenario}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) => {
    const { scenario, nodes } = group[0] as MeasuredRun;
    const times = group.map(({ ms }) => ms);
    return { scenario, nodes, runs: times, medianMs: median(times), targetMs: targetOf(scenario, nodes) };
  });
}

const ms = (value: number): string => `${Math.round(value)} ms`;

/** The table that is printed: medians beside their targets. */
export function rowsText(rows: readonly Row[]): string {
  const lines = rows.map(({ scenario, nodes, runs, medianMs, targetMs }) => [
    String(nodes),
    scenario === 'relabel' ? 'relabel (p99)' : scenario,
    ms(medianMs),
    targetMs === undefined ? '-' : `≤ ${ms(targetMs)}`,
    targetMs === undefined ? '' : medianMs <= targetMs ? 'met' : `missed, ${(medianMs / targetMs).toFixed(2)} ×`,
    runs.length > 1 ? `of ${runs.length} runs: ${runs.map((run) => Math.round(run)).join(', ')}` : '',
  ]);
  return alignedLines([['NODES', 'SCENARIO', 'MEDIAN', 'TARGET', '', ''], ...lines]).join('\n');
}

/** CPU of each kind of process for a pod event, and its memory at the end, of the last run at a size. */
export function usageText({ scenario, nodes, usage = {} }: MeasuredRun): string {
  const parts = Object.entries(usage).map(
    ([kind, { cpuMs, rssBytes }]) =>
      `${kind} ${Math.round(cpuMs)} ms CPU (${((cpuMs * 1000) / nodes).toFixed(0)} µs a node), ${Math.round(rssBytes / 2 ** 20)} MiB`,
  );
  return `${scenario}, ${nodes} nodes: ${parts.join('; ')}`;
}

export function relabelText({ steps }: MeasuredRun): string | undefined {
  if (!steps) return undefined;
  const line = (values: number[]) => `p50 ${ms(median(values))}, p99 ${ms(percentile(values, 99))}`;
  return `relabel: pod gone ${line(steps.gone)}; pod Ready ${line(steps.ready)} (${steps.gone.length} nodes)`;
}

export interface Setup {
  target: string;
  version: unknown;
  startMs?: Record<string, number>;
  settings?: Record<string, unknown>;
}

/** Everything, each figure with its unit in its name, for other programs. */
export function reportJson(setup: Setup, runs: readonly MeasuredRun[]): object {
  const [cpu] = cpus();
  return {
    machine: { cpus: cpus().length, cpu: cpu?.model, memoryBytes: totalmem(), kernel: kernel(), node: process.version },
    ...setup,
    rows: rowsOf(runs),
    runs,
  };
}
