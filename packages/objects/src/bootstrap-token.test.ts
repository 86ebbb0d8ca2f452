import { describe, expect, it } from 'vitest';
import {
  type BootstrapToken,
  bootstrapSecret,
  coversNodeName,
  isBootstrapTokenExpired,
  isNodeNamePattern,
  parseBootstrapToken,
  readBootstrapToken,
} from './bootstrap-token.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const TOKEN: BootstrapToken = {
  id: 'abcdef',
  secret: '0123456789abcdef',
  expiresAt: Date.parse('2026-12-01T00:00:00Z'),
  authenticates: true,
  signs: true,
  description: 'for the rack',
  groups: ['system:bootstrappers:everynode:default-node-token'],
  nodeNames: ['node-*', 'edge.example'],
  singleUse: true,
  usedBy: 'key',
};

describe('the secret of a bootstrap token', () => {
  it('is read as it was written', () => {
    expect(readBootstrapToken(bootstrapSecret(TOKEN))).toEqual(TOKEN);
    const bare: BootstrapToken = {
      ...TOKEN,
      expiresAt: undefined,
      authenticates: false,
      signs: false,
      description: '',
      groups: [],
      nodeNames: [],
      singleUse: false,
      usedBy: undefined,
    };
    expect(readBootstrapToken(bootstrapSecret(bare))).toEqual(bare);
  });

  it.each<[string, Record<string, string>]>([
    ['a group of another form', { 'auth-extra-groups': base64('system:masters') }],
    ['a group with an end that is not allowed', { 'auth-extra-groups': base64('system:bootstrappers:a:') }],
    ['names that are no names', { 'everynode-node-names': base64('a*b') }],
    ['another id than its name', { 'token-id': base64('fedcba') }],
    ['a short secret', { 'token-secret': base64('0123') }],
  ])('with %s is none', (_name, change) => {
    const secret = bootstrapSecret(TOKEN);
    expect(readBootstrapToken({ ...secret, data: { ...secret.data, ...change } })).toBeUndefined();
  });

  it('of another type is none', () => {
    expect(readBootstrapToken({ ...bootstrapSecret(TOKEN), type: 'Opaque' })).toBeUndefined();
  });

  it.each([
    ['2026-12-01T00:00:00Z', '2026-11-30T23:59:59Z', false],
    ['2026-12-01T00:00:00Z', '2026-12-01T00:00:00Z', true],
    ['2026-12-01T01:00:00+01:00', '2026-12-01T00:00:01Z', true],
    ['tomorrow', '2026-11-30T23:59:59Z', true],
    ['2026-12-01', '2026-11-30T23:59:59Z', true],
  ])('that expires %s at %s: %s', (expiration, now, expired) => {
    const secret = bootstrapSecret(TOKEN);
    const token = readBootstrapToken({ ...secret, data: { ...secret.data, expiration: base64(expiration) } });
    expect(token && isBootstrapTokenExpired(token, Date.parse(now))).toBe(expired);
  });
});

it.each(['abcdef.0123456789abcdef', 'ABCDEF.0123456789abcdef', 'abcdef0123456789abcdef', 'abcdef.0123456789abcde', ''])(
  'the text of a token: %s',
  (text) => {
    expect(parseBootstrapToken(text) !== undefined).toBe(text === 'abcdef.0123456789abcdef');
  },
);

it.each<[string[], string, boolean]>([
  [[], 'anything', true],
  [['a'], 'a', true],
  [['a'], 'ab', false],
  [['a*'], 'ab', true],
  [['a*'], 'ba', false],
  [['*'], 'ba', true],
  [['x', 'b*'], 'ba', true],
])('%j covers %s: %s', (patterns, name, covered) => {
  expect(coversNodeName(patterns, name)).toBe(covered);
});

it.each(['a', 'a*', '*', 'a.b-1*'])('%s names nodes', (text) => expect(isNodeNamePattern(text)).toBe(true));
it.each(['', 'A', '*a', 'a**', 'a b', '-a', 'x'.repeat(254)])('%j does not', (text) =>
  expect(isNodeNamePattern(text)).toBe(false),
);
