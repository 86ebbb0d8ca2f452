import { testLog } from '@everynode/test-kit';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from './errors.js';
import { asLockTimeout, isLockTimeout, isOutage, orUnavailable } from './outage.js';
import { Store } from './store.js';

function databaseError(code: string): pg.DatabaseError {
  const error = new pg.DatabaseError('from Postgres', 1, 'error');
  error.code = code;
  return error;
}

describe('a read of the store', () => {
  it('rejects as retryable while nothing listens where Postgres should be', async () => {
    // Port 1 of loopback: no server of a test listens there.
    const store = new Store({ databaseUrl: 'postgres://user:password@127.0.0.1:1/none', log: testLog() });
    const reads: (() => Promise<unknown>)[] = [
      () => store.get('pods', 'ns', 'name'),
      () => store.readIfChanged([{ resource: 'pods', namespace: 'ns', name: 'name', known: 0 }]),
      () => store.currentRevision(),
      () => store.journalAfter(0, 1),
      () => store.leaseShards({ process: 'replica' }, 1),
      () => store.compact({ maxAgeSeconds: 1, maxRows: 1, minRows: 1 }),
    ];
    for (const read of reads) {
      const error = await read().catch((rejection: unknown) => rejection);
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error).toMatchObject({ retryable: true, outcomeUnknown: false });
    }
    await store.close();
  });

  it.each([
    ['57P01', 'the server is shutting down'],
    ['57P03', 'the server is starting'],
    ['08006', 'the connection broke'],
    ['53300', 'there are too many connections'],
  ])('rejects as retryable with code %s: %s', async (code) => {
    await expect(orUnavailable(Promise.reject(databaseError(code)))).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it.each([
    ['an error in the question', databaseError('42P01')],
    ['a defect of the code', new TypeError('x is not a function')],
    ['a wrong argument', Object.assign(new TypeError('wrong'), { code: 'ERR_INVALID_ARG_TYPE' })],
  ])('passes on %s', async (_, error) => {
    await expect(orUnavailable(Promise.reject(error))).rejects.toBe(error);
  });
});

describe('a statement that waits for a lock', () => {
  it('ended by the statement’s timeout, fails as a lock that was not free, with that error as its cause', () => {
    const cause = databaseError('57014');
    const error = asLockTimeout(cause);
    expect([isLockTimeout(error), isOutage(error)]).toEqual([true, true]);
    expect(error).toMatchObject({ message: cause.message, cause });
    // The driver’s own error is others’ to read, too.
    expect(cause.code).toBe('57014');
  });

  it.each(['55P03', '57P01', '08006'])('passes on %s as it is', (code) => {
    const error = databaseError(code);
    expect(asLockTimeout(error)).toBe(error);
  });
});
