/** The last second that was formatted. Calls within one second are frequent. */
let lastSecond = Number.NaN;
let lastText = '';

/** metav1.Time: whole seconds in UTC. `ms` since the epoch. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
    lastSecond = second;
  }
  return lastText;
}

/** metav1.MicroTime: six decimals, of which the last three are zero. `ms` since the epoch. */
export function microTimestamp(ms: number): string {
  const whole = Math.floor(ms);
  const withinSecond = whole - 1000 * Math.floor(whole / 1000);
  return `${timestamp(whole).slice(0, -1)}.${String(withinSecond).padStart(3, '0')}000Z`;
}
