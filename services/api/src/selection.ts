import type { CachedObject } from '@everynode/list-watch';
import {
  compileFieldSelector,
  matchesRequirements,
  parseFieldSelector,
  parseLabelSelector,
  type ResourceDefinition,
  requiredFieldValue,
} from '@everynode/objects';
import type { Query } from './query.js';

/** Which objects of a collection a request speaks of. */
export interface Selection {
  namespace: string;
  /** The one name that the field selector asks for, if it does. */
  name: string | undefined;
  /** The one node or agent that it asks for. */
  placement: string | undefined;
  matches(object: CachedObject): boolean;
}

/** Reads labelSelector and fieldSelector. Throws BadRequest for selectors that do not parse. */
export function selectionFrom(definition: ResourceDefinition, namespace: string, query: Query): Selection {
  const labels = parseLabelSelector(query.text('labelSelector') ?? '');
  const fields = parseFieldSelector(query.text('fieldSelector') ?? '');
  const fieldsMatch = compileFieldSelector(fields, definition.fields);
  return {
    namespace,
    name: requiredFieldValue(fields, 'metadata.name'),
    placement: definition.storage === 'pods' ? requiredFieldValue(fields, 'spec.nodeName') : undefined,
    matches: (object) =>
      (namespace === '' || object.record.namespace === namespace) &&
      (labels.length === 0 || matchesRequirements(labels, object.metadata.labels)) &&
      (fields.length === 0 || fieldsMatch(object.object)),
  };
}
