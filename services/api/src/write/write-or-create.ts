import { ApiError } from '@everynode/objects';

/** How often a write is tried on an object that others create and delete meanwhile. */
const TRIES = 5;

/** The object did not exist when the transaction read it. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
  readonly retryable = false;
}

/**
 * Updates an object, or creates it where the transaction finds none. `update` throws MissingError for a missing object.
 * @throws what `create` throws, and what `update` throws but MissingError.
 */
export async function writeOrCreate<T>(update: () => Promise<T>, create: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await update();
    } catch (error) {
      if (!(error instanceof MissingError)) throw error;
    }
    try {
      return await create();
    } catch (error) {
      const taken = error instanceof ApiError && error.reason === 'AlreadyExists';
      if (!taken || tries >= TRIES) throw error;
    }
  }
}
