import { NODE_LEASE_NAMESPACE, SERVICE_CIDR } from '@everynode/objects';
import type { ApiContext } from './api-context.js';
import { ensureBootstrapPolicy } from './bootstrap-policy.js';
import { ensureObject } from './ensure-object.js';
import { ensureKubernetesEndpoints } from './kubernetes-endpoints.js';

/** Namespaces that every cluster has. */
export const SYSTEM_NAMESPACES: readonly string[] = ['default', 'kube-system', 'kube-public', NODE_LEASE_NAMESPACE];

const PRIORITY_CLASSES = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
];

/**
 * Creates the objects that clients expect in each namespace: a service account, and the CA of the api's certificate.
 */
async function ensureNamespaceObjects(context: ApiContext, namespace: string): Promise<void> {
  await ensureObject(context, 'serviceaccounts', namespace, { metadata: { name: 'default' } });
  await ensureObject(
    context,
    'configmaps',
    namespace,
    {
      metadata: {
        name: 'kube-root-ca.crt',
        annotations: { 'kubernetes.io/description': 'The CA that signs the certificate of the API server.' },
      },
      data: { 'ca.crt': context.rootCa },
    },
    'kube-controller-manager',
  );
}

/** First address of the range that kubeadm gives to services. */
const KUBERNETES_ADDRESS = '10.96.0.1';

/** The address of the API server inside a cluster. Source: pkg/controlplane/controller/kubernetesservice. */
const KUBERNETES_SERVICE = {
  metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: {
    type: 'ClusterIP',
    clusterIP: KUBERNETES_ADDRESS,
    clusterIPs: [KUBERNETES_ADDRESS],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
    ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    sessionAffinity: 'None',
  },
  status: { loadBalancer: {} },
};

/** Creates the objects that every cluster has. It may run on every start, and on several replicas at once. */
export async function ensureClusterObjects(context: ApiContext, publicUrl: string): Promise<void> {
  for (const name of SYSTEM_NAMESPACES) {
    // What is created in a namespace has to find it in the caches.
    if (await ensureObject(context, 'namespaces', '', { metadata: { name } })) await context.freshReads.catchUp();
    await ensureNamespaceObjects(context, name);
  }
  await ensureObject(context, 'servicecidrs.networking.k8s.io', '', {
    metadata: { name: 'kubernetes' },
    spec: { cidrs: [SERVICE_CIDR] },
  });
  await ensureObject(context, 'services', 'default', KUBERNETES_SERVICE);
  await ensureKubernetesEndpoints(context, publicUrl);
  for (const { name, value, description } of PRIORITY_CLASSES) {
    await ensureObject(context, 'priorityclasses.scheduling.k8s.io', '', { metadata: { name }, value, description });
  }
  await ensureBootstrapPolicy(context);
}
