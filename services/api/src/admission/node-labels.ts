type Labels = Readonly<Record<string, string>> | undefined;

/** Labels that a node may set on itself though they are Kubernetes' own. Source: k8s.io/kubelet/pkg/apis. */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]);

const KUBELET_DOMAINS = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const RESTRICTED_DOMAIN = 'node-restriction.kubernetes.io';

const isIn = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);

/** The keys of labels that one of two sets lacks or has another value for, sorted. */
export function changedLabels(after: Labels, before: Labels): string[] {
  const keys = new Set([...Object.keys(after ?? {}), ...Object.keys(before ?? {})]);
  return [...keys].filter((key) => after?.[key] !== before?.[key]).sort();
}

/** Those that a node may not change on itself: with them it could attract pods that are meant for others. */
export function forbiddenLabels(keys: readonly string[]): string[] {
  return keys.filter((key) => {
    const slash = key.indexOf('/');
    const domain = slash < 0 ? '' : key.slice(0, slash);
    if (isIn(domain, RESTRICTED_DOMAIN)) return true;
    if (!isIn(domain, 'kubernetes.io') && !isIn(domain, 'k8s.io')) return false;
    return !KUBELET_LABELS.has(key) && !KUBELET_DOMAINS.some((allowed) => isIn(domain, allowed));
  });
}
