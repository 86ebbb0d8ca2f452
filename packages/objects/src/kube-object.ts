/** One owner of an object; the garbage collector follows these by uid. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Metadata as a stored object has it: name and uid are always there. Times are RFC 3339 in UTC, whole seconds. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  generateName?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: unknown[];
}

/** Any object of the API in its JSON form. Fields beside metadata are typed by kind through `kubernetes-types`. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
  [field: string]: unknown;
}

/** The same without the promises a store gives: what a client may send. */
export interface KubeObjectInput {
  apiVersion?: string;
  kind?: string;
  metadata?: Partial<ObjectMeta> & { [field: string]: unknown };
  [field: string]: unknown;
}

/** The controlling owner, of which an object has at most one. */
export function controllerOf(metadata: { ownerReferences?: OwnerReference[] }): OwnerReference | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller === true);
}
