import { ApiError, type KubeObject, type ResourceDefinition } from '@everynode/objects';
import { memberLength } from '../protobuf/codec.js';
import { messageOfSchema } from '../protobuf/message-facts.js';

/** The most that etcd takes in one request, in bytes. Source: etcd server/embed/config.go, DefaultMaxRequestBytes. */
const MAX_STORED_BYTES = 1.5 * 1024 * 1024;

/**
 * Refuses an object that would not fit into etcd, where upstream keeps built-in kinds in protobuf and custom resources
 * in JSON. `parts` are the object's texts in JSON, which are longer than its protobuf: where they fit, it fits.
 * @throws ApiError RequestEntityTooLarge, in etcd's words. Upstream passes etcd's error on as 500.
 */
export function refuseBeyondEtcd(
  definition: ResourceDefinition,
  object: KubeObject,
  parts: { readonly [part: string]: string | null },
): void {
  const texts = Object.values(parts).filter((text) => text !== null);
  if (texts.reduce((sum, text) => sum + text.length, 0) * MOST_BYTES <= MAX_STORED_BYTES) return;
  const message = messageOfSchema(definition.schema);
  const bytes = message ? memberLength(1, message, object) : Buffer.byteLength(JSON.stringify(object));
  if (bytes > MAX_STORED_BYTES) throw new ApiError('RequestEntityTooLarge', 'etcdserver: request is too large');
}

/** Of a UTF-16 unit in UTF-8. */
const MOST_BYTES = 3;
