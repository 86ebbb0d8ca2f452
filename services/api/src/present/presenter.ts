import type { CachedObject } from '@everynode/list-watch';
import type { KubeObject, ResourceDefinition } from '@everynode/objects';

/** What a list says of itself. */
export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** metadata of a bookmark. */
export interface BookmarkMeta {
  resourceVersion: string;
  creationTimestamp: null;
  annotations?: Record<string, string>;
}

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** A written body: text, or the bytes of protobuf. */
export type Payload = string | Buffer;

/** Payloads one after the other. Text is joined as text and encoded once. */
export function joined(payloads: readonly Payload[]): Buffer {
  if (payloads.every((payload) => typeof payload === 'string')) return Buffer.from(payloads.join(''));
  return Buffer.concat(payloads.map((payload) => (typeof payload === 'string' ? Buffer.from(payload) : payload)));
}

/**
 * A body in pieces, each as small as one object. Asking for the next one is what costs: who sends them looks up between two,
 * so that a large list does not keep others waiting. A piece may be empty.
 */
export type Pieces = Iterable<Payload>;

/** Writes objects of one resource in one representation. */
export interface Presenter {
  /** Names the form; equal names give equal payloads for equal objects. */
  readonly form: string;
  readonly contentType: string;
  /** Content type of a stream of events. */
  readonly watchContentType: string;
  /** Tables name their columns with the first event of a watch. */
  readonly columnsFirst: boolean;
  one(object: CachedObject): Payload;
  list(objects: readonly CachedObject[], meta: ListMeta): Pieces;
  /** What stands in a watch event. */
  inEvent(object: CachedObject, first: boolean): Payload;
  bookmark(metadata: BookmarkMeta): Payload;
  status(status: object): Payload;
  /** A whole event, as it is sent. `object` is a payload of this presenter. */
  event(type: WatchEventType, object: Payload): Payload;
}

/** The object in the definition's own version, where that differs from the stored one. */
export function shown(definition: ResourceDefinition, object: CachedObject): KubeObject {
  return definition.convert ? definition.convert.fromStored(object.object) : object.object;
}
