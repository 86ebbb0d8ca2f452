/**
 * Returns a function that makes the last part of names of Event objects: the nanoseconds of the event as 16 hexadecimal
 * digits. Lists are in the order of names, so the events of one object are in the order in which they were recorded.
 * Two are never the same. `random` returns numbers from 0 (inclusive) to 1 (exclusive): clocks count milliseconds, and
 * two replicas must not choose one name. Source: client-go tools/record, makeEvent.
 */
export function nanosecondSuffix(random: () => number): (nowMs: number) => string {
  let last = 0n;
  return (nowMs) => {
    const nanos = BigInt(Math.trunc(nowMs)) * 1_000_000n + BigInt(Math.trunc(random() * 1_000_000));
    last = nanos > last ? nanos : last + 1n;
    return last.toString(16).padStart(16, '0');
  };
}
