import type { SimulatedRun } from './simulated-run.js';

/** Exit codes of a container that a signal ended: 128 and the signal's number. */
export const SIGTERM_EXIT = 143;
const SIGKILL_EXIT = 137;

/**
 * How a pod stops that has this long for it: `stopMs` from now, with this exit code. A container that takes no time to
 * stop has no handler and dies of SIGTERM; one that takes longer than it has is killed.
 */
export function planStop(
  { containers, script }: Pick<SimulatedRun, 'containers' | 'script'>,
  graceMs: number,
): { stopMs: number; code: number } {
  const isRunning = containers.some(({ startedAt }) => startedAt !== undefined);
  return {
    stopMs: isRunning ? Math.min(script.stopMs, graceMs) : 0,
    code: script.stopMs > graceMs ? SIGKILL_EXIT : script.stopMs > 0 ? 0 : SIGTERM_EXIT,
  };
}
