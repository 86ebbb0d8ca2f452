import { type KubeObject, metadataText, recordToObject, type StoredMeta } from '@everynode/objects';
import type { Current, Decision } from './write.js';

/** The parsed object, with its revision as `metadata.resourceVersion`. */
export function objectOf(current: Current<'all'>, type: { apiVersion: string; kind: string }): KubeObject {
  return recordToObject(current, type.apiVersion, type.kind);
}

/** Updates the metadata to what `edit` returns, and keeps the object as it is when `edit` returns undefined. */
export function editMetadata(
  current: Current<'all-but-desired'>,
  edit: (metadata: StoredMeta) => StoredMeta | undefined,
): Decision {
  const edited = edit(JSON.parse(current.metadata) as StoredMeta);
  return edited ? { kind: 'update', parts: { metadata: metadataText(edited) } } : { kind: 'keep' };
}
