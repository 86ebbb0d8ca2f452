import {
  ApiError,
  addDefaultTolerations,
  controllerOf,
  type KubeObject,
  type ResourceDefinition,
} from '@everynode/objects';
import type { PodSpec } from 'kubernetes-types/core/v1.js';
import type { ApiContext } from '../api-context.js';

/** What upstream's admission plugins add to objects on their way in; only pods are concerned. */
export async function admitCreate(
  context: ApiContext,
  definition: ResourceDefinition,
  object: KubeObject,
): Promise<void> {
  if (definition.storage !== 'pods') return;
  const spec = (object.spec ?? {}) as PodSpec & Record<string, unknown>;
  // ServiceAccount: plugin/pkg/admission/serviceaccount.
  if (!spec.serviceAccountName) spec.serviceAccountName = 'default';
  // DefaultTolerationSeconds: daemon pods have tolerations without a limit already.
  if (controllerOf(object.metadata)?.kind !== 'DaemonSet') addDefaultTolerations(object as never);
  resolvePriority(context, object, spec);
}

/** Priority: plugin/pkg/admission/priority. */
function resolvePriority(context: ApiContext, object: KubeObject, spec: PodSpec & Record<string, unknown>): void {
  const name = spec.priorityClassName;
  if (!name) {
    spec.priority ??= 0;
    spec.preemptionPolicy ??= 'PreemptLowerPriority';
    return;
  }
  const found = context.reflector.cache('priorityclasses.scheduling.k8s.io').get('', name);
  if (!found) {
    throw new ApiError(
      'Forbidden',
      `pods ${JSON.stringify(object.metadata.name)} is forbidden: no PriorityClass with name ${name} was found`,
      { kind: 'pods', name: object.metadata.name },
    );
  }
  const { value, preemptionPolicy } = found.object as { value?: number; preemptionPolicy?: string };
  spec.priority = value ?? 0;
  spec.preemptionPolicy = preemptionPolicy ?? 'PreemptLowerPriority';
}
