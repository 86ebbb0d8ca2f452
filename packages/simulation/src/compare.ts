import type { KubeObject } from '@everynode/objects';
import type { SimulationReport } from './report/report.js';
import { counted, number, span } from './report/words.js';
import { type SimulationInput, simulate } from './simulate.js';

/** One way to roll out. `zone`: one zone after the other, each at once. */
export interface Strategy {
  name: string;
  maxUnavailable: number | string;
  maxSurge: number | string;
  byZone: boolean;
}

const ZONE = 'topology.kubernetes.io/zone';

/** Every combination of these; a surge takes no node away, so it is not combined with a number of unavailable ones. */
export function strategiesOf(maxUnavailable: readonly string[], maxSurge: readonly string[]): Strategy[] {
  const amount = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
  return [
    ...maxUnavailable.map((text): Strategy => {
      const byZone = text === 'zone';
      return { name: `maxUnavailable=${text}`, maxUnavailable: byZone ? '100%' : amount(text), maxSurge: 0, byZone };
    }),
    ...maxSurge
      .filter((text) => text !== '0')
      .map(
        (text): Strategy => ({ name: `maxSurge=${text}`, maxUnavailable: 0, maxSurge: amount(text), byZone: false }),
      ),
  ];
}

/** What a strategy comes to, over all DaemonSets that the scenario changes. */
export interface Comparison {
  strategy: string;
  report: SimulationReport;
}

/** Plays the scenario once with each strategy: every DaemonSet that a step applies or patches rolls out by it. */
export function compare(input: SimulationInput, strategies: readonly Strategy[]): Comparison[] {
  return strategies.map((strategy) => ({
    strategy: strategy.name,
    report: simulate({ ...input, edit: (daemonSet) => withStrategy(daemonSet, strategy) }),
  }));
}

function withStrategy(daemonSet: KubeObject, { maxUnavailable, maxSurge, byZone }: Strategy): KubeObject {
  const { metadata, spec } = daemonSet;
  const annotations = {
    ...metadata.annotations,
    ...(byZone && { 'everynode.io/topology-order': ZONE, 'everynode.io/topology-budget': '100%' }),
  };
  return {
    ...daemonSet,
    metadata: { ...metadata, annotations },
    spec: {
      ...(spec as object),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge } },
    },
  };
}

/** The comparison as rows, the first one the heads. */
export function comparisonRows(compared: readonly Comparison[]): string[][] {
  return [
    ['STRATEGY', 'DONE AFTER', 'PEAK UNAVAILABLE', 'NODE TIME WITHOUT', 'FAILED PODS', 'FIRST FAILURE AT'],
    ...compared.map(({ strategy, report: { rollouts } }) => {
      const ends = rollouts.map(({ completedAtMs }) => completedAtMs);
      const peak = Math.max(0, ...rollouts.map(({ peakUnavailable }) => peakUnavailable));
      const seconds = rollouts.reduce((sum, { unavailableSeconds }) => sum + unavailableSeconds, 0);
      const failed = rollouts.reduce((sum, { podsFailed }) => sum + podsFailed, 0);
      const first = rollouts.flatMap(({ updatedAtFirstFailure }) => updatedAtFirstFailure ?? []);
      return [
        strategy,
        ends.every((end) => end !== null) ? span(Math.max(0, ...ends)) : 'not at the end',
        counted(peak, 'node'),
        span(seconds * 1000),
        number(failed),
        first.length === 0 ? '-' : `${number(Math.min(...first) * 100)}% updated`,
      ];
    }),
  ];
}
