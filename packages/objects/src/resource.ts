import type { DeletionRules } from './deletion/decide-deletion.js';
import type { FieldError } from './field-error.js';
import type { ResourceName } from './kinds/kinds.js';
import type { KubeObject } from './kube-object.js';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

/** A field of a type, by its name in the schema facts. */
export interface FieldName {
  type: string;
  field: string;
}

/** A column of `kubectl get`. Priority 0 always shows, 1 only with `-o wide`. */
export interface TableColumn {
  name: string;
  type: 'string' | 'integer' | 'date' | 'boolean';
  format: string;
  /** A text, or the field whose description in the schema is also the column's. */
  description: string | FieldName;
  priority: 0 | 1;
}

type TableCell = string | number | boolean;

/** A row: one cell for each column, and conditions (a finished pod has `Completed`). */
export interface TableRow {
  cells: TableCell[];
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

/** Returns the row at a time in ms since the epoch. Only the ages in it change. */
export type RowAt = (now: number) => TableRow;

export interface TableDefinition<T extends KubeObject = KubeObject> {
  columns: TableColumn[];
  /** True where upstream writes a table without rows as null, and not as an empty list. */
  noneIsNull?: boolean;
  /** `now` in ms since the epoch. */
  row(object: T, now: number): TableRow;
  /**
   * For kinds with many objects: computes once what a row needs of an object. The returned function keeps little of the
   * object, so that one can be kept for each.
   */
  prepare?(object: T): RowAt;
}

/**
 * What a subresource writes of its object. Bodies are whole objects, and one part of them is used. `prepare` restores
 * everything else from the stored object.
 */
export interface SubresourcePart<T extends KubeObject = KubeObject> {
  prepare(object: T, current: T): void;
  validate(object: T, current: T): FieldError[];
}

/** The action of a subresource that writes no part of its object. The api has a handler for each. */
export type SubresourceAction =
  | 'bind-pod'
  | 'evict-pod'
  | 'request-token'
  | 'read-log'
  | 'run-command'
  | 'forward-ports';

/**
 * A subresource as discovery shows it. The generic reader and writer serve `status` and those with a part; the action's
 * handler serves those with an action.
 */
export interface SubresourceDefinition {
  name: string;
  /** The kind of the body when it is not the resource's own (`pods/eviction` takes policy/v1 Eviction). */
  kind?: { group: string; version: string; kind: string };
  verbs: Verb[];
  part?: SubresourcePart;
  action?: SubresourceAction;
  /** Its answers are no objects: OpenAPI leaves it out. */
  isStream?: true;
  /** The definition of another kind that reads and writes a part of the object as its own: a Scale of a Deployment. */
  view?: ResourceDefinition;
}

/**
 * Everything that the services must know of one resource. Adding a resource is adding one of these. Shared code never
 * branches on a kind: it reads the definition.
 *
 * The hooks get objects in stored form, and change them in place when they return nothing. `now` is ms since the epoch.
 */
export interface ResourceDefinition {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
  /** The kind of its lists. */
  listKind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  categories: string[];
  namespaced: boolean;
  verbs: Verb[];
  subresources: SubresourceDefinition[];
  /** Name of the type in the schema: `io.k8s.api.apps.v1.DaemonSet`. */
  schema: string;
  /** True where each item of a list says its apiVersion and kind, and does not leave them to the list's own. */
  namesItems: boolean;
  /** The version in which objects are stored; undefined where it is this one. */
  storageVersion?: string;
  /** The webhook that converts between this version and the stored one, which is never asked. Undefined for none. */
  conversionWebhook?: { url: string; service?: { namespace: string; name: string } };
  /** What clients are told with every answer: that a version is deprecated. */
  deprecation?: string;
  /** Key under which objects are stored. Two definitions share one when two groups show the same objects (events). */
  storage: ResourceName;
  /** True when `metadata.generation` counts spec changes. */
  hasGeneration: boolean;
  /**
   * Selectable fields beside metadata.name and metadata.namespace. Each returns the value as text, empty when unset.
   */
  fields: Record<string, (object: KubeObject) => string>;
  /** True when a PUT may create a missing object. */
  createsOnUpdate: boolean;
  /** True when a PUT without a resourceVersion may replace any version. */
  updatesUnconditionally: boolean;
  /** True when a DELETE returns the object even when it is removed, and not a Status. */
  returnsDeleted: boolean;
  /** What a DELETE does to an object. */
  deletion: DeletionRules;
  /** Value of {@link ObjectRecord.placement} for an object in stored form. */
  placementOf(object: KubeObject): string | null;
  /** The selectable field whose value is the placement; undefined when there is none. */
  placementField: string | undefined;
  /** The field manager that upstream's writer of the status uses. */
  statusWriter: 'kubelet' | 'kube-controller-manager';
  /**
   * Paths, with dots, of the fields that a write through the subresource restores, so that its writer cannot own them.
   * The subresource is empty for the object itself.
   */
  resetFields(subresource: string): readonly string[];
  /** The annotation that is a field of upstream's internal version, so that metadata without its object lacks it. */
  internalAnnotation: string | undefined;
  /** The object with what its version shows of fields that only upstream's internal version has. */
  asVersioned(object: KubeObject): KubeObject;
  /** Sets defaults, as upstream's SetDefaults functions do. Runs on every write before validation. */
  setDefaults(object: KubeObject): void;
  /** Drops what a creator may not set (status) and sets initial values. */
  prepareForCreate(object: KubeObject): void;
  /** Restores what an update may not change (status, immutable metadata), and raises the generation. */
  prepareForUpdate(object: KubeObject, current: KubeObject): void;
  /** The same for a write to /status: everything but the status is restored from `current`. */
  prepareForStatusUpdate(object: KubeObject, current: KubeObject): void;
  validate(object: KubeObject): FieldError[];
  validateUpdate(object: KubeObject, current: KubeObject): FieldError[];
  validateStatusUpdate(object: KubeObject, current: KubeObject): FieldError[];
  /**
   * Returns what a client is to be warned of, for Warning headers. `before` is undefined for a creation. It is called
   * for an object as it is stored, and not for writes of subresources.
   */
  warnings?(object: KubeObject, before: KubeObject | undefined): string[];
  table: TableDefinition;
  /** True when clients compare a part of it byte for byte. Its JSON then always has sorted keys and Go's escapes. */
  comparedByBytes: boolean;
  /**
   * For definitions that show objects of another stored type: events.k8s.io/v1 over v1. `current` is the stored object
   * that the converted one replaces.
   */
  convert?: {
    toStored(object: KubeObject, current?: KubeObject): KubeObject;
    fromStored(object: KubeObject): KubeObject;
  };
  /** The resource whose objects this one shows in a subresource. Errors name that resource. */
  viewOf?: { group: string; plural: string };
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(definition: { group: string; version: string }): string {
  return definition.group ? `${definition.group}/${definition.version}` : definition.version;
}
