import type { FieldRequirement } from '@everynode/objects';

/** The client of a request, or one that a review asks about. Shape: apiserver/pkg/authentication/user, Info. */
export interface User {
  user: string;
  groups: readonly string[];
  uid?: string;
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** A request for objects. Names that a request does not have are empty. */
export interface ResourceAttributes {
  kind: 'resource';
  user: User;
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  /** Empty for cluster-scoped resources and for requests over all namespaces. */
  namespace: string;
  /** Empty for a collection. Also the name that a list or watch selects with `metadata.name=`. */
  name: string;
  /** What a list, watch or deletecollection selects. */
  fieldSelector?: readonly FieldRequirement[];
}

/** A request for a path that names no objects: health, discovery, metrics. */
interface PathAttributes {
  kind: 'path';
  user: User;
  /** The HTTP method in lower case. */
  verb: string;
  path: string;
}

/** What a client wants to do. Source: apiserver/pkg/authorization/authorizer, Attributes. */
export type Attributes = ResourceAttributes | PathAttributes;
