/** A duration for people: `850 ms`, `4.2 s`, `17 min 18 s`, `2 h 5 min`. `ms` is in ms. */
export function span(ms: number): string {
  if (ms > 0 && ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return parts([Math.floor(whole / 60), 'min'], [whole % 60, 's']);
  const minutes = Math.round(whole / 60);
  return parts([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min']);
}

const parts = (...all: [number, string][]): string =>
  all.flatMap(([amount, unit], at) => (amount === 0 && at > 0 ? [] : [`${amount} ${unit}`])).join(' ');

/** `5,000` */
export const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });

/** `12 nodes`, `1 node` */
export const counted = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`;
