import type { SimulationReport } from './report.js';
import type { RolloutReport } from './rollout-measure.js';
import { counted, number, span } from './words.js';

/** Reasons that are shown; a report in HTML or JSON has all. */
const MAX_REASONS = 5;

/** The report as rows of tables, for a terminal: a title, and cells to align below it. */
export interface TextSection {
  rows: string[][];
  /** Lines below the rows. */
  notes: string[];
}

/** What a report says in a terminal. */
export function textReport(report: SimulationReport): TextSection[] {
  const { scenario, nodes, durationMs, seed, steps, rollouts, thresholds } = report;
  return [
    {
      rows: [],
      notes: [`${scenario}: ${counted(nodes, 'node')}, ${span(durationMs)} of the cluster's time, seed ${seed}`],
    },
    {
      rows: [
        ['STEP', 'AT', 'TOOK', 'RESULT'],
        ...steps.map(({ name, startedAtMs, endedAtMs, fault }) => [
          name,
          span(startedAtMs),
          span(endedAtMs - startedAtMs),
          fault ?? 'ok',
        ]),
      ],
      notes: [],
    },
    {
      rows: [
        ['DAEMONSET', 'UPDATED', 'READY P50 / P95 / P99 / MAX', 'UNAVAILABLE', 'NODE TIME WITHOUT', 'FAILED'],
        ...rollouts.map(rolloutRow),
      ],
      notes: rollouts.flatMap((rollout) => notesOf(rollout).map((line) => `${rollout.daemonSet}: ${line}`)),
    },
    ...(thresholds.length === 0
      ? []
      : [
          {
            rows: [
              ['THRESHOLD', 'LIMIT', 'MEASURED', 'RESULT'],
              ...thresholds.map(({ daemonSet, what, limit, measured, ok }) => [
                `${daemonSet} ${what}`.trim(),
                number(limit),
                number(measured),
                ok ? 'ok' : 'missed',
              ]),
            ],
            notes: [],
          },
        ]),
  ];
}

/** Nodes with an available pod of the newest revision, of those that are to have one. */
const updatedOf = ({ updated, status }: RolloutReport): string =>
  `${number(updated.at(-1)?.[1] ?? 0)} of ${number(status.desiredNumberScheduled ?? 0)}`;

function rolloutRow(rollout: RolloutReport): string[] {
  const { daemonSet, timeToReady, peakUnavailable, budget, unavailableSeconds, podsFailed } = rollout;
  const { count, p50, p95, p99, max } = timeToReady;
  return [
    daemonSet,
    updatedOf(rollout),
    count === 0 ? '-' : [p50, p95, p99, max].map(span).join(' / '),
    `${number(peakUnavailable)} at most, budget ${number(budget)}`,
    span(unavailableSeconds * 1000),
    number(podsFailed),
  ];
}

/** What is said of a rollout beside its figures: when it was done or stuck, what was refused, what nodes waited for. */
export function notesOf(rollout: RolloutReport): string[] {
  const { completedAtMs, stuckAtMs, rollbacks, refusals, blocked, budgetViolations } = rollout;
  const { updatedAtFirstFailure } = rollout;
  const said: string[] = [];
  if (completedAtMs !== null) said.push(`done after ${span(completedAtMs)}`);
  if (updatedAtFirstFailure !== null) {
    said.push(`the first pod failed when ${number(updatedAtFirstFailure * 100)}% of the nodes were updated`);
  }
  if (stuckAtMs !== null) said.push(`stuck after ${span(stuckAtMs)}`);
  for (const { atMs, from, to } of rollbacks) said.push(`rolled back from ${from} to ${to} after ${span(atMs)}`);
  if (budgetViolations > 0) said.push(`${counted(budgetViolations, 'available pod')} taken beyond the budget`);
  for (const refusal of refusals) said.push(`refused: ${refusal}`);
  for (const { reason, nodes, nodeSeconds } of blocked.slice(0, MAX_REASONS)) {
    said.push(`${counted(nodes, 'node')} waited, ${span(nodeSeconds * 1000)} in all: ${reason}`);
  }
  return said;
}
