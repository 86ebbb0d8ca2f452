import {
  addDefaultTolerations,
  controllerOf,
  type KubeObject,
  type PriorityFacts,
  type ResourceDefinition,
  resolvePriority,
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
  if (controllerOf(object.metadata)?.kind !== 'DaemonSet') addDefaultTolerations(spec);
  const classes = context.reflector.cache('priorityclasses.scheduling.k8s.io');
  object.spec = resolvePriority(object.metadata.name, spec, (name) => classes.get('', name)?.object as PriorityFacts);
}
