import type { ApiContext } from '../api-context.js';
import { type Creatable, ensureObject } from '../ensure-object.js';
import { clusterInfo } from './cluster-info.js';

const GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${GROUP}/v1`;

/** Tokens of `everynode token create` have this group unless others are named. */
const DEFAULT_GROUP = 'system:bootstrappers:everynode:default-node-token';

const bindsGroup = (name: string, role: string, group: string): Creatable => ({
  apiVersion: API_VERSION,
  kind: 'ClusterRoleBinding',
  metadata: { name: `everynode:${name}` },
  roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role },
  subjects: [{ apiGroup: GROUP, kind: 'Group', name: group }],
});

const REQUESTS = 'system:certificates.k8s.io:certificatesigningrequests';

/** What kubeadm binds. Source: kubeadm, phases/bootstraptoken/node/tlsbootstrap.go. */
const BINDINGS: readonly Creatable[] = [
  bindsGroup('kubelet-bootstrap', 'system:node-bootstrapper', DEFAULT_GROUP),
  bindsGroup('node-autoapprove-bootstrap', `${REQUESTS}:nodeclient`, DEFAULT_GROUP),
  bindsGroup('node-autoapprove-certificate-rotation', `${REQUESTS}:selfnodeclient`, 'system:nodes'),
];

const READER = 'everynode:cluster-info';
const READER_ROLE: Creatable = {
  apiVersion: API_VERSION,
  kind: 'Role',
  metadata: { name: READER },
  rules: [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['cluster-info'] }],
};
const READER_BINDING: Creatable = {
  apiVersion: API_VERSION,
  kind: 'RoleBinding',
  metadata: { name: READER },
  roleRef: { apiGroup: GROUP, kind: 'Role', name: READER },
  subjects: [{ apiGroup: GROUP, kind: 'User', name: 'system:anonymous' }],
};

/**
 * Creates what nodes need to join, where it is missing: the cluster's information, who may read it, and what holders of
 * bootstrap tokens and nodes may ask for. An administrator who wants nodes to be approved by hand empties the binding
 * `everynode:node-autoapprove-bootstrap`; a deleted one comes back with the next start.
 */
export async function ensureJoinObjects(context: ApiContext, server: string): Promise<void> {
  for (const binding of BINDINGS) await ensureObject(context, `clusterrolebindings.${GROUP}`, '', binding);
  await ensureObject(context, `roles.${GROUP}`, 'kube-public', READER_ROLE);
  await ensureObject(context, `rolebindings.${GROUP}`, 'kube-public', READER_BINDING);
  await ensureObject(context, 'configmaps', 'kube-public', {
    metadata: { name: 'cluster-info' },
    data: { kubeconfig: clusterInfo(server, context.rootCa) },
  });
}
