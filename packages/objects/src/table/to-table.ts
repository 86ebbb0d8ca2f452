import type { KubeObject, StoredMeta } from '../kube-object.js';
import type { TableCell, TableColumn, TableDefinition, TableRow } from '../resource.js';

/** How much of each object goes with its row (`?includeObject=`). */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** Where a list stands, as far as it is known. */
export interface TableListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

export interface TableOptions {
  /** ms since the epoch; ages are counted up to it. */
  now: number;
  /** v1 when it is left out. */
  version?: 'v1' | 'v1beta1';
  /** `Metadata` when it is left out. */
  includeObject?: IncludeObject;
  /** Metadata of the list; for one object its resourceVersion. */
  metadata?: TableListMeta;
  /** False leaves the columns out: a watch names them in its first event alone. */
  withColumns?: boolean;
}

export interface PartialObjectMetadata {
  kind: 'PartialObjectMetadata';
  apiVersion: string;
  metadata: StoredMeta;
}

export interface TableBody {
  kind: 'Table';
  apiVersion: string;
  metadata: TableListMeta;
  columnDefinitions: TableColumn[] | null;
  rows: {
    cells: TableCell[];
    conditions?: NonNullable<TableRow['conditions']>;
    object?: KubeObject | PartialObjectMetadata;
  }[];
}

/** Just enough of an object to find it by. `apiVersion` is that of the table: both come from meta.k8s.io. */
export function toPartialObjectMetadata(object: KubeObject, version: 'v1' | 'v1beta1'): PartialObjectMetadata {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

/**
 * The answer to `Accept: application/json;as=Table;g=meta.k8s.io`: a row for each object, in the order given. All columns
 * and cells are there, those of `-o wide` too; clients choose by priority.
 * Rule: apiserver pkg/endpoints/handlers, asTable.
 */
export function toTable(definition: TableDefinition, objects: readonly KubeObject[], options: TableOptions): TableBody {
  const { now, version = 'v1', includeObject = 'Metadata', metadata = {}, withColumns = true } = options;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: withColumns ? definition.columns : null,
    rows: objects.map((object) => ({
      ...definition.row(object, now),
      ...(includeObject === 'Metadata' && { object: toPartialObjectMetadata(object, version) }),
      ...(includeObject === 'Object' && { object }),
    })),
  };
}
