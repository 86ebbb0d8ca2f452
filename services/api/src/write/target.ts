import type { ErrorSubject, ResourceDefinition } from '@everynode/objects';
import type { ObjectKey } from '@everynode/store';

/** The object that a request names. */
export interface Target {
  definition: ResourceDefinition;
  /** Empty for cluster-scoped resources. */
  namespace: string;
  name: string;
}

/** The object as error messages name it. */
export const subjectOf = ({ definition, name }: Target): ErrorSubject => ({
  group: definition.viewOf?.group ?? definition.group,
  plural: definition.viewOf?.plural ?? definition.plural,
  name,
});

export const keyOfTarget = ({ definition, namespace, name }: Target): ObjectKey => ({
  resource: definition.storage,
  namespace,
  name,
});
