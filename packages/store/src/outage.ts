import pg from 'pg';
import { StoreUnavailableError } from './errors.js';

/** Connection exception, insufficient resources, shutdown and start-up. Source: errcodes-appendix of PostgreSQL. */
const AWAY_CLASSES = /^(08|53|57P)/;
/** The system's codes of sockets and look-ups. Node's codes for wrong use begin with ERR_: a defect, no outage. */
const SYSTEM_CODE = /^E(?!RR_)/;
/** What pg itself says of a connection that broke or was not made in time; these errors have no code. */
const CONNECTION_LOST = /connection terminated|timeout expired|timeout exceeded|connection error/i;

/** True when Postgres could not be reached, or refused to work. False for an error in the question. */
function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return AWAY_CLASSES.test(error.code ?? '');
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? CONNECTION_LOST.test(error.message) : SYSTEM_CODE.test(code);
}

/**
 * The result of a question to Postgres.
 * @throws StoreUnavailableError when Postgres is away: the caller may try again, and the api answers 503.
 */
export async function orUnavailable<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    throw isOutage(error) ? new StoreUnavailableError(false, error) : error;
  }
}
