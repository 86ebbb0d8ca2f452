import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  importJWK,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOBUF, readObject, writeObject } from '../../testing/protobuf-client.js';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const TOKEN = '/api/v1/namespaces/default/serviceaccounts/default/token';
const REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';
const ACCESS = '/apis/authorization.k8s.io/v1';

let backends: Backends;
let api: RunningApi;
let other: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  other = await startReplica(backends);
}, 60_000);

afterAll(async () => {
  await api.close();
  await other.close();
  await backends.stop();
});

const pem = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const ask = (spec: object, path = TOKEN) => api.request('POST', path, { body: { spec } });
const review = async (token: string, audiences?: string[], through = api) => {
  const { json } = await through.request('POST', REVIEWS, {
    body: { spec: { token, ...(audiences && { audiences }) } },
  });
  return json.status;
};
const whoami = (headers: Record<string, string>) =>
  api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {}, headers, anonymous: true });

describe('serviceaccounts/token', () => {
  it('answers with a token for an hour, which the published keys verify', async () => {
    const { status, json } = await ask({});
    expect(status).toBe(201);
    expect(json).toMatchObject({
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: 'default', namespace: 'default' },
      spec: { audiences: [ISSUER], expirationSeconds: 3600, boundObjectRef: null },
    });
    const { keys } = JSON.parse((await api.request('GET', '/openid/v1/jwks')).text);
    const { payload } = await jwtVerify(json.status.token, await importJWK(keys[0]), { issuer: ISSUER });
    const account = await api.request('GET', '/api/v1/namespaces/default/serviceaccounts/default');
    expect(payload).toMatchObject({
      aud: [ISSUER],
      sub: 'system:serviceaccount:default:default',
      'kubernetes.io': {
        namespace: 'default',
        serviceaccount: { name: 'default', uid: account.json.metadata.uid },
      },
    });
    const expires = new Date(Number(payload.exp) * 1000).toISOString().replace('.000', '');
    expect(expires).toBe(json.status.expirationTimestamp);
    expect(Number(payload.exp) - Number(payload.iat)).toBe(3600);
    expect(decodeProtectedHeader(json.status.token)).toEqual({ alg: 'ES256', kid: keys[0].kid });
    const { json: about } = await api.request('GET', '/.well-known/openid-configuration');
    expect(about).toMatchObject({ issuer: ISSUER, id_token_signing_alg_values_supported: ['ES256'] });
    expect(createRemoteJWKSet(new URL(about.jwks_uri))).toBeDefined();
  });

  it('speaks protobuf', async () => {
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: ['a', 'b'] } };
    const body = writeObject(request);
    const { bytes, headers } = await api.request('POST', TOKEN, { body, contentType: PROTOBUF, accept: PROTOBUF });
    expect(headers['content-type']).toBe(PROTOBUF);
    const answer = readObject(bytes);
    expect(answer).toMatchObject({ kind: 'TokenRequest', spec: { audiences: ['a', 'b'], expirationSeconds: 3600 } });
    expect(decodeJwt(answer.status.token).aud).toEqual(['a', 'b']);
  });

  it.each([
    [{ expirationSeconds: 599 }, 422, 'spec.expirationSeconds: Invalid value: 599: may not specify a duration less'],
    [{ expirationSeconds: 2 ** 32 + 1 }, 422, 'may not specify a duration larger than 2^32 seconds'],
    [{ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'none' } }, 404, 'pods "none" not found'],
    [{ boundObjectRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'x' } }, 400, 'cannot bind token to object'],
    [{ expirationSeconds: 'x' }, 400, 'TokenRequest in version "v1" cannot be handled'],
  ])('refuses %j', async (spec, code, message) => {
    const { status, json } = await ask(spec);
    expect([status, json.kind]).toEqual([code, 'Status']);
    expect(json.message).toContain(message);
  });

  it('is for accounts that are there', async () => {
    const { json } = await ask({}, TOKEN.replace('accounts/default', 'accounts/none'));
    expect(json).toMatchObject({ code: 404, message: 'serviceaccounts "none" not found' });
    expect((await api.request('GET', TOKEN)).status).toBe(405);
  });

  it('binds a token to an object, with which it ends', async () => {
    const secrets = '/api/v1/namespaces/default/secrets';
    const { json: secret } = await api.request('POST', secrets, { body: { metadata: { name: 'bound' } } });
    const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', name: 'bound', uid: secret.metadata.uid };
    const { token } = (await ask({ boundObjectRef })).json.status;
    expect((await review(token)).authenticated).toBe(true);
    const stale = await ask({ boundObjectRef: { ...boundObjectRef, uid: 'x' } });
    expect(stale.json).toMatchObject({ code: 409, reason: 'Conflict' });
    await api.request('DELETE', `${secrets}/bound`);
    expect(await review(token)).toMatchObject({ error: expect.stringContaining('has been invalidated') });
  });

  it('binds a token to a pod of the account, and says where that runs', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    const pod = (name: string, serviceAccountName: string) => ({
      metadata: { name },
      spec: { serviceAccountName, containers: [{ name: 'c', image: 'i' }] },
    });
    await api.request('POST', pods, { body: pod('mine', 'default') });
    await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', {
      body: { metadata: { name: 'another' } },
    });
    await api.request('POST', pods, { body: pod('foreign', 'another') });
    const ref = (name: string) => ({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name } });
    const { token } = (await ask(ref('mine'))).json.status;
    const { user } = await review(token);
    expect(user.extra['authentication.kubernetes.io/pod-name']).toEqual(['mine']);
    expect((await ask(ref('foreign'))).json.message).toContain('pod running with different serviceaccount name');
  });
});

