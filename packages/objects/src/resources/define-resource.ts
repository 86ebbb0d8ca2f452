import { dropDisabledIn } from '../defaults/feature-gates.js';
import type { DeletionRules } from '../deletion/decide-deletion.js';
import type { FieldError } from '../field-error.js';
import type { ResourceName } from '../kinds/kinds.js';
import type { KubeObject, StoredMeta } from '../kube-object.js';
import type { ResourceDefinition, SubresourceDefinition, SubresourcePart, TableDefinition, Verb } from '../resource.js';
import { semanticallyEqual } from '../semantic-equal.js';
import {
  dnsSubdomainMessages,
  finalizerDomainErrors,
  type NameRule,
  validateChangedMeta,
  validateMetaOfUpdate,
  validateObjectMeta,
} from '../validation/index.js';
import { templateWarningsOf } from '../warnings/template-warnings.js';

export const ALL_VERBS: Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** The status subresource of every kind with a status. */
export const statusSubresource: SubresourceDefinition = { name: 'status', verbs: ['get', 'patch', 'update'] };

/** The values of selectable fields, as text. */
export type FieldReaders<T extends KubeObject> = Record<string, { read(object: T): string }['read']>;

/**
 * What is particular to one resource. Everything else has the values of most resources.
 *
 * The hooks get objects of the kind `T`. They are methods and not properties, so that a definition for a kind is also
 * one for any object: TypeScript compares the parameters of methods in both directions.
 */
export interface ResourceFacts<T extends KubeObject = KubeObject>
  extends Pick<ResourceDefinition, 'group' | 'version' | 'kind' | 'plural' | 'namespaced' | 'schema'>,
    Partial<Pick<ResourceDefinition, 'shortNames' | 'categories' | 'verbs' | 'subresources' | 'storage' | 'convert'>> {
  table: TableDefinition<T>;
  fields?: FieldReaders<T>;
  /** False by default. */
  hasGeneration?: boolean;
  /** The member whose changes raise the generation; `spec` by default. */
  generationCounts?: string;
  /** False by default. */
  comparedByBytes?: boolean;
  /** False by default. */
  createsOnUpdate?: boolean;
  /** True by default. */
  updatesUnconditionally?: boolean;
  /** False by default. */
  returnsDeleted?: boolean;
  nameRule?: NameRule;
  /** True where finalizers may have names without a domain. */
  hasPlainFinalizers?: boolean;
  /** By default an object is removed at once, and its dependents in the background. */
  deletion?: DeletionRules;
  /** Null by default. */
  placementOf?(object: T): string | null;
  placementField?: string;
  /** `kube-controller-manager` by default. */
  statusWriter?: ResourceDefinition['statusWriter'];
  internalAnnotation?: string;
  setDefaults?(object: T): void;
  /** The first status of a created object. Kinds without this hook keep the status that the creator sent. */
  firstStatus?(object: T): T['status'];
  /** In addition to the rules of metadata. */
  validate?(object: T): FieldError[];
  /** Rules that an update does not check again. */
  validateNew?(object: T): FieldError[];
  validateUpdate?(object: T, current: T): FieldError[];
  /** False for a kind whose updates have only the rules of updates. True by default. */
  validatesUpdated?: boolean;
  /**
   * What the rules of the kind say of metadata, beside those of every object, which come before. By default of an
   * updated object what may not change; `whole` as of a new one, too; `as new` only that; `nothing` never anything.
   */
  ownMetadata?: 'whole' | 'as new' | 'nothing';
  validateStatus?(object: T, current: T): FieldError[];
  /** In addition to the warnings of pod templates, which every kind with a template has. */
  warnings?(object: T, before: T | undefined): string[];
  /** Completes a new object, after the rules of admission and before its own. */
  prepareNew?(object: T): void;
  /** Makes of an object what upstream's storage does, after its owners are known. Runs on every write of the object. */
  asStored?(object: T): void;
  /** Runs last on an update. */
  carryOver?(object: T, current: T): void;
  /** Paths that a write to /status restores, beside the spec. */
  resetByStatus?: readonly string[];
  /** {@link ResourceDefinition.asVersioned}; most kinds have nothing of that. */
  asVersioned?(object: T): KubeObject;
  /** Runs last on a write to /status. */
  carryOverStatus?(object: T, current: T): void;
}

/**
 * A cast, because the type of a joined text is string. The registry takes a definition only under a name of `Kinds`.
 */
const storageNameOf = (group: string, plural: string): ResourceName =>
  (group ? `${plural}.${group}` : plural) as ResourceName;

/** Metadata as upstream's rules see it: what is a field of its internal type is no annotation there. */
function withoutAnnotation(metadata: StoredMeta, key: string | undefined): StoredMeta {
  if (key === undefined || metadata.annotations?.[key] === undefined) return metadata;
  const { [key]: _internal, ...annotations } = metadata.annotations;
  return { ...metadata, annotations };
}

