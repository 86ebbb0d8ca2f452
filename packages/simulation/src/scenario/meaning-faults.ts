import { ApiError, parseLabelSelector, parseQuantity } from '@everynode/objects';
import type { Scenario, ScenarioBehaviour, ScenarioGroup, ScenarioLatency } from './schema.js';
import { delayOf, spanMs } from './spans.js';

/** What a scenario says that has the right form and means nothing. */
export interface MeaningFault {
  path: string[];
  message: string;
}

const STEPS_ABOUT_NODES = [
  ...['label', 'taint', 'untaint', 'cordon', 'uncordon'],
  ...['leave', 'kill', 'partition', 'restore'],
] as const;

/** Finds selectors, amounts and latencies that no simulation could be played with. Step by step. */
export function meaningFaults({ spec }: Scenario): MeaningFault[] {
  return [
    ...(spec.fleet.groups ?? []).flatMap((group, at) => groupFaults(group, ['spec', 'fleet', 'groups', String(at)])),
    ...(spec.behaviour ?? []).flatMap((rule, at) => behaviourFaults(rule, ['spec', 'behaviour', String(at)])),
    ...spec.steps.flatMap((step, at) => {
      const path = ['spec', 'steps', String(at)];
      return [
        ...STEPS_ABOUT_NODES.flatMap((does) => selectorFaults(step[does]?.nodes, [...path, does, 'nodes'])),
        ...(step.join ? groupFaults(step.join, [...path, 'join']) : []),
      ];
    }),
  ];
}

function groupFaults({ capacity = {}, occupied = {} }: ScenarioGroup, path: string[]): MeaningFault[] {
  return Object.entries({ capacity, occupied }).flatMap(([member, amounts]) =>
    Object.entries(amounts).flatMap(([name, amount]) =>
      faultsOf(() => parseQuantity(amount), [...path, member, name], 'is no quantity'),
    ),
  );
}

function behaviourFaults(rule: ScenarioBehaviour, path: string[]): MeaningFault[] {
  const { nodes, from, until } = rule;
  const faults = selectorFaults(nodes, [...path, 'nodes']);
  for (const member of ['start', 'ready', 'stop'] as const) {
    const latency = rule[member];
    if (latency !== undefined && !isDelay(latency)) {
      faults.push({ path: [...path, member], message: 'is no latency: write 2s, 1s-5s, or quantiles that rise' });
    }
  }
  if (from !== undefined && until !== undefined && spanMs(from) >= spanMs(until)) {
    faults.push({ path: [...path, 'until'], message: 'is not after from' });
  }
  return faults;
}

function isDelay(latency: ScenarioLatency): boolean {
  const delay = delayOf(latency);
  if (!delay) return false;
  return !('quantiles' in delay) || delay.quantiles.every(([, ms], at, all) => ms >= (all[at - 1]?.[1] ?? 0));
}

const selectorFaults = (selector: string | undefined, path: string[]): MeaningFault[] =>
  selector === undefined ? [] : faultsOf(() => parseLabelSelector(selector), path);

function faultsOf(parse: () => unknown, path: string[], words?: string): MeaningFault[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (words === undefined && !(error instanceof ApiError)) throw error;
    return [{ path, message: words ?? (error as ApiError).message }];
  }
}
