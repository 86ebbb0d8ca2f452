import pg from 'pg';
import { StoreUnavailableError } from './errors.js';

/** Connection exception, insufficient resources, shutdown and start-up. Source: errcodes-appendix of PostgreSQL. */
const AWAY_CLASSES = /^(08|53|57P)/;
/** What pg itself says of a connection that broke or was not made in time; these errors have no code. */
const CONNECTION_LOST = /connection terminated|timeout expired|timeout exceeded|connection error/i;

/** True when Postgres could not be reached, or refused to work. False for an error in the question. */
function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return AWAY_CLASSES.test(error.code ?? '');
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? CONNECTION_LOST.test(error.message) : code.startsWith('E');
}

/**
 * The result of a read.
 * @throws StoreUnavailableError when Postgres is away: the caller may try again, and the api answers 503.
 */
export async function orUnavailable<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw isOutage(error) ? new StoreUnavailableError(false, error) : error;
  }
}
