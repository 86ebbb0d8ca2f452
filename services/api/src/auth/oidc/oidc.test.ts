import { createAuthority } from '@everynode/certificates';
import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../../testing/running-api.js';
import { startTestIssuer, type TestIssuer } from '../../../testing/test-issuer.js';
import type { OidcSettings } from './oidc-settings.js';

let backends: Backends;
let issuer: TestIssuer;
let api: RunningApi;
let settings: OidcSettings;

beforeAll(async () => {
  const [started, ca] = await Promise.all([startBackends(), createAuthority('issuer-ca', new Date())]);
  backends = started;
  issuer = await startTestIssuer(ca);
  settings = {
    issuer: issuer.url,
    audiences: ['everynode', 'kubectl'],
    usernameClaim: 'email',
    usernamePrefix: 'oidc:',
    groupsClaim: 'groups',
    groupsPrefix: 'oidc:',
    requiredClaims: new Map([['hd', 'example.com']]),
    ca: ca.certificate,
    signingAlgorithms: ['RS256'],
  };
  api = await startReplica(backends, { oidc: settings });
}, 60_000);

afterAll(async () => {
  await api.close();
  await issuer.stop();
  await backends.stop();
});

const JANE = { sub: '1', email: 'jane@example.com', hd: 'example.com', groups: ['devs', 'ops'] };

async function whoami(token: string) {
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const headers = { authorization: `Bearer ${token}` };
  const { status, json } = await api.request('POST', path, { body: {}, headers, anonymous: true });
  return { status, user: json.status.userInfo };
}

const review = async (spec: object) =>
  (await api.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { spec } })).json.status;

describe('a token of the issuer', () => {
  it('names a user and groups, with their prefixes', async () => {
    expect(await whoami(await issuer.token(JANE))).toEqual({
      status: 201,
      user: { username: 'oidc:jane@example.com', groups: ['oidc:devs', 'oidc:ops', 'system:authenticated'] },
    });
  });

  it('may name one group as a text, and be for several audiences', async () => {
    const token = await issuer.token({ ...JANE, groups: 'devs', aud: ['x', 'kubectl'], jti: 'a' });
    expect((await whoami(token)).user).toMatchObject({
      groups: ['oidc:devs', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': ['JTI=a'] },
    });
  });

  it('is reviewed by the same rules', async () => {
    const token = await issuer.token(JANE);
    expect(await review({ token })).toMatchObject({ authenticated: true, user: { username: 'oidc:jane@example.com' } });
    expect(await review({ token, audiences: ['vault'] })).toEqual({ user: {}, error: 'invalid bearer token' });
  });

  it('of a new key is accepted when the old keys were read long ago', async () => {
    // The key set is read again at most every 30 s, so a replica that has not read it yet stands for that wait.
    await issuer.rotate();
    const fresh = await startReplica(backends, { oidc: settings });
    const headers = { authorization: `Bearer ${await issuer.token(JANE)}` };
    expect((await fresh.request('GET', '/api', { headers, anonymous: true })).status).toBe(200);
    await fresh.close();
    await api.close();
    api = await startReplica(backends, { oidc: settings });
  });

  const now = Math.floor(Date.now() / 1000);
  it.each<[string, Record<string, unknown>]>([
    ['that has expired', { exp: now - 5 }],
    ['that never expires', { exp: undefined }],
    ['that is not valid yet', { nbf: now + 600 }],
    ['for another audience', { aud: 'other' }],
    ['without an audience', { aud: undefined }],
    ['without a user', { email: undefined }],
    ['with an empty user', { email: '' }],
    ['with an unverified address', { email_verified: false }],
    ['with groups of another type', { groups: [1] }],
    ['without a required claim', { hd: undefined }],
    ['with another value of it', { hd: 'evil.example' }],
  ])('%s is refused', async (_name, claims) => {
    expect((await whoami(await issuer.token({ ...JANE, ...claims }))).status).toBe(401);
  });

  it('signed with an unknown key is refused, and does not make the keys be read for each', async () => {
    const before = issuer.keyReads();
    for (let count = 0; count < 20; count += 1) {
      expect((await whoami(await issuer.token(JANE, { kid: `unknown-${count}` }))).status).toBe(401);
    }
    expect(issuer.keyReads() - before).toBeLessThanOrEqual(1);
  });

  it('is never unsigned, nor signed with what everyone knows', async () => {
    const claims = { ...JANE, iss: issuer.url, aud: 'everynode', exp: Math.floor(Date.now() / 1000) + 600 };
    expect((await whoami(new UnsecuredJWT(claims).encode())).status).toBe(401);
    const symmetric = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'key-2' });
    expect((await whoami(await symmetric.sign(Buffer.from('secret'.repeat(10))))).status).toBe(401);
    const [head, body, signature] = (await issuer.token(JANE)).split('.');
    expect((await whoami(`${head}.${body}.${signature?.replace(/^./, 'A')}x`)).status).toBe(401);
  });

  it('of another issuer is refused', async () => {
    expect((await whoami(await issuer.token({ ...JANE, iss: 'https://evil.example' }))).status).toBe(401);
    // Signed by the issuer, but in the name of the cluster.
    const iss = 'https://kubernetes.default.svc.cluster.local';
    expect(
      (await whoami(await issuer.token({ ...JANE, iss, sub: 'system:serviceaccount:default:default' }))).status,
    ).toBe(401);
  });
});

describe('without prefixes', () => {
  it('an issuer cannot speak for the names of the cluster', async () => {
    const bare = await startReplica(backends, {
      oidc: { ...settings, usernameClaim: 'sub', usernamePrefix: '-', groupsPrefix: '', requiredClaims: new Map() },
    });
    const ask = async (claims: JWTPayload) => {
      const headers = { authorization: `Bearer ${await issuer.token(claims)}` };
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      return await bare.request('POST', path, { body: {}, headers, anonymous: true });
    };
    expect((await ask({ sub: 'system:admin' })).status).toBe(401);
    const { json } = await ask({ sub: 'jane', groups: ['system:masters', 'devs'] });
    expect(json.status.userInfo).toEqual({ username: 'jane', groups: ['devs', 'system:authenticated'] });
    await bare.close();
  });
});

describe('an issuer that does not answer', () => {
  it('stops neither the start nor other credentials', async () => {
    const nowhere = 'https://localhost:1';
    const lonely = await startReplica(backends, { oidc: { ...settings, issuer: nowhere } });
    expect((await lonely.request('GET', '/api')).status).toBe(200);
    const headers = { authorization: `Bearer ${await issuer.token({ ...JANE, iss: nowhere })}` };
    expect((await lonely.request('GET', '/api', { headers, anonymous: true })).status).toBe(401);
    await lonely.close();
  });
});
