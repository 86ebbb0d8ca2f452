import type { Container, Probe } from '@everynode/objects';

/** When the state of a container changes by its probes, in ms since its start. */
export interface ProbeTimes {
  /** Its startup probe has passed: it is `started`. */
  startedMs: number;
  /** It is ready. */
  readyMs: number;
}

const DEFAULT_PERIOD_SECONDS = 10;

/**
 * When the probes of a container pass whose application answers from `healthyMs` after its start on. Without a
 * readiness probe it is ready as soon as it is started and healthy. Source: pkg/kubelet/prober, worker.go.
 */
export function probeTimes(
  { startupProbe, readinessProbe }: Pick<Container, 'startupProbe' | 'readinessProbe'>,
  healthyMs: number,
): ProbeTimes {
  const startedMs = startupProbe ? passedAt(startupProbe, healthyMs, 0) : 0;
  const readyMs = readinessProbe ? passedAt(readinessProbe, healthyMs, startedMs) : Math.max(startedMs, healthyMs);
  return { startedMs, readyMs };
}

/**
 * A probe is tried at `fromMs` and every period after that. The initial delay counts from the start of the container;
 * tries before it are left out.
 */
function passedAt(probe: Probe, healthyMs: number, fromMs: number): number {
  const { initialDelaySeconds, periodSeconds, successThreshold } = probe;
  const periodMs = (periodSeconds || DEFAULT_PERIOD_SECONDS) * 1000;
  const earliest = Math.max((initialDelaySeconds ?? 0) * 1000, healthyMs, fromMs);
  const tries = Math.ceil((earliest - fromMs) / periodMs) + Math.max(0, (successThreshold ?? 1) - 1);
  return fromMs + tries * periodMs;
}
