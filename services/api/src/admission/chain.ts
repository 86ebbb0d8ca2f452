import { type FieldError, invalid, type KubeObject, type ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { certificateRequests } from './certificate-requests.js';
import { daemonSetPolicy } from './daemonset-policy.js';
import { defaultTolerations } from './default-tolerations.js';
import { namespaceLifecycle, permanentNamespaces } from './namespace-lifecycle.js';
import { nodeRestriction } from './node-restriction.js';
import { ownerReferencesPermission } from './owner-references-permission.js';
import type { AdmissionOperation, AdmissionPlugin, ObjectWrite, RequestedWrite } from './plugin.js';
import { defaultPriorityClass, podPriority } from './priority.js';
import { rbacEscalation } from './rbac-escalation.js';
import { serviceAccount } from './service-account.js';

/**
 * All plugins, in the order in which they run within each phase. Order of the built-in ones:
 * Source: pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins.
 */
const PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  permanentNamespaces,
  serviceAccount,
  nodeRestriction,
  defaultPriorityClass,
  podPriority,
  defaultTolerations,
  ownerReferencesPermission,
  rbacEscalation,
  daemonSetPolicy,
  certificateRequests,
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
 * Second and third phase, around the rules of the kind itself: plugins complete the object in place, `validate`
 * completes and checks it by the definition, and plugins check the result.
 * @throws ApiError Invalid with the field errors of both, and what plugins throw.
 */
export function admit(write: ObjectWrite, validate: () => FieldError[]): void {
  const { operation, definition, object, subresource = '' } = write;
  for (const plugin of PLUGINS) {
    if (plugin.admit && concerns(plugin, operation, definition)) plugin.admit(write);
  }
  const errors = [...validate()];
  for (const plugin of PLUGINS) {
    if (subresource !== '' || !plugin.fieldErrors || !concerns(plugin, operation, definition)) continue;
    errors.push(...plugin.fieldErrors(write));
  }
  if (errors.length === 0) return;
  throw invalid({ group: definition.group, kind: definition.kind, name: object.metadata.name }, errors);
}

/** Phase of creations that are not dry runs: takes what the completed object uses up. @throws ApiError */
export async function claim(write: ObjectWrite): Promise<void> {
  for (const plugin of PLUGINS) {
    if (plugin.claim && concerns(plugin, write.operation, write.definition)) await plugin.claim(write);
  }
}

/** A write that the store has decided, or a dry run of it. */
export interface DecidedWrite {
  operation: AdmissionOperation;
  definition: ResourceDefinition;
  /** As the client sent it. */
  sent: KubeObject;
  /** The object as the write would leave it, for a dry run whose effects are to be shown. */
  preview?: { context: ApiContext; object: KubeObject } | undefined;
}

/** Last phases: texts for Warning headers about the object as it was sent, and about the effects of a dry run. */
export async function advise({ operation, definition, sent, preview }: DecidedWrite): Promise<string[]> {
  const plugins = PLUGINS.filter((plugin) => concerns(plugin, operation, definition));
  const texts = plugins.flatMap((plugin) => plugin.warnings?.(sent) ?? []);
  if (!preview) return texts;
  for (const plugin of plugins) {
    const text = await plugin.preview?.(preview.context, preview.object);
    if (text !== undefined) texts.push(text);
  }
  return texts;
}
