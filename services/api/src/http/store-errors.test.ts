import { DataRefusedError, StoreOverloadedError, StoreUnavailableError } from '@everynode/store';
import { describe, expect, it } from 'vitest';
import { statusOfStoreError } from './store-errors.js';

describe('the Status of a write that the store did not take', () => {
  it('is ServiceUnavailable during an outage', () => {
    expect(statusOfStoreError(new StoreUnavailableError(false, 'gone'))?.toStatus()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'the store cannot be reached at the moment, please try again',
      reason: 'ServiceUnavailable',
      details: { retryAfterSeconds: 1 },
      code: 503,
    });
  });

  it('is Timeout without an invitation to repeat when the outcome is not known', () => {
    const status = statusOfStoreError(new StoreUnavailableError(true, 'gone'))?.toStatus();
    expect(status).toMatchObject({ reason: 'Timeout', code: 504 });
    expect(status?.details?.retryAfterSeconds).toBeUndefined();
  });

  it('is TooManyRequests when too many writes wait', () => {
    expect(statusOfStoreError(new StoreOverloadedError())?.toStatus()).toMatchObject({
      message: 'too many writes are waiting for the store, please try again later',
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 1 },
      code: 429,
    });
  });

  it('is Invalid when Postgres cannot hold what is written', () => {
    const refused = new DataRefusedError(new Error('value out of range'));
    expect(statusOfStoreError(refused)?.toStatus()).toMatchObject({
      message: 'the store cannot hold this: value out of range',
      reason: 'Invalid',
      code: 422,
    });
  });

  it('does not exist for an error of anything else', () => {
    expect(statusOfStoreError(new Error('a defect'))).toBeUndefined();
  });
});
