import type { CachedObject } from '@everynode/list-watch';
import type { KubeObject, ResourceDefinition, StoredMeta } from '@everynode/objects';

/** metadata of a list. */
export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** metadata of a bookmark. */
export interface BookmarkMeta {
  resourceVersion: string;
  annotations?: Record<string, string>;
}

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** A written body: text, or the bytes of protobuf. */
export type Payload = string | Buffer;

/** Concatenates payloads. Texts are joined as text and encoded once. */
export function joined(payloads: readonly Payload[]): Buffer {
  if (payloads.every((payload) => typeof payload === 'string')) return Buffer.from(payloads.join(''));
  return Buffer.concat(payloads.map((payload) => (typeof payload === 'string' ? Buffer.from(payload) : payload)));
}

/**
 * A body in pieces, each as small as one object. A piece is made when it is asked for: the sender pauses between
 * pieces, so that a large list does not delay other requests. A piece may be empty.
 */
export type Pieces = Iterable<Payload>;

/** Writes objects of one resource in one representation. */
export interface Presenter {
  /** Presenters with equal forms write equal payloads for equal objects. */
  readonly form: string;
  readonly contentType: string;
  /** Content type of a stream of events. */
  readonly watchContentType: string;
  /** Tables name their columns with the first event of a watch. */
  readonly columnsFirst: boolean;
  one(object: CachedObject): Payload;
  list(objects: readonly CachedObject[], meta: ListMeta): Pieces;
  /** The object inside a watch event. `first`: no event was sent before it. */
  inEvent(object: CachedObject, first: boolean): Payload;
  bookmark(metadata: BookmarkMeta): Payload;
  status(status: object): Payload;
  /** A whole event. `object` is a payload of this presenter. */
  event(type: WatchEventType, object: Payload): Payload;
}

/** The version of an object. What a dry run would create has none. */
export const versionOf = ({ record }: CachedObject): string => (record.revision === 0 ? '' : String(record.revision));

/** The object in the definition's own version, which may differ from the stored one. */
export function shown(definition: ResourceDefinition, object: CachedObject): KubeObject {
  return definition.convert ? definition.convert.fromStored(object.object) : object.object;
}

/** The metadata of an object as it is shown without the object, without its version. */
export function metadataAlone({ internalAnnotation }: ResourceDefinition, { metadata }: CachedObject): StoredMeta {
  if (internalAnnotation === undefined) return metadata;
  const { annotations = {}, ...rest } = metadata;
  const { [internalAnnotation]: _internal, ...others } = annotations;
  return Object.keys(others).length === 0 ? rest : { ...rest, annotations: others };
}