describe('a token', () => {
  let token: string;
  beforeAll(async () => {
    ({ token } = (await ask({})).json.status);
  });

  it('is known by every replica', async () => {
    const status = await review(token, undefined, other);
    expect(status).toMatchObject({
      authenticated: true,
      audiences: [ISSUER],
      user: {
        username: 'system:serviceaccount:default:default',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)] },
      },
    });
  });

  it('is for its audiences alone', async () => {
    const { token: foreign } = (await ask({ audiences: ['vault', 'x'] })).json.status;
    expect(await review(foreign)).toEqual({
      user: {},
      error: `[invalid bearer token, token audiences ["vault" "x"] is invalid for the target audiences ["${ISSUER}"]]`,
    });
    expect(await review(foreign, ['y', 'vault'])).toMatchObject({ authenticated: true, audiences: ['vault'] });
  });

  it.each([
    ['no token', 'x'],
    ['a changed one', 'CHANGED'],
  ])('is not made up: %s', async (_name, text) => {
    const made = text === 'CHANGED' ? token.replace(/\.[^.]+$/, '.AAAA') : text;
    expect(await review(made)).toEqual({ user: {}, error: 'invalid bearer token' });
    expect((await whoami({ authorization: `Bearer ${made}` })).status).toBe(401);
  });

  it('lets its holder in', async () => {
    const { status, json } = await whoami({ authorization: `Bearer ${token}` });
    expect([status, json.status.userInfo.username]).toEqual([201, 'system:serviceaccount:default:default']);
    expect((await whoami({})).status).toBe(401);
  });

  it('has to be there for a review', async () => {
    const { json } = await api.request('POST', REVIEWS, { body: {} });
    expect(json).toMatchObject({ code: 400, message: 'token is required for TokenReview in authentication' });
  });
});

describe('the keys of tokens', () => {
  const first = pem('P-256');
  const second = pem('P-384');
  const tokenOf = async (replica: RunningApi) =>
    (await replica.request('POST', TOKEN, { body: { spec: {} } })).json.status.token;

  it('change one after the other, and tokens go on', async () => {
    const old = await startReplica(backends, { serviceAccountKeys: { signing: first } });
    const token = await tokenOf(old);
    await old.close();
    const both = await startReplica(backends, { serviceAccountKeys: { signing: second, accepted: [first] } });
    expect((await review(token, undefined, both)).authenticated).toBe(true);
    expect((await review(await tokenOf(both), undefined, both)).authenticated).toBe(true);
    const { keys } = JSON.parse((await both.request('GET', '/openid/v1/jwks')).text);
    expect(keys.map(({ alg }: { alg: string }) => alg)).toEqual(['ES384', 'ES256']);
    await both.close();
    const last = await startReplica(backends, { serviceAccountKeys: { signing: second } });
    expect((await review(token, undefined, last)).authenticated).toBeUndefined();
    await last.close();
  });

  it('are not that of the serving certificate', async () => {
    const claims = decodeJwt(await tokenOf(api));
    const serving = createPrivateKey(await readFile(join(backends.pki, 'api.key'), 'utf8'));
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(serving);
    expect(await review(forged)).toEqual({ user: {}, error: 'invalid bearer token' });
  });

  it('sign nothing without a signature, and nothing under another name', async () => {
    const token = await tokenOf(api);
    const claims = decodeJwt(token);
    const bare = new UnsecuredJWT(claims).encode();
    const other = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'x' })
      .sign(createPrivateKey(first));
    const unnamed = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(createPrivateKey(first));
    const symmetric = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: decodeProtectedHeader(token).kid ?? '' })
      .sign(Buffer.from(JSON.stringify((await api.request('GET', '/openid/v1/jwks')).text)));
    for (const forged of [bare, other, unnamed, symmetric]) {
      expect(await review(forged)).toEqual({ user: {}, error: 'invalid bearer token' });
      expect((await whoami({ authorization: `Bearer ${forged}` })).status).toBe(401);
    }
  });

  it('have a longest lifetime, of which a warning tells', async () => {
    const strict = await startReplica(backends, { serviceAccountKeys: { maxTokenSeconds: 7200 } });
    const { headers, json } = await strict.request('POST', TOKEN, { body: { spec: { expirationSeconds: 86_400 } } });
    expect(headers.warning).toBe('299 - "requested expiration of 86400 seconds shortened to 7200 seconds"');
    expect(json.spec.expirationSeconds).toBe(7200);
    const { exp, iat } = decodeJwt(json.status.token);
    expect(Number(exp) - Number(iat)).toBe(7200);
    const short = await strict.request('POST', TOKEN, { body: { spec: { expirationSeconds: 7200 } } });
    expect(short.headers.warning).toBeUndefined();
    await strict.close();
  });
});

