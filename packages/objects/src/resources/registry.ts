import type { ResourceDefinition } from '../resource.js';
import { configMaps, secrets, serviceAccounts } from './configuration.js';
import { limitRanges, resourceQuotas } from './constraints.js';
import { controllerRevisions } from './controller-revisions.js';
import { daemonSets } from './daemon-sets.js';
import { events, groupedEvents } from './events.js';
import { leases } from './leases.js';
import { namespaces } from './namespaces.js';
import { nodes } from './nodes.js';
import { deployments, replicaSets, replicationControllers } from './other-workloads.js';
import { podDisruptionBudgets } from './pod-disruption-budgets.js';
import { pods } from './pods.js';
import { priorityClasses } from './priority-classes.js';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './rbac.js';
import { services } from './services.js';

/** Everything that is served, in the order of discovery. Adding a resource is adding its definition here. */
export const resources: readonly ResourceDefinition[] = [
  configMaps,
  events,
  limitRanges,
  namespaces,
  nodes,
  pods,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  leases,
  groupedEvents,
  podDisruptionBudgets,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  priorityClasses,
];

const byPath = new Map(resources.map((one) => [`${one.group}/${one.version}/${one.plural}`, one]));
const byKind = new Map(resources.map((one) => [`${one.group}/${one.version}/${one.kind}`, one]));
/** Where two definitions show one stored resource, the one that does not convert is its own. */
const byStorage = new Map(resources.filter((one) => !one.convert).map((one) => [one.storage, one]));

/** By the words of a request's path; undefined for what is not served. */
export function findResource(group: string, version: string, plural: string): ResourceDefinition | undefined {
  return byPath.get(`${group}/${version}/${plural}`);
}

export function resourceByKind(group: string, version: string, kind: string): ResourceDefinition | undefined {
  return byKind.get(`${group}/${version}/${kind}`);
}

/** The definition in whose form a resource is stored. Throws for a name that nothing is stored under. */
export function resourceByStorage(storage: string): ResourceDefinition {
  const definition = byStorage.get(storage);
  if (!definition) throw new Error(`no resource is stored as ${storage}`);
  return definition;
}
