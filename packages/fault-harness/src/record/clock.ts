/** Milliseconds since 1970 by a clock that no one sets while the harness runs. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
