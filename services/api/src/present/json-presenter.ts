import type { CachedObject } from '@everynode/list-watch';
import { apiVersionOf, type ObjectRecord, type ResourceDefinition, recordToJson } from '@everynode/objects';
import type { BookmarkMeta, ListMeta, Payload, Presenter, WatchEventType } from './presenter.js';
import { shown } from './presenter.js';
import { toYaml } from './yaml.js';

const META_VERSION = 'meta.k8s.io/v1';

export function objectJson(definition: ResourceDefinition, object: CachedObject): string {
  if (definition.convert) return JSON.stringify(shown(definition, object));
  return recordToJson(object.record, apiVersionOf(definition), definition.kind);
}

export function metadataJson(record: ObjectRecord): string {
  const metadata = `{"resourceVersion":"${record.revision}",${record.metadata.slice(1)}`;
  return `{"kind":"PartialObjectMetadata","apiVersion":"${META_VERSION}","metadata":${metadata}}`;
}

/** What all forms in JSON have in common. */
export const asJson = {
  contentType: 'application/json',
  watchContentType: 'application/json',
  columnsFirst: false,
  status: (status: object): string => JSON.stringify(status),
  event: (type: WatchEventType, object: Payload): Buffer => Buffer.from(`{"type":"${type}","object":${object}}\n`),
} as const;

function presenterOf(
  form: string,
  { apiVersion, kind }: { apiVersion: string; kind: string },
  write: (object: CachedObject) => string,
): Presenter {
  return {
    ...asJson,
    form,
    one: write,
    inEvent: write,
    list: (objects: readonly CachedObject[], meta: ListMeta) =>
      `{"kind":"${kind}List","apiVersion":"${apiVersion}","metadata":${JSON.stringify(meta)},` +
      `"items":[${objects.map(write).join(',')}]}`,
    bookmark: (metadata: BookmarkMeta) => JSON.stringify({ kind, apiVersion, metadata }),
  };
}

export function jsonObjectPresenter(definition: ResourceDefinition): Presenter {
  const apiVersion = apiVersionOf(definition);
  const typeMeta = { apiVersion, kind: definition.kind };
  return presenterOf(`object ${apiVersion}`, typeMeta, (object) => objectJson(definition, object));
}

export const jsonMetadataPresenter: Presenter = presenterOf(
  'metadata',
  { apiVersion: META_VERSION, kind: 'PartialObjectMetadata' },
  ({ record }) => metadataJson(record),
);

/** Answers in YAML. Events stay in JSON, as a stream of YAML documents has no client. */
export function inYaml(presenter: Presenter): Presenter {
  return {
    ...presenter,
    contentType: 'application/yaml',
    one: (object) => toYaml(String(presenter.one(object))),
    list: (objects, meta) => toYaml(String(presenter.list(objects, meta))),
    status: (status) => toYaml(String(presenter.status(status))),
  };
}
