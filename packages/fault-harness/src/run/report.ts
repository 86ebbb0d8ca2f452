import { type HistoryEntry, longestStandstill, type Violation } from '@everynode/history-checker';
import type { Fault } from '../faults/fault.js';
import type { Done } from './nemesis.js';

/** Lines of a table: each step of a run, and what it did to clients. */
export function summary(history: readonly HistoryEntry[], violations: readonly Violation[]): string {
  const rows = stepsOf(history).map(({ names, began, healed, next, convergedMs }) => [
    names.join(' + '),
    seconds(healed - began),
    seconds(longestStandstill(history, 'writes', { from: began, to: next })),
    seconds(longestStandstill(history, 'reads', { from: began, to: next })),
    convergedMs === undefined ? 'no' : seconds(convergedMs),
    String(violations.filter(({ at }) => at >= began && at < next).length),
  ]);
  const head = ['fault', 'lasted', 'without a write', 'without a read', 'converged', 'violations'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(line).join('\n');
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

interface RanStep {
  names: string[];
  began: number;
  healed: number;
  /** When the next one began. */
  next: number;
  convergedMs: number | undefined;
}

function stepsOf(history: readonly HistoryEntry[]): RanStep[] {
  const steps: RanStep[] = [];
  let names: string[] = [];
  let began = 0;
  for (const entry of history) {
    if (entry.entry === 'fault') {
      names.push(`${entry.fault} (${entry.target})`);
      began = entry.began;
    } else if (entry.entry === 'converged') {
      const before = steps.at(-1);
      if (before) before.next = began;
      const convergedMs = entry.at === undefined ? undefined : entry.at - entry.since;
      steps.push({ names, began, healed: entry.since, next: Number.POSITIVE_INFINITY, convergedMs });
      names = [];
    }
  }
  return steps;
}

/** What happened to the operations of the clients. */
export function tally(history: readonly HistoryEntry[]): string {
  const counts = new Map<string, number>();
  for (const entry of history) {
    if (entry.entry !== 'operation') continue;
    const name = entry.outcome === 'unknown' ? `unknown (${entry.status ?? entry.error})` : entry.outcome;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const changes = history.filter(({ entry }) => entry === 'change').length;
  const watched = history.filter(({ entry }) => entry === 'watch').length;
  const operations = [...counts].sort((one, other) => other[1] - one[1]).map(([name, count]) => `${count} ${name}`);
  const stale = history.flatMap((entry) => (entry.entry === 'stale-read' ? [entry] : []));
  const served = stale.filter(({ status }) => status === 200);
  const marked = served.filter(({ warned }) => warned);
  const reads = `${served.length} of ${stale.length} stale reads served, ${marked.length} marked`;
  return `operations: ${operations.join(', ')}; ${reads}; ${changes} revisions; ${watched} records of watches`;
}

/** Which faults a run did not have time for, and which did not happen though it was their turn. */
export function notShown(faults: readonly Fault[], { faults: shown, missed }: Done): string {
  const others = faults.filter(({ name }) => !shown.has(name)).map(({ name }) => name);
  return [
    `${faults.length - others.length} of ${faults.length} faults${others.length > 0 ? `; not: ${others.join(' ')}` : ''}`,
    ...missed.map((line) => `MISSED: ${line}`),
  ].join('\n');
}

const SHOWN = 40;

export function violationsText(violations: readonly Violation[]): string {
  const lines = violations
    .slice(0, SHOWN)
    .map(({ check, message, at }) => `${new Date(at).toISOString().slice(11, 23)} ${check}: ${message}`);
  if (violations.length > SHOWN) lines.push(`… and ${violations.length - SHOWN} more`);
  return lines.join('\n');
}
