import type { AssignedPod } from '../runtime.js';
import type { SimulatedRun } from './simulated-run.js';

/** Exit codes of a container that a signal ended: 128 and the signal's number. */
export const SIGTERM_EXIT = 143;
const SIGKILL_EXIT = 137;
/** Between the signal and the kill a container has this long at least, whatever its hook has left of the time. */
const LEAST_MS = 2000;

/**
 * How a pod stops that has this long for it: `stopMs` from now, with this exit code. A container that takes no time to
 * stop has no handler and dies of SIGTERM; one that takes longer than it has is killed. Hooks before the stop use up
 * the time. Source: pkg/kubelet/kuberuntime, killContainer.
 */
export function planStop(
  { containers, script, pod }: Pick<SimulatedRun, 'containers' | 'script' | 'pod'>,
  graceMs: number,
): { stopMs: number; code: number } {
  const running = containers.filter(({ startedAt }) => startedAt !== undefined);
  if (running.length === 0) return { stopMs: 0, code: SIGTERM_EXIT };
  const hookMs = Math.min(graceMs, preStopMs(pod, new Set(running.map(({ name }) => name))));
  const leftMs = hookMs > 0 ? Math.max(LEAST_MS, graceMs - hookMs) : graceMs;
  return {
    stopMs: hookMs + Math.min(script.stopMs, leftMs),
    code: script.stopMs > leftMs ? SIGKILL_EXIT : script.stopMs > 0 ? 0 : SIGTERM_EXIT,
  };
}

/** The longest `sleep` that containers do before they stop. Other hooks have nothing to run here, and take no time. */
function preStopMs({ spec }: AssignedPod, running: ReadonlySet<string>): number {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])].filter(({ name }) => running.has(name));
  return Math.max(0, ...containers.map(({ lifecycle }) => (lifecycle?.preStop?.sleep?.seconds ?? 0) * 1000));
}
