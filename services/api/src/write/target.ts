import type { ErrorSubject, ResourceDefinition } from '@everynode/objects';
import type { ObjectKey } from '@everynode/store';

/** The object that a request names. */
export interface Target {
  definition: ResourceDefinition;
  /** Empty for cluster-scoped resources. */
  namespace: string;
  name: string;
}

/** What error messages say of an object. */
interface Named extends Omit<Target, 'definition'> {
  definition: Pick<ResourceDefinition, 'group' | 'plural' | 'viewOf'>;
}

/** The object as error messages name it. */
export const subjectOf = ({ definition, name }: Named): ErrorSubject => ({
  group: definition.viewOf?.group ?? definition.group,
  plural: definition.viewOf?.plural ?? definition.plural,
  name,
});

export const keyOfTarget = ({ definition, namespace, name }: Target): ObjectKey => ({
  resource: definition.storage,
  namespace,
  name,
});
