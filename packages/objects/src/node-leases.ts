/** The namespace in which each node has a lease of its name. Source: k8s.io/api/core/v1, NamespaceNodeLease. */
export const NODE_LEASE_NAMESPACE = 'kube-node-lease';
