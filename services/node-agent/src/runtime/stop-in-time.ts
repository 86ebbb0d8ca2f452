import type { Clock, Timers } from '@everynode/pod-runtime';

interface Stopped {
  /** When it is killed, in ms, monotonic; infinite while it is not to stop. */
  killMs: number;
}

/** Asks a run to end, once, and kills it after `graceMs`. A later call can only bring that forward. */
export function stopInTime(
  run: Stopped,
  graceMs: number,
  { ask, kill }: { ask: () => void; kill: () => void },
  { clock, timers }: { clock: Clock; timers: Timers },
): void {
  const isFirst = run.killMs === Number.POSITIVE_INFINITY;
  const killMs = clock.now() + graceMs;
  if (killMs >= run.killMs) return;
  run.killMs = killMs;
  if (isFirst) ask();
  timers.after(graceMs, () => {
    if (run.killMs === killMs) kill();
  });
}
