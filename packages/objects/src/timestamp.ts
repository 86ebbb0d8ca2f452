/** metav1.Time: whole seconds in UTC. `ms` since the epoch. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
