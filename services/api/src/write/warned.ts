import { ApiError } from '@everynode/objects';

/** Runs a write whose object was read with warnings: a client gets them also beside an error. */
export async function warned<T>(warnings: readonly string[], write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ApiError) error.warnings.push(...warnings);
    throw error;
  }
}
