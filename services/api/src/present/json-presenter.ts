import type { CachedObject } from '@everynode/list-watch';
import {
  apiVersionOf,
  canonicalJson,
  type ResourceDefinition,
  recordToItemJson,
  recordToJson,
} from '@everynode/objects';
import type { MetaVersion } from '../http/negotiate.js';
import type { BookmarkMeta, ListMeta, Payload, Presenter, WatchEventType } from './presenter.js';
import { metadataAlone, shown } from './presenter.js';
import type { TextForm } from './text-form.js';

export function objectJson(definition: ResourceDefinition, object: CachedObject): string {
  if (definition.comparedByBytes) return canonicalJson(shown(definition, object));
  if (definition.convert) return JSON.stringify(shown(definition, object));
  return recordToJson(object.record, apiVersionOf(definition), definition.kind);
}

/** Items of upstream's typed lists have no apiVersion and kind: the list's own type implies them. */
function itemJson(definition: ResourceDefinition, object: CachedObject): string {
  if (definition.namesItems) return objectJson(definition, object);
  if (!definition.convert && !definition.comparedByBytes) return recordToItemJson(object.record);
  const { apiVersion: _apiVersion, kind: _kind, ...members } = shown(definition, object);
  return definition.comparedByBytes ? canonicalJson(members) : JSON.stringify(members);
}

export function metadataJson(definition: ResourceDefinition, object: CachedObject, version: MetaVersion): string {
  const { record } = object;
  const text =
    definition.internalAnnotation === undefined ? record.metadata : JSON.stringify(metadataAlone(definition, object));
  const versioned = record.revision === 0 ? text : `{"resourceVersion":"${record.revision}",${text.slice(1)}`;
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":${versioned}}`;
}

/** The common part of all forms in JSON. Events are never indented: each is a line. */
export const asJson = (form: TextForm) =>
  ({
    contentType: form.contentType,
    watchContentType: 'application/json',
    columnsFirst: false,
    status: (status: object): string => form.one(JSON.stringify(status)),
    event: (type: WatchEventType, object: Payload): string =>
      `{"type":"${type}","object":${String(object).trimEnd()}}\n`,
  }) as const;

function presenterOf(
  name: string,
  { apiVersion, kind, listKind = `${kind}List` }: { apiVersion: string; kind: string; listKind?: string },
  form: TextForm,
  write: (object: CachedObject) => string,
  writeItem: (object: CachedObject) => string,
  noneIsNull = false,
): Presenter {
  function* written(objects: readonly CachedObject[]) {
    for (const object of objects) yield writeItem(object);
  }
  return {
    ...asJson(form),
    form: name,
    one: (object) => form.one(write(object)),
    inEvent: write,
    list: (objects: readonly CachedObject[], metadata: ListMeta) =>
      form.list({
        head: { kind: listKind, apiVersion, metadata },
        member: 'items',
        items: written(objects),
        noneIsNull,
      }),
    bookmark: (metadata: BookmarkMeta) => JSON.stringify({ kind, apiVersion, metadata }),
  };
}

export function jsonObjectPresenter(definition: ResourceDefinition, form: TextForm): Presenter {
  const apiVersion = apiVersionOf(definition);
  const typeMeta = { apiVersion, kind: definition.kind, listKind: definition.listKind };
  return presenterOf(
    `object ${apiVersion}`,
    typeMeta,
    form,
    (object) => objectJson(definition, object),
    (object) => itemJson(definition, object),
  );
}

export function jsonMetadataPresenter(definition: ResourceDefinition, version: MetaVersion, form: TextForm): Presenter {
  const typeMeta = { apiVersion: `meta.k8s.io/${version}`, kind: 'PartialObjectMetadata' };
  const write = (object: CachedObject): string => metadataJson(definition, object, version);
  return presenterOf(`metadata ${version}`, typeMeta, form, write, write, true);
}
