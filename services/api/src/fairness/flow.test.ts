import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../auth/identity.js';
import { flowOf } from './flow.js';

describe('a flow', () => {
  it('is a user, from whatever address', () => {
    const jane = { user: 'jane', groups: [] };
    expect(flowOf(jane, '10.0.0.1')).toBe(flowOf({ ...jane, uid: '1' }, '10.0.0.2'));
    expect(flowOf(jane, '10.0.0.1')).not.toBe(flowOf({ user: 'joe', groups: [] }, '10.0.0.1'));
  });

  it('is an address for clients without a credential, which no user can be', () => {
    expect(flowOf(ANONYMOUS, '10.0.0.1')).not.toBe(flowOf(ANONYMOUS, '10.0.0.2'));
    expect(flowOf(ANONYMOUS, '10.0.0.1')).not.toBe(flowOf({ user: 'address 10.0.0.1', groups: [] }, '10.0.0.1'));
  });
});
