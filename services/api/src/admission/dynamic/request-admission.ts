import type { KubeObject, ResourceDefinition } from '@everynode/objects';
import type { Subresource } from '../../write/subresource.js';
import type { Attributes } from './attributes.js';

/** An object on its way into the store, as webhooks and policies see it: `ObjectWrite` without its context. */
export interface AdmittedWrite {
  operation: 'create' | 'update';
  definition: ResourceDefinition;
  subresource?: Subresource;
  object: KubeObject;
  before?: KubeObject;
}

/**
 * The webhooks and policies for the request that is served. A decision inside a transaction cannot wait for an answer
 * of webhooks: it throws, and `settle` makes it again when the answer is there.
 */
export interface RequestAdmission {
  /** Makes a decision, and makes it again as often as webhooks have to be asked first. @throws ApiError */
  settle<T>(decide: () => Promise<T>): Promise<T>;
  /** Changes the object as policies and webhooks say. Returns whether they did. */
  mutate(write: AdmittedWrite): boolean;
  validate(write: AdmittedWrite): void;
  /** For what has no object of its resource that webhooks could change: deletions, and what subresources get. */
  check(attributes: Attributes): void;
  ask(attributes: Attributes): void;
}
