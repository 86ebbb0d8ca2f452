import { readFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createAuthority } from '@everynode/certificates';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientFacts, clientCertificate } from '../../testing/client-certificate.js';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const WHOAMI = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

let backends: Backends;
let api: RunningApi;
let clients: ClientFacts['authority'];
let proxies: ClientFacts['authority'];

beforeAll(async () => {
  backends = await startBackends();
  proxies = await createAuthority('front-proxy-ca', new Date());
  const file = (name: string) => readFile(join(backends.pki, name), 'utf8');
  clients = { certificate: await file('ca.crt'), key: await file('ca.key') };
  api = await startReplica(backends, { frontProxyCa: proxies.certificate, frontProxyNames: ['proxy'] });
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

interface Sent {
  facts?: ClientFacts;
  headers?: Record<string, string | string[]>;
  path?: string;
  method?: string;
}

/** The code of the answer, and the user that it names. */
async function ask({ facts, headers = {}, path = WHOAMI, method = 'POST' }: Sent) {
  const pair = facts ? await clientCertificate(facts) : {};
  const { ca, url } = api.server;
  const answer = await new Promise<{ code: number; text: string }>((resolve, reject) => {
    const outgoing = httpsRequest(
      `${url}${path}`,
      { ca, method, agent: false, ...pair, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        buffer(response).then((bytes) => resolve({ code: response.statusCode ?? 0, text: bytes.toString() }), reject);
      },
    );
    outgoing.once('error', reject);
    outgoing.end(method === 'POST' ? '{}' : undefined);
  });
  const json = answer.text.startsWith('{') ? JSON.parse(answer.text) : undefined;
  return { code: answer.code, user: json?.status?.userInfo, json };
}

describe('a client certificate', () => {
  it('names a user and groups, and says which certificate it was', async () => {
    const { code, user } = await ask({
      facts: { authority: clients, subject: [{ O: ['devs'] }, { O: ['ops'] }, { CN: ['jane'] }] },
    });
    expect(code).toBe(201);
    expect(user).toEqual({
      username: 'jane',
      groups: ['devs', 'ops', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
    });
  });

  it('with two common names is its last one, as in Go', async () => {
    const { user } = await ask({ facts: { authority: clients, subject: [{ CN: ['first'] }, { CN: ['second'] }] } });
    expect(user.username).toBe('second');
  });

  it.each<[string, () => Partial<ClientFacts>]>([
    ['of another authority', () => ({ authority: proxies })],
    ['without a common name', () => ({ subject: [{ O: ['system:masters'] }] })],
    ['that has expired', () => ({ notAfter: new Date(Date.now() - 1000) })],
    ['for servers', () => ({ uses: [SERVER_AUTH] })],
  ])('%s is refused, and never taken for none', async (_name, change) => {
    const facts = { authority: clients, subject: [{ CN: ['jane'] }], ...change() };
    expect((await ask({ facts })).code).toBe(401);
    expect((await ask({ facts, path: '/version', method: 'GET' })).code).toBe(401);
  });
});

describe('a front proxy', () => {
  const proxy = (name = 'proxy'): ClientFacts => ({ authority: proxies, subject: [{ CN: [name] }] });
  const headers = {
    'X-Remote-User': 'jane',
    'X-Remote-Uid': '42',
    'X-Remote-Group': ['devs', 'a,b'],
    'X-Remote-Extra-Scopes': ['view', 'edit'],
    'X-Remote-Extra-Acme.com%2fproject': 'x',
  };

  it('says who its client is', async () => {
    const { user } = await ask({ facts: proxy(), headers });
    expect(user).toEqual({
      username: 'jane',
      uid: '42',
      groups: ['devs', 'a,b', 'system:authenticated'],
      extra: { scopes: ['view', 'edit'], 'acme.com/project': ['x'] },
    });
  });

  it('must name a user, and have a name that is allowed', async () => {
    expect((await ask({ facts: proxy() })).code).toBe(401);
    expect((await ask({ facts: proxy('other'), headers })).code).toBe(401);
  });

  it('is not what an ordinary client can pose as', async () => {
    const { user } = await ask({ facts: { authority: clients, subject: [{ CN: ['proxy'] }] }, headers });
    expect(user).toMatchObject({ username: 'proxy', groups: ['system:authenticated'] });
    expect((await ask({ headers })).code).toBe(401);
  });
});

describe('without a credential', () => {
  it.each(['/healthz', '/livez', '/readyz', '/readyz?verbose', '/version'])('%s is open', async (path) => {
    expect((await ask({ path, method: 'GET' })).code).toBe(200);
  });

  it('a single check of health is known, and not allowed: system:public-info-viewer names the whole ones', async () => {
    const { code, json } = await ask({ path: '/livez/ping', method: 'GET' });
    expect([code, json.reason]).toEqual([403, 'Forbidden']);
  });

  it.each([
    '/api',
    '/apis',
    '/api/v1/nodes',
    '/metrics',
    '/openapi/v2',
    '/openid/v1/jwks',
    '/.well-known/openid-configuration',
    '/versions',
    '/healthz2',
    '/nothing',
  ])('%s is not', async (path) => {
    const { code, json } = await ask({ path, method: 'GET' });
    expect([code, json.reason]).toEqual([401, 'Unauthorized']);
  });

  it('an open path is only to be read', async () => {
    expect((await ask({ path: '/version', method: 'POST' })).code).toBe(401);
  });

  it('a token that does not hold is refused also where none is needed', async () => {
    const headers = { authorization: 'Bearer nonsense' };
    expect((await ask({ path: '/version', method: 'GET', headers })).code).toBe(401);
  });
});

describe('a refused client', () => {
  it('has its answer before its body is read', async () => {
    const { ca, url } = api.server;
    const size = 2 * 1024 * 1024;
    const answers = Array.from({ length: 40 }, () => {
      const outgoing = httpsRequest(`${url}/api/v1/namespaces/default/configmaps`, {
        ca,
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': size },
      });
      // All but the last byte, so that a server that waits for the body waits for ever.
      outgoing.write(Buffer.alloc(size - 1, 32));
      return new Promise<string>((resolve) => {
        outgoing.once('response', (response) => {
          resolve(`${response.statusCode} ${response.headers.connection}`);
          outgoing.destroy();
        });
        // The server closes the connection while the client still sends.
        outgoing.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      });
    });
    const codes = await Promise.all(answers);
    for (const code of codes) expect(['401 close', 'ECONNRESET', 'EPIPE']).toContain(code);
    expect(codes).toContain('401 close');
  });
});
