import type { FieldError } from '../field-error.js';
import type { ResourceName } from '../kinds/kinds.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition, SubresourceDefinition, Verb } from '../resource.js';
import { semanticallyEqual } from '../semantic-equal.js';
import {
  dnsSubdomainFaults,
  type NameRule,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from '../validation/index.js';

export const ALL_VERBS: Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** The status subresource, which every kind with a status has. */
export const statusSubresource: SubresourceDefinition = { name: 'status', verbs: ['get', 'patch', 'update'] };

/** What a resource says of itself; the rest is what most do. */
export interface ResourceFacts
  extends Pick<ResourceDefinition, 'group' | 'version' | 'kind' | 'plural' | 'namespaced' | 'schema' | 'table'>,
    Partial<
      Pick<
        ResourceDefinition,
        'shortNames' | 'categories' | 'verbs' | 'subresources' | 'fields' | 'storage' | 'convert'
      >
    > {
  hasGeneration?: boolean;
  comparedByBytes?: boolean;
  /** False unless said. */
  createsOnUpdate?: boolean;
  /** True unless said. */
  updatesUnconditionally?: boolean;
  /** False unless said. */
  returnsDeleted?: boolean;
  nameRule?: NameRule;
  setDefaults?: (object: KubeObject) => void;
  /** The first status of a created object; kinds without it keep what the creator sent. */
  firstStatus?: (object: KubeObject) => unknown;
  /** On top of the metadata's rules. */
  validate?: (object: KubeObject) => FieldError[];
  validateUpdate?: (object: KubeObject, current: KubeObject) => FieldError[];
  validateStatus?: (object: KubeObject, current: KubeObject) => FieldError[];
  /** Runs last on an update. */
  carryOver?: (object: KubeObject, current: KubeObject) => void;
  /** Runs last on a write to /status. */
  carryOverStatus?: (object: KubeObject, current: KubeObject) => void;
}

/** The registry takes a definition only under a name that it has: `Kinds` lists them. */
const storageNameOf = (group: string, plural: string): ResourceName =>
  (group ? `${plural}.${group}` : plural) as ResourceName;

/** A definition from what is particular to a resource. */
export function defineResource(facts: ResourceFacts): ResourceDefinition {
  const { group, kind, plural, namespaced } = facts;
  const hasStatus = facts.subresources?.some((subresource) => subresource.name === 'status') ?? false;
  const hasGeneration = facts.hasGeneration ?? false;
  const nameRule = facts.nameRule ?? dnsSubdomainFaults;
  const ownRules = facts.validate ?? (() => []);
  return {
    group,
    version: facts.version,
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    namespaced,
    verbs: facts.verbs ?? ALL_VERBS,
    subresources: facts.subresources ?? [],
    schema: facts.schema,
    storage: facts.storage ?? storageNameOf(group, plural),
    hasGeneration,
    fields: facts.fields ?? {},
    createsOnUpdate: facts.createsOnUpdate ?? false,
    updatesUnconditionally: facts.updatesUnconditionally ?? true,
    returnsDeleted: facts.returnsDeleted ?? false,
    defaultPropagation: 'Background',
    setDefaults: facts.setDefaults ?? (() => undefined),
    prepareForCreate: (object) => {
      if (hasGeneration) object.metadata.generation = 1;
      if (!facts.firstStatus) return;
      const status = facts.firstStatus(object);
      if (status === undefined) delete object.status;
      else object.status = status;
    },
    prepareForUpdate: (object, current) => {
      if (hasStatus) keepStatus(object, current);
      facts.carryOver?.(object, current);
      if (hasGeneration) raiseGeneration(object, current);
    },
    prepareForStatusUpdate: (object, current) => {
      const { metadata, status } = object;
      for (const key of Object.keys(object)) delete object[key];
      Object.assign(object, structuredClone(current));
      // Labels, annotations and finalizers may change with a status, as upstream: only the rest of the object may not.
      object.metadata = metadata;
      if (current.metadata.generation !== undefined) metadata.generation = current.metadata.generation;
      if (status === undefined) delete object.status;
      else object.status = status;
      facts.carryOverStatus?.(object, current);
    },
    validate: (object) => [...validateObjectMeta(object.metadata, namespaced, nameRule), ...ownRules(object)],
    validateUpdate: (object, current) => [
      ...validateObjectMeta(object.metadata, namespaced, nameRule),
      ...validateObjectMetaUpdate(object.metadata, current.metadata),
      ...ownRules(object),
      ...(facts.validateUpdate?.(object, current) ?? []),
    ],
    validateStatusUpdate: (object, current) => [
      ...validateObjectMeta(object.metadata, namespaced, nameRule),
      ...validateObjectMetaUpdate(object.metadata, current.metadata),
      ...(facts.validateStatus?.(object, current) ?? []),
    ],
    table: facts.table,
    comparedByBytes: facts.comparedByBytes ?? false,
    ...(facts.convert && { convert: facts.convert }),
  };
}

/**
 * The preparation of a subresource that writes a part of the spec: everything but what `take` gives is as it was.
 * `take` may not change `current`.
 */
export function writesSpec(
  take: (object: KubeObject, current: KubeObject) => unknown,
): (object: KubeObject, current: KubeObject) => void {
  return (object, current) => {
    const spec = take(object, current);
    for (const key of Object.keys(object)) delete object[key];
    Object.assign(object, structuredClone(current));
    object.spec = spec;
    raiseGeneration(object, current);
  };
}

function keepStatus(object: KubeObject, current: KubeObject): void {
  if (current.status === undefined) delete object.status;
  else object.status = structuredClone(current.status);
}

/** +1 for a change of spec; what the client sent does not count. */
function raiseGeneration(object: KubeObject, current: KubeObject): void {
  const before = current.metadata.generation ?? 1;
  object.metadata.generation = semanticallyEqual(object.spec, current.spec) ? before : before + 1;
}
