const STAGES = ['alpha', 'beta', ''];

/** `v1beta2` → [true, 1, 1, 2]; other words are no versions in the order of Kubernetes. */
function partsOf(version: string): readonly [stage: number, major: number, minor: number] | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  return match ? [STAGES.indexOf(match[2] ?? ''), Number(match[1]), Number(match[3] ?? 0)] : undefined;
}

/**
 * Orders versions, the preferred ones first: stable ones, then beta, then alpha, the newest first, and all others by
 * name. Source: apimachinery pkg/version, CompareKubeAwareVersionStrings.
 */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [partsOf(a), partsOf(b)];
  if (!first || !second) return first ? -1 : second ? 1 : a < b ? -1 : a > b ? 1 : 0;
  return second[0] - first[0] || second[1] - first[1] || second[2] - first[2];
}
