import { alignedLines } from '@everynode/cli';
import type { Results, Setting } from '../run/results.js';
import type { Unit } from '../scenarios/scenario.js';
import { cpuPerUnit, groupBy, type Row, settingKey, sumOf } from './rows.js';

const grouped = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** A value as it is printed: three significant digits, and its unit. */
function valueText(value: number, unit: Unit): string {
  return unit === 'count' ? numberText(value) : `${numberText(value)} ${unit}`;
}

function numberText(value: number): string {
  return grouped(value, Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

const replicasText = ({ replicas }: Setting): string =>
  replicas === undefined
    ? '-'
    : replicas.api === replicas.scheduler
      ? String(replicas.api)
      : `${replicas.api}+${replicas.scheduler}`;

function verdict({ median, target }: Row): string {
  if (target === undefined) return '';
  return median <= target ? 'met' : `missed, ${(median / target).toFixed(2)} ×`;
}

const seconds = (ms: number): string => `${grouped(ms / 1000, ms < 20_000 ? 1 : 0)} s`;

/** The table that is printed: medians beside targets, upstream and the floor. */
export function rowsText(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.isMain ? grouped(row.nodes) : '',
    row.isMain ? replicasText(row) : '',
    row.isMain ? row.scenario : '',
    row.figure,
    valueText(row.median, row.unit),
    row.target === undefined ? '-' : `≤ ${valueText(row.target, row.unit)}`,
    verdict(row),
    row.floorMs === undefined ? '-' : valueText(row.floorMs, 'ms'),
    row.upstream === undefined ? '-' : `${seconds(row.upstream.liftedMs)} / ${seconds(row.upstream.stockMs)}`,
    row.runs.length > 1 ? row.runs.map(numberText).join(', ') : '',
  ]);
  const header = [
    'NODES',
    'REPLICAS',
    'SCENARIO',
    'FIGURE',
    'MEDIAN',
    'TARGET',
    '',
    'FLOOR',
    'UPSTREAM LIFTED / STOCK',
    'RUNS',
  ];
  return alignedLines([header, ...lines]).join('\n');
}

/** CPU for each unit of work and memory, by kind of process, a line for each scenario and setting. */
export function costText({ runs }: Results): string {
  const kinds = ['api', 'scheduler', 'postgres', 'nats', 'node-agent'] as const;
  const lines = [...groupBy(runs, settingKey).values()].flatMap((group) => {
    const [first] = group;
    const cost = cpuPerUnit(group);
    if (!first?.work || !cost) return [];
    const peak = (kind: string): string => {
      const mebibytes = group.flatMap(({ usage = [] }) =>
        usage.filter((one) => one.kind === kind).map(({ peakMemoryBytes }) => peakMemoryBytes / 2 ** 20),
      );
      return mebibytes.length === 0 ? '-' : grouped(Math.max(...mebibytes));
    };
    return [
      [
        grouped(first.nodes),
        replicasText(first),
        first.scenario,
        `µs a ${first.work.of}`,
        grouped(sumOf(cost.values())),
        ...kinds.map((kind) => grouped(cost.get(kind) ?? 0)),
        kinds.map(peak).join(' '),
      ],
    ];
  });
  if (lines.length === 0) return '';
  const header = ['NODES', 'REPLICAS', 'SCENARIO', 'CPU', 'ALL', ...kinds.map((kind) => kind.toUpperCase())];
  return alignedLines([[...header, 'LARGEST PROCESS OF EACH, MiB'], ...lines]).join('\n');
}

/** What the floor consisted of. */
export function floorText({ floors }: Results): string {
  if (floors.length === 0) return '';
  const lines = floors.map((floor) => [
    grouped(floor.nodes),
    replicasText(floor),
    floor.scenario,
    `${grouped(floor.writes)} rows, ${grouped(floor.writtenBytes / 2 ** 20, 1)} MiB`,
    valueText(floor.sqlMs, 'ms'),
    `${grouped(floor.messages)} messages, ${grouped(floor.sentBytes / 2 ** 20, 1)} MiB`,
    valueText(floor.natsMs, 'ms'),
  ]);
  return alignedLines([['NODES', 'REPLICAS', 'FLOOR OF', 'WRITTEN', 'PLAIN SQL', 'SENT', 'PLAIN NATS'], ...lines]).join(
    '\n',
  );
}

/** Each reason once, with all that failed for it. */
export function failuresText({ failures }: Results): string {
  return [...groupBy(failures, ({ error, nodes }) => `${nodes} ${error}`).values()]
    .map((group) => {
      const names = [...new Set(group.map(({ scenario }) => scenario))].join(', ');
      return `FAILED  ${names}, ${grouped(group[0]?.nodes ?? 0)} nodes: ${group[0]?.error}`;
    })
    .join('\n');
}
