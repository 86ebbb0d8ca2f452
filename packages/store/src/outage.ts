import pg from 'pg';
import { StoreUnavailableError } from './errors.js';

/**
 * Connection exception, insufficient resources, shutdown and start-up, system error; and the codes of timeouts, of a
 * deadlock and of a server that only reads. Source: errcodes-appendix of PostgreSQL.
 */
const AWAY = /^(08|53|57P|58|55P03|57014|25P03|25006|40P01)/;
/** The system's codes of sockets and look-ups. Node's codes for wrong use begin with ERR_: a defect, no outage. */
const SYSTEM_CODE = /^E(?!RR_)/;
/** What pg itself says of a connection that broke or was not made in time; these errors have no code. */
const CONNECTION_LOST =
  /connection terminated|timeout expired|timeout exceeded|connection error|client was closed|calling end on the pool/i;

const LOCK_TIMEOUT = '55P03';
const STATEMENT_TIMEOUT = '57014';
const DISK_FULL = '53100';

const detailOf = (error: unknown): string =>
  error instanceof pg.DatabaseError && error.detail ? `: ${error.detail}` : '';

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;

/** True when Postgres could not be reached, or refused to work. False for an error in the question. */
export function isOutage(error: unknown): boolean {
  const code = codeOf(error);
  if (error instanceof pg.DatabaseError) return AWAY.test(code ?? '');
  if (!(error instanceof Error)) return false;
  return code === undefined ? CONNECTION_LOST.test(error.message) : SYSTEM_CODE.test(code);
}

/**
 * Data exception, integrity violation and program limit: what is written is at fault, and would be refused again.
 * Source: errcodes-appendix of PostgreSQL.
 */
const DATA = /^(22|54)/;
const INTEGRITY = /^23/;

/**
 * True when Postgres, or the building of the statement's parameters, refused what was to be written. A violated
 * constraint counts in the table of objects only: in the others it is a defect of the store.
 */
export function isRefusedData(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  if (!(error instanceof pg.DatabaseError)) return false;
  const code = error.code ?? '';
  return DATA.test(code) || (INTEGRITY.test(code) && error.table === 'objects');
}

/** True when a statement took longer than `statement_timeout`, or was cancelled. */
export const isStatementTimeout = (error: unknown): boolean => codeOf(error) === STATEMENT_TIMEOUT;

/** True when the work was broken off by Postgres or by the connection: there may have been too much. */
export function isTooSlow(error: unknown): boolean {
  return isOutage(error) && /^(08.*|57.*|ETIMEDOUT|ECONNRESET|EPIPE)?$/.test(codeOf(error) ?? '');
}

/** The error of a statement that only waits for a lock: that the wait was too long, whichever timeout ended it. */
export function asLockTimeout(error: unknown): unknown {
  if (!(error instanceof Error) || !isStatementTimeout(error)) return error;
  const timeout = new pg.DatabaseError(error.message, 0, 'error');
  timeout.code = LOCK_TIMEOUT;
  timeout.cause = error;
  return timeout;
}

/** True when a lock was not free within `lock_timeout`. */
export const isLockTimeout = (error: unknown): boolean => codeOf(error) === LOCK_TIMEOUT;

export const isDiskFull = (error: unknown): boolean => codeOf(error) === DISK_FULL;

/** What keeps Postgres from working, in a few words: for readiness and `everynode doctor`. */
export function outageReason(error: unknown): string {
  if (error instanceof StoreUnavailableError) return outageReason(error.cause);
  const code = codeOf(error) ?? '';
  if (isLockTimeout(error)) return `another writer holds the counter row${detailOf(error)}`;
  if (isDiskFull(error)) return 'the disk of Postgres is full';
  if (code === '53300') return 'Postgres has too many connections';
  if (code === '57P03') return 'Postgres is starting or stopping';
  if (code === '25006') return 'Postgres only reads: it is a standby';
  if (code === 'ETIMEDOUT' || isStatementTimeout(error) || /timeout (expired|exceeded)/.test(String(error))) {
    return 'Postgres does not answer';
  }
  if (/^(ECONNREFUSED|ENOENT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EACCES)$/.test(code)) {
    return `cannot connect to Postgres (${code})`;
  }
  if (error instanceof pg.DatabaseError && !/^(08|57P)/.test(code)) return `Postgres refuses (${code})`;
  return 'the connection to Postgres broke';
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
