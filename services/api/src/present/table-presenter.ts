import type { CachedObject } from '@everynode/list-watch';
import { apiVersionOf, type ResourceDefinition } from '@everynode/objects';
import { asJson, metadataJson, objectJson } from './json-presenter.js';
import { type IncludeObject, type ListMeta, type Presenter, shown } from './presenter.js';

export function tablePresenter(definition: ResourceDefinition, version: string, include: IncludeObject): Presenter {
  const columns = JSON.stringify(definition.table.columns);
  const row = (object: CachedObject, now: number): string => {
    const { cells, conditions } = definition.table.row(shown(definition, object), now);
    const parts = [`"cells":${JSON.stringify(cells)}`];
    if (conditions) parts.push(`"conditions":${JSON.stringify(conditions)}`);
    if (include === 'Metadata') parts.push(`"object":${metadataJson(object.record)}`);
    else if (include === 'Object') parts.push(`"object":${objectJson(definition, object)}`);
    return `{${parts.join(',')}}`;
  };
  const table = (rows: string[], meta: object, withColumns: boolean): string =>
    `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(meta)},` +
    `"columnDefinitions":${withColumns ? columns : 'null'},"rows":[${rows.join(',')}]}`;
  const revisionOf = (object: CachedObject): ListMeta => ({ resourceVersion: String(object.record.revision) });
  return {
    ...asJson,
    form: `table ${version} ${include} ${apiVersionOf(definition)}`,
    columnsFirst: true,
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
    // It has no row to show, but clients read the metadata off the object in one.
    bookmark: (metadata) => {
      const object = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
      return table([JSON.stringify({ cells: [], object })], metadata, false);
    },
  };
}