describe('access reviews', () => {
  const resourceAttributes = { namespace: 'default', verb: 'get', resource: 'pods' };
  const local = `${ACCESS}/namespaces/default/localsubjectaccessreviews`;

  it.each([
    [`${ACCESS}/selfsubjectaccessreviews`, 'SelfSubjectAccessReview', { resourceAttributes }],
    [`${ACCESS}/selfsubjectaccessreviews`, 'SelfSubjectAccessReview', { nonResourceAttributes: { path: '/x' } }],
    [
      `${ACCESS}/subjectaccessreviews`,
      'SubjectAccessReview',
      { user: 'jane', groups: ['system:masters'], resourceAttributes },
    ],
    [local, 'LocalSubjectAccessReview', { groups: ['system:masters'], resourceAttributes }],
  ])('%s of %s allow, in JSON and protobuf', async (path, kind, spec) => {
    const metadata = kind.startsWith('Local') ? { namespace: 'default' } : {};
    const body = { apiVersion: 'authorization.k8s.io/v1', kind, metadata, spec };
    const { status, json } = await api.request('POST', path, { body });
    expect(status).toBe(201);
    expect(json).toMatchObject({ kind, spec, status: { allowed: true } });
    const bytes = writeObject(body);
    const answer = await api.request('POST', path, { body: bytes, contentType: PROTOBUF, accept: PROTOBUF });
    const { metadata: meta, ...rest } = readObject(answer.bytes) as { metadata: { managedFields: object[] } };
    const { metadata: jsonMeta, ...jsonRest } = json;
    expect(rest).toEqual(jsonRest);
    // The owners are of another second.
    const [owner] = jsonMeta.managedFields;
    expect(meta.managedFields).toEqual([{ ...owner, time: expect.any(String) }]);
  });

  it('allows nothing to an anonymous user', async () => {
    const spec = { user: 'system:anonymous', groups: ['system:unauthenticated'], resourceAttributes };
    const { json } = await api.request('POST', `${ACCESS}/subjectaccessreviews`, { body: { spec } });
    expect(json.status.allowed).toBe(false);
  });

  it.each([
    ['subjectaccessreviews', { spec: { resourceAttributes } }, 'spec.user'],
    ['selfsubjectaccessreviews', { spec: {} }, 'spec.resourceAttributes'],
    [
      'selfsubjectaccessreviews',
      { spec: { resourceAttributes, nonResourceAttributes: { path: '/' } } },
      'spec.nonResourceAttributes',
    ],
    ['selfsubjectaccessreviews', { metadata: { name: 'x' }, spec: { resourceAttributes } }, 'metadata'],
    [
      'namespaces/default/localsubjectaccessreviews',
      { metadata: { namespace: 'x' }, spec: { user: 'a', resourceAttributes } },
      'spec.resourceAttributes.namespace',
    ],
  ])('%s refuse %j', async (path, body, field) => {
    const { json } = await api.request('POST', `${ACCESS}/${path}`, { body });
    expect(json).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(json.details.causes).toContainEqual(expect.objectContaining({ field }));
  });

  it('list rules for a namespace', async () => {
    const path = `${ACCESS}/selfsubjectrulesreviews`;
    const { json } = await api.request('POST', path, { body: { spec: { namespace: 'default' } } });
    expect(json.status).toMatchObject({ incomplete: false });
    expect(json.status.resourceRules).toContainEqual({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] });
    expect((await api.request('POST', path, { body: { spec: {} } })).json.message).toBe('no namespace on request');
    expect((await api.request('GET', path)).status).toBe(405);
  });
});

describe('bindings', () => {
  it('put the pod that they name on a node', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    await api.request('POST', pods, {
      body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    });
    const body = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } };
    const { status, json } = await api.request('POST', '/api/v1/namespaces/default/bindings', { body });
    expect([status, json.status]).toEqual([201, 'Success']);
    expect((await api.request('GET', `${pods}/p`)).json.spec.nodeName).toBe('n1');
  });
});
