import type { CachedObject } from '@everynode/list-watch';
import { apiVersionOf, type ResourceDefinition } from '@everynode/objects';
import { type MetaVersion, PROTOBUF } from '../negotiate.js';
import { encodeMessage } from '../protobuf/codec.js';
import { listPieces, type TypeMeta, watchFrame, wrap } from '../protobuf/envelope.js';
import { messageOfSchema } from '../protobuf/message-facts.js';
import { type ListMeta, type Pieces, type Presenter, shown } from './presenter.js';

const META = 'k8s.io.apimachinery.pkg.apis.meta.v1';

export function statusProtobuf(status: object): Buffer {
  return wrap({ apiVersion: 'v1', kind: 'Status' }, encodeMessage(`${META}.Status`, status));
}

/** `toValue` gives an object's value in JSON; its members are those of `message`. */
function presenterOf(
  form: string,
  typeMeta: TypeMeta,
  message: string,
  toValue: (object: CachedObject) => object,
): Presenter {
  const encode = (object: CachedObject): Uint8Array => encodeMessage(message, toValue(object));
  const one = (object: CachedObject): Buffer => wrap(typeMeta, encode(object));
  return {
    form,
    contentType: PROTOBUF,
    watchContentType: `${PROTOBUF};stream=watch`,
    columnsFirst: false,
    one,
    inEvent: one,
    *list(objects: readonly CachedObject[], meta: ListMeta): Pieces {
      // The length of all comes before all, so nothing can be sent before the last one is encoded.
      const items: Uint8Array[] = [];
      for (const object of objects) {
        items.push(encode(object));
        yield '';
      }
      yield* listPieces({ ...typeMeta, kind: `${typeMeta.kind}List` }, meta, items);
    },
    bookmark: (metadata) => wrap(typeMeta, encodeMessage(message, { metadata })),
    status: statusProtobuf,
    event: (type, object) => watchFrame(type, Buffer.from(object)),
  };
}

/** Undefined for a kind that has no message. */
export function protobufObjectPresenter(definition: ResourceDefinition): Presenter | undefined {
  const message = messageOfSchema(definition.schema);
  if (message === undefined) return undefined;
  const typeMeta = { apiVersion: apiVersionOf(definition), kind: definition.kind };
  return presenterOf(`protobuf ${typeMeta.apiVersion}`, typeMeta, message, (object) => shown(definition, object));
}

export function protobufMetadataPresenter(version: MetaVersion): Presenter {
  return presenterOf(
    `protobuf metadata ${version}`,
    { apiVersion: `meta.k8s.io/${version}`, kind: 'PartialObjectMetadata' },
    `${META}.PartialObjectMetadata`,
    ({ metadata, record }) => ({ metadata: { ...metadata, resourceVersion: String(record.revision) } }),
  );
}
