/** Labels of Kubernetes that a kubelet may put on its node. Source: k8s.io/kubelet/pkg/apis/well_known_labels.go. */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]);
/** Prefixes of which a kubelet may set every label. */
const KUBELET_PREFIXES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const KUBERNETES_PREFIXES = ['kubernetes.io', 'k8s.io'];

/**
 * True for a label that a node may give itself. A node may not give itself a role (`node-role.kubernetes.io/…`), nor
 * what isolates workloads from other nodes (`node-restriction.kubernetes.io/…`): pods follow those labels. Labels
 * without a prefix of Kubernetes are the owner's to choose. Source: plugin/pkg/admission/noderestriction,
 * IsKubeletLabel.
 */
export function isKubeletLabel(key: string): boolean {
  const at = key.indexOf('/');
  if (at < 0 || KUBELET_LABELS.has(key)) return true;
  const prefix = key.slice(0, at);
  return !isWithin(prefix, KUBERNETES_PREFIXES) || isWithin(prefix, KUBELET_PREFIXES);
}

const isWithin = (prefix: string, domains: readonly string[]): boolean =>
  domains.some((domain) => prefix === domain || prefix.endsWith(`.${domain}`));
