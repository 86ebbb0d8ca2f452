import type { PolicyRule } from '@everynode/objects';

const rule = (verbs: string, group: string, resources: string): PolicyRule => ({
  verbs: verbs.split(' '),
  apiGroups: [group],
  resources: resources.split(' '),
});

/**
 * What every node may do. Resources that nodes may only have parts of are decided by the node authorizer before these
 * rules are asked. Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go, NodeRules.
 */
export const NODE_RULES: readonly PolicyRule[] = [
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews localsubjectaccessreviews'),
  rule('get list watch', '', 'services'),
  rule('create get list watch', '', 'nodes'),
  rule('update patch', '', 'nodes/status'),
  rule('update patch', '', 'nodes'),
  rule('create update patch', '', 'events'),
  rule('get list watch', '', 'pods'),
  rule('create delete', '', 'pods'),
  rule('update patch', '', 'pods/status'),
  rule('create', '', 'pods/eviction'),
  rule('get list watch', '', 'secrets configmaps'),
  rule('get', '', 'persistentvolumeclaims persistentvolumes'),
  rule('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
  rule('get create update patch delete', 'coordination.k8s.io', 'leases'),
  rule('get', 'storage.k8s.io', 'volumeattachments'),
  rule('get update patch', '', 'persistentvolumeclaims/status'),
  rule('create', '', 'serviceaccounts/token'),
  rule('get watch list', 'storage.k8s.io', 'csidrivers'),
  rule('get create update patch delete', 'storage.k8s.io', 'csinodes'),
  rule('get list watch', 'node.k8s.io', 'runtimeclasses'),
];
