import type { Namespace, Node, PriorityClass, Secret } from '../kinds/api-types.js';

/** The label that lets selectors find a namespace by its name. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

/** SetDefaults_Namespace and SetDefaults_NamespaceStatus. */
export function setNamespaceDefaults(namespace: Namespace): void {
  const { metadata } = namespace;
  if (metadata?.name) metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
  namespace.status ??= {};
  namespace.status.phase ||= 'Active';
}

/**
 * SetDefaults_NodeStatus. podCIDR is the first of podCIDRs; it counts where a client sends two that differ.
 * Source: pkg/apis/core/v1/conversion.go.
 */
export function setNodeDefaults(node: Node): void {
  const { spec, status } = node;
  if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
  if (!spec) return;
  const first = spec.podCIDRs?.[0];
  if (spec.podCIDR && spec.podCIDR !== first) spec.podCIDRs = [spec.podCIDR];
  else if (!spec.podCIDR && first !== undefined) spec.podCIDR = first;
}

/**
 * SetDefaults_Secret, and the write-only `stringData`: its entries are written over those of `data`, and it is not
 * stored.
 */
export function setSecretDefaults(secret: Secret): void {
  secret.type ||= 'Opaque';
  if (!secret.stringData) return;
  const encoded = Object.entries(secret.stringData).map(([key, text]): [string, string] => [
    key,
    Buffer.from(text, 'utf8').toString('base64'),
  ]);
  secret.data = Object.fromEntries([...Object.entries(secret.data ?? {}), ...encoded]);
  delete secret.stringData;
}

/** SetDefaults_PriorityClass. */
export function setPriorityClassDefaults(priorityClass: PriorityClass): void {
  priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
}
