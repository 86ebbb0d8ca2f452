import type { FieldError, KubeObject, ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { daemonSetPolicy } from './daemonset-policy.js';
import { defaultTolerations } from './default-tolerations.js';
import { namespaceLifecycle, permanentNamespaces } from './namespace-lifecycle.js';
import type { AdmissionOperation, AdmissionPlugin, ObjectWrite, RequestedWrite } from './plugin.js';
import { defaultPriorityClass, podPriority } from './priority.js';
import { serviceAccount } from './service-account.js';

/**
 * All plugins, in the order in which they run within each phase. Order of the built-in ones:
 * Source: pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins.
 */
const PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  permanentNamespaces,
  serviceAccount,
  defaultPriorityClass,
  podPriority,
  defaultTolerations,
  daemonSetPolicy,
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

/** Second phase: completes the object in place. @throws ApiError */
export function admit(write: ObjectWrite): void {
  for (const plugin of PLUGINS) {
    if (plugin.admit && concerns(plugin, write.operation, write.definition)) plugin.admit(write);
  }
}

/** Third phase: checks the completed object. */
export function admissionFieldErrors(write: ObjectWrite): FieldError[] {
  const errors: FieldError[] = [];
  for (const plugin of PLUGINS) {
    if (plugin.fieldErrors && concerns(plugin, write.operation, write.definition)) {
      errors.push(...plugin.fieldErrors(write));
    }
  }
  return errors;
}

/** Fourth phase: warnings about the object as the client sent it. */
export function admissionWarnings(
  operation: AdmissionOperation,
  definition: ResourceDefinition,
  object: KubeObject,
): string[] {
  const warnings: string[] = [];
  for (const plugin of PLUGINS) {
    if (plugin.warnings && concerns(plugin, operation, definition)) warnings.push(...plugin.warnings(object));
  }
  return warnings;
}

/** Last phase, for dry runs only: the effects that the write would have. */
export async function admissionPreviews(
  context: ApiContext,
  operation: AdmissionOperation,
  definition: ResourceDefinition,
  object: KubeObject,
): Promise<string[]> {
  const previews: string[] = [];
  for (const plugin of PLUGINS) {
    if (!plugin.preview || !concerns(plugin, operation, definition)) continue;
    const preview = await plugin.preview(context, object);
    if (preview !== undefined) previews.push(preview);
  }
  return previews;
}
