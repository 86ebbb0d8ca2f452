import {
  addDefaultTolerations,
  controllerOf,
  forbiddenTo,
  type KubeObject,
  type PodSpec,
  type PriorityFacts,
  priorityClassIn,
  type ResourceDefinition,
  resolvePriority,
  withServiceAccount,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';

const CLASSES = 'priorityclasses.scheduling.k8s.io';

/** What upstream's admission plugins add to objects on their way in, and what they refuse. */
export async function admitCreate(
  context: ApiContext,
  definition: ResourceDefinition,
  object: KubeObject,
): Promise<void> {
  if (definition.storage === CLASSES) admitDefaultClass(context, object);
  if (definition.storage !== 'pods') return;
  const spec = withServiceAccount((object.spec ?? { containers: [] }) as PodSpec);
  const classes = context.reflector.cache(CLASSES);
  const complete = resolvePriority(object.metadata.name, spec, (name) => priorityClassIn(classes, name));
  // Daemon pods have tolerations without a limit already.
  if (controllerOf(object.metadata)?.kind !== 'DaemonSet') addDefaultTolerations(complete);
  object.spec = complete;
}

/** The same for an update. */
export function admitUpdate(context: ApiContext, definition: ResourceDefinition, object: KubeObject): void {
  if (definition.storage === CLASSES) admitDefaultClass(context, object);
}

/** There is one class for pods that name none. Source: plugin/pkg/admission/priority, validatePriorityClass. */
function admitDefaultClass(context: ApiContext, object: KubeObject): void {
  if (!(object as PriorityFacts).globalDefault) return;
  const { name } = object.metadata;
  const other = priorityClassIn(context.reflector.cache(CLASSES), undefined)?.metadata?.name;
  if (other === undefined || other === name) return;
  throw forbiddenTo(
    { group: 'scheduling.k8s.io', plural: 'priorityclasses', name },
    `PriorityClass ${other} is already marked as default. Only one default can exist`,
  );
}
