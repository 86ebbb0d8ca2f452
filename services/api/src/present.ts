import type { CachedObject } from '@everynode/list-watch';
import {
  apiVersionOf,
  type KubeObject,
  type ObjectRecord,
  type ResourceDefinition,
  recordToJson,
} from '@everynode/objects';
import type { Representation } from './negotiate.js';

/** What a list says of itself. */
export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** Writes objects of one resource in one representation, as JSON text. */
export interface Presenter {
  /** Names the form; equal names give equal text for equal objects. */
  readonly form: string;
  one(object: CachedObject): string;
  list(objects: readonly CachedObject[], meta: ListMeta): string;
  /** What stands in a watch event. `first`: tables name their columns once a watch. */
  inEvent(object: CachedObject, first: boolean): string;
}

/** The object in the definition's own version, where that differs from the stored one. */
function shown(definition: ResourceDefinition, object: CachedObject): KubeObject {
  return definition.convert ? definition.convert.fromStored(object.object) : object.object;
}

export function objectJson(definition: ResourceDefinition, object: CachedObject): string {
  if (definition.convert) return JSON.stringify(shown(definition, object));
  return recordToJson(object.record, apiVersionOf(definition), definition.kind);
}

export function metadataJson(record: ObjectRecord): string {
  const metadata = `{"resourceVersion":"${record.revision}",${record.metadata.slice(1)}`;
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${metadata}}`;
}

function listOf(kind: string, apiVersion: string, items: string[], meta: ListMeta): string {
  return `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(meta)},"items":[${items.join(',')}]}`;
}

function objectPresenter(definition: ResourceDefinition): Presenter {
  const apiVersion = apiVersionOf(definition);
  return {
    form: `object ${apiVersion}`,
    one: (object) => objectJson(definition, object),
    list: (objects, meta) =>
      listOf(
        `${definition.kind}List`,
        apiVersion,
        objects.map((object) => objectJson(definition, object)),
        meta,
      ),
    inEvent: (object) => objectJson(definition, object),
  };
}

const metadataPresenter: Presenter = {
  form: 'metadata',
  one: (object) => metadataJson(object.record),
  list: (objects, meta) =>
    listOf(
      'PartialObjectMetadataList',
      'meta.k8s.io/v1',
      objects.map((object) => metadataJson(object.record)),
      meta,
    ),
  inEvent: (object) => metadataJson(object.record),
};

function tablePresenter(definition: ResourceDefinition, version: string, include: IncludeObject): Presenter {
  const columns = JSON.stringify(definition.table.columns);
  const row = (object: CachedObject, now: number): string => {
    const { cells, conditions } = definition.table.row(shown(definition, object), now);
    const parts = [`"cells":${JSON.stringify(cells)}`];
    if (conditions) parts.push(`"conditions":${JSON.stringify(conditions)}`);
    if (include === 'Metadata') parts.push(`"object":${metadataJson(object.record)}`);
    else if (include === 'Object') parts.push(`"object":${objectJson(definition, object)}`);
    return `{${parts.join(',')}}`;
  };
  const table = (rows: string[], meta: ListMeta, withColumns: boolean): string =>
    `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(meta)},` +
    `"columnDefinitions":${withColumns ? columns : 'null'},"rows":[${rows.join(',')}]}`;
  const revisionOf = (object: CachedObject): ListMeta => ({ resourceVersion: String(object.record.revision) });
  return {
    form: `table ${version} ${include} ${apiVersionOf(definition)}`,
    one: (object) => table([row(object, Date.now())], revisionOf(object), true),
    list: (objects, meta) => {
      const now = Date.now();
      return table(
        objects.map((object) => row(object, now)),
        meta,
        true,
      );
    },
    inEvent: (object, first) => table([row(object, Date.now())], revisionOf(object), first),
  };
}

export function presenterFor(
  definition: ResourceDefinition,
  representation: Representation,
  include: IncludeObject = 'Metadata',
): Presenter {
  switch (representation.kind) {
    case 'object':
      return objectPresenter(definition);
    case 'metadata':
      return metadataPresenter;
    case 'table':
      return tablePresenter(definition, representation.version, include);
  }
}
