import type { CachedObject } from '@everynode/list-watch';
import {
  compileFieldSelector,
  type FieldRequirement,
  formatRequirements,
  matchesRequirements,
  parseFieldSelector,
  parseLabelSelector,
  type ResourceDefinition,
  requiredFieldValue,
} from '@everynode/objects';
import type { Query } from '../http/query.js';

/** The objects of a collection that a request selects. */
export interface Selection {
  /** Equal keys select the same objects of a resource. */
  key: string;
  namespace: string;
  /** The name that the path or the field selector requires; undefined where they require none. */
  name: string | undefined;
  /** The node that the field selector requires; undefined where it requires none. */
  placement: string | undefined;
  /** True when there are no selectors beside the path's namespace. */
  selectsAll: boolean;
  matches(object: CachedObject): boolean;
}

type Test = (object: CachedObject) => boolean;

/** Reads labelSelector and fieldSelector. @throws ApiError BadRequest for selectors that do not parse. */
export function selectionFrom(
  definition: ResourceDefinition,
  namespace: string,
  query: Query,
  pathName?: string,
): Selection {
  const labels = parseLabelSelector(query.text('labelSelector') ?? '');
  const asked = parseFieldSelector(query.text('fieldSelector') ?? '');
  const named: FieldRequirement[] =
    pathName === undefined ? [] : [{ field: 'metadata.name', operator: '=', value: pathName }];
  const fields = [...named, ...asked];
  const tests = [...recordTests(definition, fields), objectTest(definition, fields)].filter(
    (test) => test !== undefined,
  );
  if (labels.length > 0) tests.push((object) => matchesRequirements(labels, object.labels));
  if (namespace !== '') tests.unshift(({ record }) => record.namespace === namespace);
  const [only, ...more] = tests;
  return {
    key: JSON.stringify([namespace, formatRequirements(labels), fields]),
    namespace,
    name: requiredFieldValue(fields, 'metadata.name'),
    placement: (definition.placementField && requiredFieldValue(fields, definition.placementField)) || undefined,
    selectsAll: labels.length === 0 && fields.length === 0,
    matches: !only ? () => true : more.length === 0 ? only : (object) => tests.every((test) => test(object)),
  };
}

/** Fields that can be read from a record without parsing its parts. */
const RECORD_FIELDS: Readonly<Record<string, (object: CachedObject) => string>> = {
  'metadata.name': ({ record }) => record.name,
  'metadata.namespace': ({ record }) => record.namespace,
};

const placementText = ({ record }: CachedObject): string => record.placement ?? '';

const isOnRecord = ({ placementField }: ResourceDefinition, field: string): boolean =>
  field === placementField || Object.hasOwn(RECORD_FIELDS, field);

function recordTests(definition: ResourceDefinition, fields: readonly FieldRequirement[]): Test[] {
  return fields
    .filter(({ field }) => isOnRecord(definition, field))
    .map(({ field, operator, value }) => {
      const read = RECORD_FIELDS[field] ?? placementText;
      return (object) => (read(object) === value) === (operator === '=');
    });
}

/**
 * The test of all other fields, which needs the parsed object. All fields are compiled, so that unknown ones are
 * refused.
 */
function objectTest(definition: ResourceDefinition, fields: readonly FieldRequirement[]): Test | undefined {
  compileFieldSelector(fields, definition.fields, definition);
  const rest = fields.filter(({ field }) => !isOnRecord(definition, field));
  if (rest.length === 0) return undefined;
  const matches = compileFieldSelector(rest, definition.fields, definition);
  return (object) => matches(object.object);
}
