/**
 * Returns a number as it is, and a percentage (`"30%"`) of the total, rounded up or down.
 * Source: apimachinery util/intstr, GetScaledValueFromIntOrPercent.
 */
export function scaled(value: number | string | undefined, total: number, round: 'up' | 'down' = 'up'): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  if (percent === undefined) return 0;
  const part = (Number(percent) * total) / 100;
  return round === 'up' ? Math.ceil(part) : Math.floor(part);
}
