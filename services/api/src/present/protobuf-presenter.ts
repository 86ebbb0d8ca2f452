import type { CachedObject } from '@everynode/list-watch';
import { apiVersionOf, type ResourceDefinition } from '@everynode/objects';
import { type MetaVersion, PROTOBUF } from '../http/negotiate.js';
import { encodeMember, encodeMessage, memberLength } from '../protobuf/codec.js';
import { ITEMS, LIST_TAIL, listHead, type TypeMeta, watchFrame, wrap } from '../protobuf/envelope.js';
import { messageOfSchema } from '../protobuf/message-facts.js';
import { derivedOf } from './derived.js';
import { type ListMeta, metadataAlone, type Pieces, type Presenter, shown, versionOf } from './presenter.js';

/**
 * Items of a list up to this size, in bytes, are encoded at once. Of later items only the lengths are computed first.
 */
const AT_ONCE_BYTES = 1024 * 1024;
const META = 'k8s.io.apimachinery.pkg.apis.meta.v1';

export function statusProtobuf(status: object): Buffer {
  return wrap({ apiVersion: 'v1', kind: 'Status' }, encodeMessage(`${META}.Status`, status));
}

/** `toValue` returns an object's value in JSON; its members are those of `message`. */
function presenterOf(
  form: string,
  typeMeta: TypeMeta,
  message: string,
  toValue: (object: CachedObject) => object,
): Presenter {
  const encode = (object: CachedObject): Uint8Array => encodeMessage(message, toValue(object));
  const encodeItem = (object: CachedObject): Uint8Array => encodeMember(ITEMS, message, toValue(object));
  const one = (object: CachedObject): Buffer => wrap(typeMeta, encode(object));
  return {
    form,
    contentType: PROTOBUF,
    watchContentType: `${PROTOBUF};stream=watch`,
    columnsFirst: false,
    one,
    inEvent: one,
    *list(objects: readonly CachedObject[], meta: ListMeta): Pieces {
      // The total length is sent before the items. So a long list is traversed twice, and is not kept whole until its
      // last item is encoded. The first pass skips versions of objects whose length is known.
      const begun = new Map<CachedObject, Uint8Array>();
      let length = 0;
      for (const object of objects) {
        const derived = derivedOf(object);
        if (derived.encoded?.form !== form) {
          const item = length < AT_ONCE_BYTES ? encodeItem(object) : undefined;
          if (item) begun.set(object, item);
          derived.encoded = { form, length: item?.length ?? memberLength(ITEMS, message, toValue(object)) };
        }
        length += derived.encoded.length;
        yield '';
      }
      yield listHead({ ...typeMeta, kind: `${typeMeta.kind}List` }, meta, length);
      let left = length;
      for (const object of objects) {
        const item = begun.get(object) ?? encodeItem(object);
        begun.delete(object);
        left -= item.length;
        yield item as Buffer;
      }
      if (left !== 0) throw new Error(`a list of ${typeMeta.kind} has ${left} bytes less than it said`);
      yield LIST_TAIL;
    },
    bookmark: (metadata) => wrap(typeMeta, encodeMessage(message, { metadata })),
    status: statusProtobuf,
    event: (type, object) => watchFrame(type, Buffer.from(object)),
  };
}

/** Returns undefined for a kind that has no message. */
export function protobufObjectPresenter(definition: ResourceDefinition): Presenter | undefined {
  const message = messageOfSchema(definition.schema);
  if (message === undefined) return undefined;
  const typeMeta = { apiVersion: apiVersionOf(definition), kind: definition.kind };
  return presenterOf(`protobuf ${typeMeta.apiVersion}`, typeMeta, message, (object) => shown(definition, object));
}

export function protobufMetadataPresenter(definition: ResourceDefinition, version: MetaVersion): Presenter {
  return presenterOf(
    `protobuf metadata ${version}`,
    { apiVersion: `meta.k8s.io/${version}`, kind: 'PartialObjectMetadata' },
    `${META}.PartialObjectMetadata`,
    (object) => ({
      metadata: { ...metadataAlone(definition, object), resourceVersion: versionOf(object) },
    }),
  );
}
