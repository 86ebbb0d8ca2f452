import type { ObjectMeta, OwnerReference } from './kinds/api-types.js';

export type { OwnerReference };

/** Metadata of a stored object. Times are RFC 3339 in UTC, whole seconds. */
export type StoredMeta = ObjectMeta & {
  name: string;
  uid: string;
  creationTimestamp: string;
};

/** Any object of the API in its JSON form. `Kinds` has the types of its fields beside metadata. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: StoredMeta;
  spec?: unknown;
  status?: unknown;
  [field: string]: unknown;
}

/** The controlling owner, of which an object has at most one. */
export function controllerOf(metadata: { ownerReferences?: OwnerReference[] }): OwnerReference | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller === true);
}
