/** `arch=arm64,disk=ssd`, sorted by key; `<none>` without labels. Rule: apimachinery pkg/labels, FormatLabels. */
export function formatNodeSelector(selector: Readonly<Record<string, string>> | null | undefined): string {
  const pairs = Object.entries(selector ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map(([key, value]) => `${key}=${value}`).join(',') || '<none>';
}
