import type { DeletionRules } from '../deletion/decide-deletion.js';
import type { ResourceName } from '../kinds/kinds.js';
import type { ResourceDefinition } from '../resource.js';
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from './admission-webhooks.js';
import { certificateSigningRequests } from './certificate-signing-requests.js';
import { configMaps, secrets, serviceAccounts } from './configuration.js';
import { limitRanges, resourceQuotas } from './constraints.js';
import { controllerRevisions } from './controller-revisions.js';
import { customResourceDefinitions } from './custom-resource-definitions.js';
import { daemonSets } from './daemon-sets.js';
import { events, groupedEvents } from './events.js';
import { genericResources } from './generic.js';
import { autoscalersV1, horizontalPodAutoscalers } from './horizontal-pod-autoscalers.js';
import { leases } from './leases.js';
import { mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings } from './mutating-admission-policies.js';
import { namespaces } from './namespaces.js';
import { nodes } from './nodes.js';
import { podDisruptionBudgets } from './pod-disruption-budgets.js';
import { pods } from './pods.js';
import { priorityClasses } from './priority-classes.js';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './rbac.js';
import { services } from './services.js';
import { validatingAdmissionPolicies, validatingAdmissionPolicyBindings } from './validating-admission-policies.js';
import { deployments, replicaSets, replicationControllers, statefulSets } from './workloads.js';

/**
 * Every served resource in the order of discovery, by the name under which it is stored. To add a resource, add its
 * kind to `Kinds` and its definition here; one that needs no code is an entry of `GENERIC_KINDS`. The second
 * definitions of events and of autoscalers show what the first ones store.
 */
const DEFINITIONS = {
  ...genericResources,
  configmaps: configMaps,
  events,
  limitranges: limitRanges,
  namespaces,
  nodes,
  pods,
  replicationcontrollers: replicationControllers,
  resourcequotas: resourceQuotas,
  secrets,
  serviceaccounts: serviceAccounts,
  services,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': mutatingAdmissionPolicies,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': mutatingAdmissionPolicyBindings,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': mutatingWebhookConfigurations,
  'validatingadmissionpolicies.admissionregistration.k8s.io': validatingAdmissionPolicies,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': validatingAdmissionPolicyBindings,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': validatingWebhookConfigurations,
  'controllerrevisions.apps': controllerRevisions,
  'daemonsets.apps': daemonSets,
  'deployments.apps': deployments,
  'replicasets.apps': replicaSets,
  'statefulsets.apps': statefulSets,
  'horizontalpodautoscalers.autoscaling': horizontalPodAutoscalers,
  'horizontalpodautoscalers.v1.autoscaling': autoscalersV1,
  'certificatesigningrequests.certificates.k8s.io': certificateSigningRequests,
  'leases.coordination.k8s.io': leases,
  'events.events.k8s.io': groupedEvents,
  'poddisruptionbudgets.policy': podDisruptionBudgets,
  'customresourcedefinitions.apiextensions.k8s.io': customResourceDefinitions,
  'clusterrolebindings.rbac.authorization.k8s.io': clusterRoleBindings,
  'clusterroles.rbac.authorization.k8s.io': clusterRoles,
  'rolebindings.rbac.authorization.k8s.io': roleBindings,
  'roles.rbac.authorization.k8s.io': roles,
  'priorityclasses.scheduling.k8s.io': priorityClasses,
} satisfies Record<
  ResourceName | 'events.events.k8s.io' | 'horizontalpodautoscalers.v1.autoscaling',
  ResourceDefinition
>;

const builtIn: readonly ResourceDefinition[] = Object.values(DEFINITIONS);
const served: ResourceDefinition[] = [...builtIn];

/** Everything that is served now: the built-in resources, and those that clients have defined. */
export const resources: readonly ResourceDefinition[] = served;

const pathOf = (one: ResourceDefinition): string => `${one.group}/${one.version}/${one.plural}`;
const byPath = new Map(builtIn.map((one) => [pathOf(one), one]));
let custom = new Map<string, ResourceDefinition>();
let changes = 0;

/** Replaces the resources that clients have defined. */
export function setCustomResources(definitions: readonly ResourceDefinition[]): void {
  custom = new Map(definitions.map((one) => [pathOf(one), one]));
  served.splice(builtIn.length, served.length, ...definitions);
  changes += 1;
}

/** How often the resources have changed. What is made of all of them is made anew when they have. */
export const resourcesVersion = (): number => changes;

/** By the parts of a request's path; undefined for what is not served. */
export function findResource(group: string, version: string, plural: string): ResourceDefinition | undefined {
  const path = `${group}/${version}/${plural}`;
  return byPath.get(path) ?? custom.get(path);
}

const builtInByStorage: Readonly<Record<string, ResourceDefinition>> = DEFINITIONS;

/**
 * The rules of deletion of a stored resource. Those that clients define have the rules of most: the objects are removed
 * at once, and their dependents in the background.
 */
export const deletionRulesOf = (storage: ResourceName): DeletionRules =>
  builtInByStorage[storage]?.deletion ?? { defaultPropagation: 'Background' };

/** The definition in whose form the objects of a resource are stored. */
export function resourceByStorage(storage: ResourceName): ResourceDefinition {
  const found = builtInByStorage[storage] ?? served.find((one) => one.storage === storage);
  if (!found) throw new Error(`no resource is stored as ${storage}`);
  return found;
}
