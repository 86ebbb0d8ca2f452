import { type FieldError, invalid, type ResourceDefinition } from '@everynode/objects';
import { customResourceSchemas, terminatingDefinitions } from '../custom/check-definitions.js';
import { storedDefinition } from '../write/stored-object.js';
import { certificateRequests } from './certificate-requests.js';
import { daemonSetPolicy } from './daemonset-policy.js';
import { defaultTolerations } from './default-tolerations.js';
import { inertKinds } from './inert-kinds.js';
import { claimLimitRanger, limitRanger } from './limit-ranger.js';
import { namespaceLifecycle, permanentNamespaces } from './namespace-lifecycle.js';
import { nodeHosting } from './node-hosting.js';
import { nodeRestriction } from './node-restriction.js';
import type { AdmissionOperation } from './operation.js';
import { ownerReferencesPermission } from './owner-references-permission.js';
import type { AdmissionPlugin, DecidedWrite, ObjectWrite, RequestedWrite } from './plugin.js';
import { podSecurity, podTemplateSecurity } from './pod-security.js';
import { podSecurityLabels } from './pod-security-labels.js';
import { mutatingPolicyExpressions, policyExpressions, webhookExpressions } from './policies/check-expressions.js';
import { defaultPriorityClass, podPriority, systemPriorityClasses } from './priority.js';
import { rbacEscalation } from './rbac-escalation.js';
import { runtimeClass } from './runtime-class.js';
import { serviceAccount } from './service-account.js';
import { serviceAddresses } from './service-addresses.js';
import { taintNodesByCondition } from './taint-nodes.js';

/**
 * All plugins, in the order in which they run within each phase. Order of the built-in ones:
 * Source: pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins.
 */
const PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  permanentNamespaces,
  limitRanger,
  claimLimitRanger,
  serviceAccount,
  nodeRestriction,
  nodeHosting,
  taintNodesByCondition,
  podSecurity,
  podTemplateSecurity,
  podSecurityLabels,
  systemPriorityClasses,
  defaultPriorityClass,
  podPriority,
  defaultTolerations,
  runtimeClass,
  ownerReferencesPermission,
  rbacEscalation,
  daemonSetPolicy,
  certificateRequests,
  serviceAddresses,
  webhookExpressions,
  policyExpressions,
  mutatingPolicyExpressions,
  inertKinds,
  terminatingDefinitions,
  customResourceSchemas,
];

const concerns = (
  { resources, operations }: AdmissionPlugin,
  operation: AdmissionOperation,
  { storage }: ResourceDefinition,
): boolean => operations.includes(operation) && (resources === undefined || resources.includes(storage));

/** First phase: refuses writes that no object can make right. @throws ApiError */
export async function gate(write: RequestedWrite): Promise<void> {
  for (const plugin of PLUGINS) {
    if (plugin.gate && concerns(plugin, write.operation, write.target.definition)) await plugin.gate(write);
  }
}

/**
 * The phases around the rules of the kind itself: plugins complete the object in place, and mutating webhooks change
 * it; `validate` completes and checks it by the definition; plugins check the result, first its fields, and then what
 * is valid by itself, and policies and validating webhooks do so last. What webhooks change is completed by the plugins
 * once more.
 * @throws ApiError Invalid with the field errors of both, and what plugins throw.
 */
export function admit(write: ObjectWrite, validate: () => FieldError[]): void {
  const { operation, definition, object, subresource = '' } = write;
  const { dynamic } = write.context;
  complete(write);
  if (dynamic?.mutate(write)) complete(write);
  const errors = [...validate()];
  for (const plugin of PLUGINS) {
    if (subresource !== '' || !plugin.fieldErrors || !concerns(plugin, operation, definition)) continue;
    errors.push(...plugin.fieldErrors(write));
  }
  if (errors.length > 0) {
    // A view of a stored kind answers for that kind; a scale answers for itself.
    const { group, kind } = definition.viewOf ? definition : storedDefinition(definition);
    throw invalid({ group, kind, name: object.metadata.name }, errors);
  }
  for (const plugin of PLUGINS) {
    if (plugin.check && concerns(plugin, operation, definition)) plugin.check(write);
  }
  dynamic?.validate(write);
}

function complete(write: ObjectWrite): void {
  for (const plugin of PLUGINS) {
    if (plugin.admit && concerns(plugin, write.operation, write.definition)) plugin.admit(write);
  }
}

/** Phase of creations: completes the object with what no other object may have. @throws ApiError */
export async function allocate(write: ObjectWrite, dryRun: boolean): Promise<void> {
  for (const plugin of PLUGINS) {
    if (plugin.allocate && concerns(plugin, write.operation, write.definition)) await plugin.allocate(write, dryRun);
  }
}

/** Phase of creations that are not dry runs: takes what the completed object uses up. @throws ApiError */
export async function claim(write: ObjectWrite): Promise<void> {
  for (const plugin of PLUGINS) {
    if (plugin.claim && concerns(plugin, write.operation, write.definition)) await plugin.claim(write);
  }
}

/** Last phase: texts for Warning headers about what was written. A dry run is warned of as the write would be. */
export function advise(write: DecidedWrite): string[] {
  const { operation, definition } = write;
  return PLUGINS.flatMap((plugin) =>
    plugin.warnings && concerns(plugin, operation, definition) ? plugin.warnings(write) : [],
  );
}
