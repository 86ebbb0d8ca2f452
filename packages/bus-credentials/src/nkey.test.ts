import { decode } from '@nats-io/jwt';
import { fromPublic, fromSeed } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import { agentUserJwt, servicesAccountJwt } from './accounts.js';
import { authorityOf, createAuthoritySecret } from './bus-authority.js';
import { credentialsText, parseCredentials } from './credential.js';
import { readClaims } from './jwt.js';
import { createNkey, isUserPublicKey, userFromSeed } from './nkey.js';

describe('keys', () => {
  it('are those of the library of NATS', () => {
    for (const kind of ['operator', 'account', 'user'] as const) {
      const key = createNkey(kind);
      const same = fromSeed(new TextEncoder().encode(key.seed));
      expect(same.getPublicKey()).toBe(key.publicKey);
      const text = new TextEncoder().encode('text');
      expect(fromPublic(key.publicKey).verify(text, key.sign(text))).toBe(true);
    }
  });

  it('of users are read back, and nothing else is taken for one', () => {
    const key = createNkey('user');
    expect(userFromSeed(key.seed).publicKey).toBe(key.publicKey);
    expect(isUserPublicKey(key.publicKey)).toBe(true);
    const wrong = [createNkey('account'), createNkey('operator')];
    const broken = key.publicKey.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    for (const text of ['', 'U', key.seed, broken, ...wrong.map(({ publicKey }) => publicKey)]) {
      expect(isUserPublicKey(text)).toBe(false);
    }
    for (const { seed } of wrong) expect(() => userFromSeed(seed)).toThrow('not the seed of a user');
  });

  it('of an authority follow from its secret', () => {
    const secret = createAuthoritySecret();
    const [one, two] = [authorityOf(secret), authorityOf(`${secret}\n`)];
    expect(one.agent('a').publicKey).toBe(two.agent('a').publicKey);
    const all = [one.operator, one.system, one.services, one.agent('a'), one.agent('b')];
    expect(new Set(all.map(({ publicKey }) => publicKey)).size).toBe(all.length);
    expect(() => authorityOf('short')).toThrow(/32 bytes/);
  });
});

describe('JWTs', () => {
  const authority = authorityOf(createAuthoritySecret());
  const now = Date.UTC(2026, 10, 30);

  it('are valid for the library of NATS', () => {
    const { publicKey } = createNkey('user');
    const jwt = agentUserJwt(authority, { agent: 'a', publicKey, now, expires: now + 1000 });
    expect(decode(jwt)).toMatchObject({ sub: publicKey, iat: now / 1000, exp: now / 1000 + 1 });
    expect(decode(servicesAccountJwt(authority, now))).toMatchObject({ sub: authority.services.publicKey });
    expect(readClaims(jwt).sub).toBe(publicKey);
  });
});

describe('creds files', () => {
  it('are read back, and an error shows nothing of them', () => {
    const key = createNkey('user');
    expect(parseCredentials(credentialsText('a.b.c', key))).toMatchObject({ jwt: 'a.b.c', key: { seed: key.seed } });
    const cut = credentialsText('a.b.c', key).replace(/.{6}\n-+END USER/, '\n------END USER');
    expect(() => parseCredentials(cut)).toThrow(/^not the seed of a user of NATS$/);
    expect(() => parseCredentials('')).toThrow(/creds file/);
  });
});
