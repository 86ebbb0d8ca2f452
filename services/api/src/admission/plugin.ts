import type { FieldError, Kinds, KubeObject, ResourceDefinition, ResourceName, Stored } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { Subresource } from '../write/subresource.js';
import type { Target } from '../write/target.js';
import type { AdmissionOperation } from './operation.js';

/** A write before its object is completed. The name of an object to be created may still have to be generated. */
export interface RequestedWrite {
  context: ApiContext;
  operation: AdmissionOperation;
  target: Target;
  /** As the client sent it; undefined where nothing is created. */
  object?: KubeObject;
}

/** An object on its way into the store. */
export interface ObjectWrite<T = KubeObject> {
  context: ApiContext;
  operation: 'create' | 'update';
  definition: ResourceDefinition;
  /** Empty or left out for a write of the object itself. */
  subresource?: Subresource;
  object: T;
  /** The stored object that an update replaces. */
  before?: T;
}

/** A write that the store has decided, or a dry run of it. */
export interface DecidedWrite<T = KubeObject> {
  context: ApiContext;
  operation: AdmissionOperation;
  definition: ResourceDefinition;
  subresource: Subresource;
  /** As the client sent it. */
  sent: T;
  /** Returns what an update has replaced. Read on demand, as few plugins need it. */
  before(): T | undefined;
  /** Returns the object as the write leaves it. */
  after(): T;
}

/**
 * One rule for writes that is no part of a kind's own definition. The chain calls each phase for the operations and
 * resources that the plugin names, and for no others.
 */
export interface AdmissionPlugin<T = KubeObject> {
  /** Storage names of the resources; all resources where it is left out. */
  readonly resources?: readonly string[];
  readonly operations: readonly AdmissionOperation[];
  /** Refuses a write before its object is read or completed. @throws ApiError */
  gate?(write: RequestedWrite): void | Promise<void>;
  /** Completes the object in place, or refuses it. It runs before the kind's own validation. @throws ApiError */
  admit?(write: ObjectWrite<T>): void;
  /**
   * Returns field errors, which the client gets together with those of the kind's own validation. It is not called for
   * a write of a subresource.
   */
  fieldErrors?(write: ObjectWrite<T>): FieldError[];
  /** Refuses an object that is valid by itself. It runs after the kind's own validation. @throws ApiError */
  check?(write: ObjectWrite<T>): void;
  /**
   * Completes a valid object to be created with what only one object may have. Nothing is taken for a dry run.
   * @throws ApiError where it cannot be had.
   */
  allocate?(write: ObjectWrite<T>, dryRun: boolean): Promise<void>;
  /**
   * Takes what the creation of the completed object uses up. It runs last, and not for a dry run.
   * @throws ApiError where there is nothing left to take.
   */
  claim?(write: ObjectWrite<T>): Promise<void>;
  /** Returns texts for Warning headers. The write succeeds nevertheless. */
  warnings?(write: DecidedWrite<T>): string[];
}

/** A plugin for the objects of some resources, by their type. */
export interface PluginFor<R extends ResourceName> extends AdmissionPlugin<Stored<Kinds[R]>> {
  readonly resources: readonly R[];
}
