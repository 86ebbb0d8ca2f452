import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { readConfig } from './index.js';

describe('readConfig', () => {
  const schema = Type.Object({
    URL: Type.String(),
    PORT: Type.Integer({ default: 6443, minimum: 1 }),
    VERBOSE: Type.Boolean({ default: false }),
    NAME: Type.Optional(Type.String()),
  });

  it('reads numbers and booleans from texts, fills in defaults, and leaves out what it does not know', () => {
    expect(readConfig(schema, { URL: 'x', PORT: '7443', HOME: '/root' })).toEqual({
      URL: 'x',
      PORT: 7443,
      VERBOSE: false,
    });
  });

  it('leaves the environment as it is', () => {
    const env = { URL: 'x', HOME: '/root' };
    readConfig(schema, env);
    expect(env).toEqual({ URL: 'x', HOME: '/root' });
  });

  it.each([
    [{}, "env must have required property 'URL'"],
    [{ URL: 'x', PORT: 'many' }, 'env/PORT must be integer'],
    [{ URL: 'x', PORT: '0', VERBOSE: 'perhaps' }, 'env/PORT must be >= 1, env/VERBOSE must be boolean'],
  ])('names what is missing or wrong: %j', (env, message) => {
    expect(() => readConfig(schema, env)).toThrow(message);
  });
});
