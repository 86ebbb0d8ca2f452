import { ApiError } from '@everynode/objects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeToken, encodeToken, expiredToken } from './continue-token.js';

const refusal = (text: string): string => {
  try {
    decodeToken(text);
  } catch (error) {
    if (error instanceof ApiError && error.code === 400) return error.message;
    throw error;
  }
  throw new Error('it was taken');
};
const token = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a continue token', () => {
  it('says again what it was made from', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,8}$/);
    const start = fc
      .tuple(fc.option(name), name)
      .map(([namespace, key]) => `${namespace ? `${namespace}/` : ''}${key}\0`);
    const revision = fc.option(fc.integer({ min: 1, max: 2 ** 53 - 1 }), { nil: undefined });
    fc.assert(
      fc.property(revision, start, (at, from) => {
        fc.pre(!from.split('/').some((part) => /^\.+\0?$/.test(part)));
        expect(decodeToken(encodeToken({ revision: at, start: from }))).toEqual({ revision: at, start: from });
      }),
    );
  });

  it('is refused when it is anything else, and never breaks', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json().map(token), fc.base64String()), (text) => {
        try {
          const { start } = decodeToken(text);
          expect(start.split('/')).not.toContain('..');
        } catch (error) {
          expect(error).toMatchObject({ code: 400, reason: 'BadRequest' });
        }
      }),
    );
  });

  it.each([
    ['no base64', '!', 'illegal base64 data'],
    ['no JSON', 'bm9uc2Vuc2U', 'continue key is not valid'],
    ['another version', token({ v: 'v9', rv: 1, start: 'a\0' }), 'server does not recognize this encoded version v9'],
    ['no revision', token({ v: 'meta.k8s.io/v1', rv: 0, start: 'a\0' }), 'incorrect encoded start resourceVersion'],
    ['no start', token({ v: 'meta.k8s.io/v1', rv: 1, start: '' }), 'encoded start key empty'],
    ['a way out of its prefix', token({ v: 'meta.k8s.io/v1', rv: 1, start: '../secrets/a\0' }), '../secrets/a'],
  ])('says what is wrong with %s', (_what, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('comes with another when its revision is gone', () => {
    const status = expiredToken({ revision: 3, start: 'ns/a\0' }).toStatus();
    expect(status).toMatchObject({ code: 410, reason: 'Expired' });
    expect(decodeToken(String(status.metadata.continue))).toEqual({ revision: undefined, start: 'ns/a\0' });
  });
});
