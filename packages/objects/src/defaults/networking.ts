import type { EndpointSlice, Endpoints, IngressClass, NetworkPolicy } from '../kinds/api-types.js';

/** pkg/apis/networking/v1 SetDefaults_NetworkPolicy and SetDefaults_NetworkPolicyPort. */
export function setNetworkPolicyDefaults({ spec }: NetworkPolicy): void {
  if (!spec) return;
  if ((spec.policyTypes ?? []).length === 0) {
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  }
  for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of ports ?? []) port.protocol ??= 'TCP';
  }
}

/** pkg/apis/networking/v1 SetDefaults_IngressClass. */
export function setIngressClassDefaults({ spec }: IngressClass): void {
  if (spec?.parameters) spec.parameters.scope ??= 'Cluster';
}

/** pkg/apis/core/v1 SetDefaults_Endpoints. */
export function setEndpointsDefaults({ subsets }: Endpoints): void {
  for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP';
}

/** pkg/apis/discovery/v1 SetDefaults_EndpointPort. */
export function setEndpointSliceDefaults({ ports }: EndpointSlice): void {
  for (const port of ports ?? []) {
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}
