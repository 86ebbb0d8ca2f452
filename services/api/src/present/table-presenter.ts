import type { CachedObject } from '@everynode/list-watch';
import { apiVersionOf, type ResourceDefinition, type RowAt, type TableColumn } from '@everynode/objects';
import { fieldDescription } from '@everynode/openapi';
import type { MetaVersion } from '../http/negotiate.js';
import { derivedOf } from './derived.js';
import { asJson, metadataJson, objectJson } from './json-presenter.js';
import { type IncludeObject, type ListMeta, type Presenter, shown, versionOf } from './presenter.js';
import { compact, type TextForm } from './text-form.js';

/** An object's row as a function of time. It is prepared once for each version; ages are computed each time. */
function rowOf(definition: ResourceDefinition, object: CachedObject): RowAt {
  const { prepare, row } = definition.table;
  if (!prepare) return (now) => row(shown(definition, object), now);
  const derived = derivedOf(object);
  if (derived.row?.definition !== definition) {
    derived.row = { definition, at: prepare(shown(definition, object)) };
  }
  return derived.row.at;
}

/** A column as clients read it: its description is a text. */
function shownColumn(column: TableColumn): object {
  const { description } = column;
  if (typeof description === 'string') return column;
  return { ...column, description: fieldDescription(description.type, description.field) };
}

export function tablePresenter(
  definition: ResourceDefinition,
  version: MetaVersion,
  include: IncludeObject,
  form: TextForm,
): Presenter {
  const { noneIsNull = false } = definition.table;
  const columns = definition.table.columns.map(shownColumn);
  const row = (object: CachedObject, now: number): string => {
    const { cells, conditions } = rowOf(definition, object)(now);
    const shownConditions = conditions ? `,"conditions":${JSON.stringify(conditions)}` : '';
    const shownObject =
      include === 'None'
        ? 'null'
        : include === 'Metadata'
          ? metadataJson(definition, object, version)
          : objectJson(definition, object);
    return `{"cells":${JSON.stringify(cells)}${shownConditions},"object":${shownObject}}`;
  };
  function* rows(objects: readonly CachedObject[], now: number) {
    for (const object of objects) yield row(object, now);
  }
  const head = (metadata: object, withColumns: boolean) => ({
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: withColumns ? columns : null,
  });
  const list = (objects: readonly CachedObject[], metadata: object, withColumns: boolean, to: TextForm) =>
    to.list({ head: head(metadata, withColumns), member: 'rows', items: rows(objects, Date.now()), noneIsNull });
  const whole = (object: CachedObject, withColumns: boolean, to: TextForm): string => {
    const version = versionOf(object);
    const meta: Partial<ListMeta> = version === '' ? {} : { resourceVersion: version };
    return [...list([object], meta, withColumns, to)].join('');
  };
  return {
    ...asJson(form),
    form: `table ${version} ${include} ${apiVersionOf(definition)}`,
    columnsFirst: true,
    one: (object) => whole(object, true, form),
    list: (objects, meta) => list(objects, meta, true, form),
    inEvent: (object, first) => whole(object, first, compact),
    // A bookmark has no cells, but clients read the metadata from the object of its row.
    bookmark: (metadata) => {
      const object = { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata };
      return JSON.stringify({ ...head(metadata, false), rows: [{ cells: [], object }] });
    },
  };
}
