import type { ObjectKey, WriteRequest } from '@everynode/store';

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
