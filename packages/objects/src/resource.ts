import type { DeletionRules } from './deletion/decide-deletion.js';
import type { FieldError } from './field-error.js';
import type { ResourceName } from './kinds/kinds.js';
import type { KubeObject } from './kube-object.js';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

/** A column of `kubectl get`. Priority 0 always shows, 1 only with `-o wide`. */
export interface TableColumn {
  name: string;
  type: 'string' | 'integer' | 'date' | 'boolean';
  format: string;
  description: string;
  priority: 0 | 1;
}

type TableCell = string | number | boolean;

/** A row: one cell a column, and conditions (a finished pod carries `Completed`). */
export interface TableRow {
  cells: TableCell[];
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

/** A row at a time, in ms since the epoch: ages are the only thing in it that moves. */
export type RowAt = (now: number) => TableRow;

export interface TableDefinition<T extends KubeObject = KubeObject> {
  columns: TableColumn[];
  /** `now` in ms since the epoch. */
  row(object: T, now: number): TableRow;
  /**
   * For kinds of which there are many: what a row needs of an object, worked out once. What it returns holds on to
   * little of the object, so that it can be kept for each.
   */
  prepare?(object: T): RowAt;
}

/**
 * What a subresource writes of the object that it belongs to: bodies are whole objects, of which one part is taken.
 * `prepare` puts everything else back as it is in the stored object.
 */
export interface SubresourcePart<T extends KubeObject = KubeObject> {
  prepare(object: T, current: T): void;
  validate(object: T, current: T): FieldError[];
}

/** What a subresource does that writes no part of the object it belongs to. The api has a handler for each. */
export type SubresourceAction = 'bind-pod' | 'evict-pod' | 'finalize-namespace' | 'request-token';

/**
 * A subresource as discovery shows it. `status`, and those with a part, are served by the generic reader and writer; those
 * with an action by the action's handler.
 */
export interface SubresourceDefinition {
  name: string;
  /** Kind in the body when it is not the resource's own (`pods/eviction` takes policy/v1 Eviction). */
  kind?: { group: string; version: string; kind: string };
  verbs: Verb[];
  part?: SubresourcePart;
  action?: SubresourceAction;
}

/**
 * Everything the services must know of one resource; adding a resource is adding one of these. Shared code never
 * branches on a kind: it asks the definition.
 *
 * The hooks get objects in stored form and change them in place where they return nothing. `now` is ms since the epoch.
 */
export interface ResourceDefinition {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  categories: string[];
  namespaced: boolean;
  verbs: Verb[];
  subresources: SubresourceDefinition[];
  /** Name of the type in the schema: `io.k8s.api.apps.v1.DaemonSet`. */
  schema: string;
  /** Key under which objects are stored. Two definitions share one when two groups show the same objects (events). */
  storage: ResourceName;
  /** True when `metadata.generation` counts spec changes. */
  hasGeneration: boolean;
  /** Selectable fields beside metadata.name and metadata.namespace; each gives the value as text, empty for unset. */
  fields: Record<string, (object: KubeObject) => string>;
  /** May a PUT create an object that is missing? */
  createsOnUpdate: boolean;
  /** May a PUT without a resourceVersion replace whatever is there? */
  updatesUnconditionally: boolean;
  /** Does a DELETE answer with the object even when it is gone, and not with a Status? */
  returnsDeleted: boolean;
  /** What a DELETE does to an object. */
  deletion: DeletionRules;
  /** Value of {@link ObjectRecord.placement} for an object in stored form. */
  placementOf(object: KubeObject): string | null;
  /** The selectable field whose value is the placement; undefined when there is none. */
  placementField: string | undefined;
  /** The field manager that upstream's writer of the status uses. */
  statusWriter: 'kubelet' | 'kube-controller-manager';
  /** Fills in defaults, as upstream's SetDefaults functions; runs on every write before validation. */
  setDefaults(object: KubeObject): void;
  /** Drops what a creator may not set (status) and gives first values. */
  prepareForCreate(object: KubeObject): void;
  /** Carries over what an updater may not change (status, immutable metadata); raises generation. */
  prepareForUpdate(object: KubeObject, current: KubeObject): void;
  /** The same for a write to /status: everything but status comes from `current`. */
  prepareForStatusUpdate(object: KubeObject, current: KubeObject): void;
  validate(object: KubeObject): FieldError[];
  validateUpdate(object: KubeObject, current: KubeObject): FieldError[];
  validateStatusUpdate(object: KubeObject, current: KubeObject): FieldError[];
  table: TableDefinition;
  /** True where clients compare a part of it byte for byte: its JSON has sorted keys and Go's escapes, whoever wrote it. */
  comparedByBytes: boolean;
  /** For definitions that show objects stored under another type: events.k8s.io/v1 over v1. */
  convert?: { toStored(object: KubeObject): KubeObject; fromStored(object: KubeObject): KubeObject };
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(definition: { group: string; version: string }): string {
  return definition.group ? `${definition.group}/${definition.version}` : definition.version;
}
