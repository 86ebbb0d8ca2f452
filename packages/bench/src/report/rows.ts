import { median } from '../latencies.js';
import type { Results, Run, Setting } from '../run/results.js';
import type { Unit } from '../scenarios/scenario.js';
import type { Kind } from '../usage/process-tree.js';
import { FLOOR_FACTOR, GROWTH_FACTOR, targetOf, upstreamOf } from './targets.js';

/** One figure of one scenario in one setting, over all its runs. */
export interface Row extends Setting {
  figure: string;
  unit: Unit;
  runs: number[];
  median: number;
  /** At most, in the same unit. */
  target?: number;
  /** Upstream's time, client limits lifted and stock, in ms. */
  upstream?: { liftedMs: number; stockMs: number };
  floorMs?: number;
  /** Whether it is the scenario's main figure. */
  isMain: boolean;
}

export const settingKey = ({ scenario, nodes, replicas }: Setting): string =>
  `${scenario} ${nodes} ${replicas?.api ?? 0} ${replicas?.scheduler ?? 0}`;

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** The measured figures, and those that are computed from several: ratios to the floor, growth. */
export function rowsOf(results: Results): Row[] {
  return [...measuredRows(results), ...growthRows(results.runs)];
}

function measuredRows({ runs, floors }: Results): Row[] {
  const floorBy = new Map(floors.map((floor) => [settingKey(floor), floor.totalMs]));
  return [...groupBy(runs, settingKey).values()].flatMap((group) => {
    const [{ scenario, nodes, replicas, figures } = group[0] as Run] = group;
    const setting = { scenario, nodes, replicas };
    const floorMs = floorBy.get(settingKey(setting));
    return figures.flatMap(({ name, unit }, i): Row[] => {
      const values = group.flatMap((run) =>
        run.figures.filter((figure) => figure.name === name).map(({ value }) => value),
      );
      const row: Row = { ...setting, figure: name, unit, runs: values, median: median(values), isMain: i === 0 };
      const target = targetOf(scenario, name, nodes);
      const upstream = upstreamOf(scenario, name, nodes);
      if (target !== undefined) row.target = target;
      if (upstream) row.upstream = upstream;
      if (i > 0 || floorMs === undefined) return [row];
      const over = row.median / floorMs;
      const ratio: Row = {
        ...setting,
        figure: 'time / floor',
        unit: '×',
        runs: values.map((value) => value / floorMs),
        median: over,
        target: FLOOR_FACTOR,
        isMain: false,
      };
      return [{ ...row, floorMs }, ratio];
    });
  });
}

/** CPU for one unit of the work, in µs, by kind of process; undefined where it was not measured. Median of the runs. */
export function cpuPerUnit(runs: readonly Run[]): Map<Kind, number> | undefined {
  const kinds = new Map<Kind, number[]>();
  for (const { usage, work } of runs) {
    if (!usage || !work) return undefined;
    for (const [kind, group] of groupBy(usage, (one) => one.kind)) {
      const us = (group.reduce((sum, { cpuMs }) => sum + cpuMs, 0) * 1000) / work.count;
      kinds.set(kind as Kind, [...(kinds.get(kind as Kind) ?? []), us]);
    }
  }
  return new Map([...kinds].map(([kind, values]) => [kind, median(values)]));
}

export const sumOf = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

const GROWING = ['apply-ready', 'rolling-update', 'delete'];

function growthRows(runs: readonly Run[]): Row[] {
  const groups = groupBy(runs, settingKey);
  return GROWING.flatMap((scenario) => {
    const replicas = runs.find((run) => run.scenario === scenario)?.replicas;
    const [small, large] = [1000, 10_000].map((nodes) => groups.get(settingKey({ scenario, nodes, replicas })));
    const [before, after] = [small && cpuPerUnit(small), large && cpuPerUnit(large)];
    if (!before || !after) return [];
    const growth = sumOf(after.values()) / sumOf(before.values());
    return [
      {
        scenario,
        nodes: 10_000,
        replicas,
        figure: 'CPU a node / that at 1,000',
        unit: '×',
        runs: [growth],
        median: growth,
        target: GROWTH_FACTOR,
        isMain: false,
      },
    ];
  });
}