/** Returns the whole definition of a resource. */
export function defineResource<T extends KubeObject = KubeObject>(ofKind: ResourceFacts<T>): ResourceDefinition {
  const facts: ResourceFacts = ofKind;
  const { group, kind, plural, namespaced } = facts;
  const hasStatus = facts.subresources?.some((subresource) => subresource.name === 'status') ?? false;
  const hasGeneration = facts.hasGeneration ?? false;
  const nameRule = facts.nameRule ?? dnsSubdomainMessages;
  const templateWarnings = templateWarningsOf(facts.schema);
  const { ownMetadata } = facts;
  const ofFinalizers = ({ metadata }: KubeObject): FieldError[] =>
    facts.hasPlainFinalizers ? [] : finalizerDomainErrors(metadata);
  const metaOf = ({ metadata }: KubeObject): StoredMeta => withoutAnnotation(metadata, facts.internalAnnotation);
  const asNew = (object: KubeObject): FieldError[] => [
    ...validateObjectMeta(metaOf(object), namespaced, nameRule),
    ...ofFinalizers(object),
  ];
  const changed = (object: KubeObject, current: KubeObject): FieldError[] => [
    ...validateMetaOfUpdate(metaOf(object), current.metadata),
    ...(ownMetadata === 'nothing' || ownMetadata === 'as new'
      ? []
      : [...validateChangedMeta(metaOf(object), current.metadata), ...ofFinalizers(object)]),
  ];
  const ownRules = (object: KubeObject): FieldError[] => facts.validate?.(object) ?? [];
  return {
    group,
    version: facts.version,
    kind,
    listKind: `${kind}List`,
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
    namesItems: false,
    fields: facts.fields ?? {},
    createsOnUpdate: facts.createsOnUpdate ?? false,
    updatesUnconditionally: facts.updatesUnconditionally ?? true,
    returnsDeleted: facts.returnsDeleted ?? false,
    deletion: facts.deletion ?? { defaultPropagation: 'Background' },
    placementOf: (object) => facts.placementOf?.(object) ?? null,
    placementField: facts.placementField,
    statusWriter: facts.statusWriter ?? 'kube-controller-manager',
    resetFields: (subresource) => {
      if (subresource === 'status') return ['spec', ...(facts.resetByStatus ?? [])];
      if (subresource === 'approval') return ['spec', 'status.certificate'];
      // Source: pkg/registry/core/pod/storage. These two have no reset fields, although their strategies name some.
      if (subresource === 'ephemeralcontainers' || subresource === 'resize') return [];
      return hasStatus ? ['status'] : [];
    },
    internalAnnotation: facts.internalAnnotation,
    asVersioned: (object) => facts.asVersioned?.(object) ?? object,
    setDefaults: (object) => facts.setDefaults?.(object),
    prepareForCreate: (object) => {
      dropDisabledIn(object);
      facts.prepareNew?.(object);
      facts.asStored?.(object);
      if (hasGeneration) object.metadata.generation = 1;
      if (!facts.firstStatus) return;
      const status = facts.firstStatus(object);
      if (status === undefined) delete object.status;
      else object.status = status;
    },
    prepareForUpdate: (object, current) => {
      dropDisabledIn(object);
      if (hasStatus) keepStatus(object, current);
      facts.asStored?.(object);
      facts.carryOver?.(object, current);
      if (hasGeneration) raiseGeneration(object, current, facts.generationCounts);
    },
    prepareForStatusUpdate: (object, current) => {
      const { metadata, status } = object;
      for (const key of Object.keys(object)) delete object[key];
      Object.assign(object, structuredClone(current));
      // As upstream, a status write may also change labels, annotations and finalizers.
      object.metadata = metadata;
      if (current.metadata.generation !== undefined) metadata.generation = current.metadata.generation;
      if (status === undefined) delete object.status;
      else object.status = status;
      facts.carryOverStatus?.(object, current);
    },
    validate: (object) => {
      const own = [...ownRules(object), ...(facts.validateNew?.(object) ?? [])];
      if (ownMetadata !== 'nothing') return [...asNew(object), ...own];
      // The rules of every object come last, where those of the kind had nothing to say.
      return own.length > 0 ? own : validateObjectMeta(object.metadata, namespaced, nameRule);
    },
    validateUpdate: (object, current) => [
      ...changed(object, current),
      ...(ownMetadata === 'whole' || ownMetadata === 'as new' ? asNew(object) : []),
      ...(facts.validatesUpdated === false ? [] : ownRules(object)),
      ...(facts.validateUpdate?.(object, current) ?? []),
    ],
    validateStatusUpdate: (object, current) => [
      ...changed(object, current),
      ...(facts.validateStatus?.(object, current) ?? []),
    ],
    ...((facts.warnings || templateWarnings) && {
      warnings: (object, before) => [
        ...(facts.warnings?.(object, before) ?? []),
        ...(templateWarnings?.(object, before) ?? []),
      ],
    }),
    table: facts.table,
    comparedByBytes: facts.comparedByBytes ?? false,
    ...(facts.convert && { convert: facts.convert }),
  };
}

/**
 * Returns the `prepare` of a subresource that writes a part of the spec. `take` returns the new spec and must not
 * change `current`; everything else stays as it is stored.
 */
export function writesSpec<T extends KubeObject>(
  take: (object: T, current: T) => T['spec'],
): SubresourcePart<T>['prepare'] {
  return (object, current) => {
    const spec = take(object, current);
    const whole: KubeObject = object;
    for (const key of Object.keys(whole)) delete whole[key];
    Object.assign(whole, structuredClone(current), { spec });
    raiseGeneration(whole, current);
  };
}

export function keepStatus(object: KubeObject, current: KubeObject): void {
  if (current.status === undefined) delete object.status;
  else object.status = structuredClone(current.status);
}

/** +1 for a change of the member. The generation that the client sent does not count. */
function raiseGeneration(object: KubeObject, current: KubeObject, member = 'spec'): void {
  const before = current.metadata.generation ?? 1;
  object.metadata.generation = semanticallyEqual(object[member], current[member]) ? before : before + 1;
}
