import { ApiError } from '@everynode/objects';
import { StoreOverloadedError, StoreUnavailableError } from '@everynode/store';
import { describe, expect, it } from 'vitest';
import { backoffAfter, isRefusal } from './reconcile-backoff.js';

const SECONDS = 1000;

describe('the back-off of a reconcile', () => {
  it.each([
    new StoreUnavailableError(true, undefined),
    new StoreOverloadedError(),
    new ApiError('ServiceUnavailable', 'later'),
    new ApiError('TooManyRequests', 'later'),
    new Error('some dependents still have their reference'),
  ])('ends at two seconds for what is over by itself: $message', (error) => {
    expect(isRefusal(error)).toBe(false);
    expect(backoffAfter(error).maxMs).toBe(2 * SECONDS);
  });

  it('grows as upstream for what a user has to mend', () => {
    const refused = new ApiError('Forbidden', 'no PriorityClass with name nowhere was found');
    expect(isRefusal(refused)).toBe(true);
    expect(backoffAfter(refused)).toEqual({ firstMs: 5, maxMs: 1000 * SECONDS });
  });
});
