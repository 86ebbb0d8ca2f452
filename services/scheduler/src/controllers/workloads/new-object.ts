import { randomUUID } from 'node:crypto';
import { apiVersionOf, copyValue, type KubeObject, type ResourceDefinition, type StoredMeta } from '@everynode/objects';
import type { ObjectKey, WriteRequest } from '@everynode/store';
import { passMoment } from './moment.js';

/** Another object has this name. Among ten thousand names of five random characters a few are the same. */
export class NameTakenError extends Error {
  override readonly name = 'NameTakenError';
  readonly retryable = true;
}

/** Two templates have one hash. The count in the status is raised, and the next pass computes another hash. */
export class HashCollisionError extends Error {
  override readonly name = 'HashCollisionError';
  readonly retryable = true;
}

/** An object as its controller plans it: without what it gets when it is created. */
interface PlannedObject {
  metadata: Omit<StoredMeta, 'uid' | 'creationTimestamp'>;
}

/**
 * Returns what the api makes of an object that is created, with a uid of its own. What was planned stays as it is.
 * @throws ApiError where upstream's api refuses it.
 */
export function completed(definition: ResourceDefinition, planned: PlannedObject): KubeObject {
  const birth = { uid: randomUUID(), creationTimestamp: passMoment().at };
  const kind = { apiVersion: apiVersionOf(definition), kind: definition.kind };
  const object: KubeObject = copyValue({ ...planned, ...kind, metadata: { ...planned.metadata, ...birth } });
  definition.setDefaults(object);
  definition.prepareForCreate(object);
  return object;
}

type NewParts = Omit<Extract<ReturnType<WriteRequest<'head'>['decide']>, { kind: 'create' }>, 'kind'>;

/** Returns the write that creates an object. It rejects with a NameTakenError where the name is taken. */
export function creationOf(
  key: ObjectKey,
  created: NewParts,
  fence: WriteRequest<'head'>['fence'],
): WriteRequest<'head'> {
  return {
    key,
    reads: 'head',
    ...(fence && { fence }),
    decide: (current) => {
      if (current) throw new NameTakenError(key.name);
      return { kind: 'create', ...created };
    },
  };
}
