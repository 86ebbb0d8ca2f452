import type { ScenarioThresholds } from '../scenario/schema.js';
import { spanMs } from '../scenario/spans.js';
import type { ThresholdReport } from './report.js';
import type { RolloutReport } from './rollout-measure.js';

const QUANTILES = ['p50', 'p95', 'p99', 'max'] as const;

/** Holds what was measured against the thresholds of a scenario. Times are in ms. */
export function judgeThresholds(
  thresholds: ScenarioThresholds | undefined,
  rollouts: readonly RolloutReport[],
  durationMs: number,
): ThresholdReport[] {
  if (!thresholds) return [];
  const { timeToReady, unavailableSeconds, peakUnavailable, budgetViolations, duration } = thresholds;
  const judged: ThresholdReport[] = [];
  const judge = (daemonSet: string, what: string, limit: number | undefined, measured: number): void => {
    if (limit !== undefined) judged.push({ daemonSet, what, limit, measured, ok: measured <= limit });
  };
  for (const rollout of rollouts) {
    for (const name of QUANTILES) {
      const text = timeToReady?.[name];
      const limit = text === undefined ? undefined : spanMs(text);
      judge(rollout.daemonSet, `timeToReady.${name} (ms)`, limit, rollout.timeToReady[name]);
    }
    judge(rollout.daemonSet, 'unavailableSeconds', unavailableSeconds, rollout.unavailableSeconds);
    judge(rollout.daemonSet, 'peakUnavailable', peakUnavailable, rollout.peakUnavailable);
    judge(rollout.daemonSet, 'budgetViolations', budgetViolations, rollout.budgetViolations);
  }
  judge('', 'duration (ms)', duration === undefined ? undefined : spanMs(duration), durationMs);
  return judged;
}
