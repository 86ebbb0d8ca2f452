/**
 * A number of nodes from a number or a percentage of `total`.
 * Source: apimachinery intstr, GetScaledValueFromIntOrPercent; DaemonSets round both fields up.
 */
export function scaled(text: string, total: number): number {
  if (!text.endsWith('%')) return Number(text);
  return Math.ceil((Number(text.slice(0, -1)) * total) / 100);
}
