import { createHmac, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKey, createSigningRequest, NODES_GROUP } from '@everynode/certificates';
import { type BootstrapToken, bootstrapSecret } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';
const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const INFO = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
const MERGE = 'application/merge-patch+json';
const WHOAMI = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const JOINERS = 'system:bootstrappers:everynode:default-node-token';
const KUBELET = 'kubernetes.io/kube-apiserver-client-kubelet';
const CLIENT_USES = ['digital signature', 'client auth'];

let backends: Backends;
let api: RunningApi;
let other: RunningApi;
let folder: string;

const auditLog = (replica: string): string => join(folder, `${replica}.log`);

beforeAll(async () => {
  backends = await startBackends();
  folder = await mkdtemp(join(tmpdir(), 'everynode-joining-'));
  api = await startReplica(backends, { cleaningMs: 100, auditLog: auditLog('api') });
  other = await startReplica(backends, { cleaningMs: 100, auditLog: auditLog('other') });
}, 60_000);

afterAll(async () => {
  await api.close();
  await other.close();
  await backends.stop();
  await rm(folder, { recursive: true });
});

let tokens = 0;

/** Creates a token, and returns its text. */
async function token(change: Partial<BootstrapToken> = {}): Promise<string> {
  tokens += 1;
  const made: BootstrapToken = {
    id: `token${tokens}`.slice(-6).padStart(6, 'a'),
    secret: '0123456789abcdef',
    expiresAt: Date.now() + 3600_000,
    authenticates: true,
    signs: true,
    description: '',
    groups: [JOINERS],
    nodeNames: [],
    singleUse: false,
    usedBy: undefined,
    ...change,
  };
  const { status } = await api.request('POST', SECRETS, { body: bootstrapSecret(made) });
  expect(status).toBe(201);
  return `${made.id}.${made.secret}`;
}

const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` }, anonymous: true });
const whoami = async (text: string, through = api) => {
  const { status, json } = await through.request('POST', WHOAMI, { body: {}, ...bearer(text) });
  return { status, user: json?.status?.userInfo };
};

interface Asked {
  node?: string;
  commonName?: string;
  organisations?: string[];
  names?: { type: 'dns' | 'ip' | 'email' | 'url'; value: string }[];
  signerName?: string;
  usages?: string[];
  key?: string;
  spec?: object;
  name?: string;
}

async function requestBody(asked: Asked) {
  const { node = 'n1', organisations = [NODES_GROUP], names = [], signerName = KUBELET, usages = CLIENT_USES } = asked;
  const commonName = asked.commonName ?? `system:node:${node}`;
  const pem = await createSigningRequest(asked.key ?? (await createKey()), { commonName, organisations, names });
  return {
    metadata: asked.name === undefined ? { generateName: 'csr-' } : { name: asked.name },
    spec: { request: Buffer.from(pem).toString('base64'), signerName, usages, ...asked.spec },
  };
}

const ask = async (asked: Asked, text?: string, through = api) =>
  through.request('POST', REQUESTS, { body: await requestBody(asked), ...(text !== undefined && bearer(text)) });

const get = async (name: string) => (await api.request('GET', `${REQUESTS}/${name}`)).json;

async function issued(name: string): Promise<X509Certificate> {
  return await eventually(async () => {
    const { status } = await get(name);
    expect(status.certificate).toBeDefined();
    return new X509Certificate(Buffer.from(status.certificate, 'base64'));
  });
}

async function decide(name: string, type: 'Approved' | 'Denied', options = {}) {
  const csr = await get(name);
  csr.status = {
    conditions: [...(csr.status?.conditions ?? []), { type, status: 'True', reason: 'Test', message: '' }],
  };
  return await api.request('PUT', `${REQUESTS}/${name}/approval`, { body: csr, ...options });
}

describe('a bootstrap token', () => {
  it('names a user and groups', async () => {
    const text = await token({ nodeNames: ['node-*'] });
    expect(await whoami(text)).toEqual({
      status: 201,
      user: {
        username: `system:bootstrap:${text.slice(0, 6)}`,
        groups: ['system:bootstrappers', JOINERS, 'system:authenticated'],
        extra: { 'everynode.io/node-names': ['node-*'] },
      },
    });
  });

  it('is known to every replica at once, and reviewed by the same rules', async () => {
    const text = await token();
    expect((await whoami(text, other)).status).toBe(201);
    const { json } = await api.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      body: { spec: { token: text } },
    });
    expect(json.status).toMatchObject({ authenticated: true, user: { groups: expect.arrayContaining([JOINERS]) } });
  });

  it.each<[string, Partial<BootstrapToken>]>([
    ['that has expired', { expiresAt: Date.now() - 1000 }],
    ['for signing alone', { authenticates: false }],
  ])('%s lets no client in', async (_name, change) => {
    expect((await whoami(await token(change))).status).toBe(401);
  });

  it('that is unknown, wrong, or deleted lets no client in', async () => {
    const text = await token();
    expect((await whoami('zzzzzz.0123456789abcdef')).status).toBe(401);
    expect((await whoami(text.replace(/.$/, '0'))).status).toBe(401);
    await api.request('DELETE', `${SECRETS}/bootstrap-token-${text.slice(0, 6)}`);
    expect((await whoami(text)).status).toBe(401);
  });

  it('that has expired is deleted', async () => {
    const text = await token({ expiresAt: Date.now() + 1500 });
    const path = `${SECRETS}/bootstrap-token-${text.slice(0, 6)}`;
    expect((await api.request('GET', path)).status).toBe(200);
    await eventually(async () => expect((await api.request('GET', path)).status).toBe(404));
  });

  it('may ask for certificates and do nothing else', async () => {
    const text = await token();
    expect((await api.request('GET', '/api/v1/nodes', bearer(text))).status).toBe(403);
    expect((await api.request('GET', SECRETS, bearer(text))).status).toBe(403);
  });
});

describe('the information of the cluster', () => {
  it('is open, and signed for each token that may sign', async () => {
    const [text, silent] = [await token(), await token({ signs: false })];
    const id = text.slice(0, 6);
    const data = await eventually(async () => {
      const { status, json } = await api.request('GET', INFO, { anonymous: true });
      expect(status).toBe(200);
      expect(json.data[`jws-kubeconfig-${id}`]).toBeDefined();
      return json.data;
    });
    expect(data[`jws-kubeconfig-${silent.slice(0, 6)}`]).toBeUndefined();
    const [header, none, signature] = data[`jws-kubeconfig-${id}`].split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'HS256', kid: id });
    expect(none).toBe('');
    const content = Buffer.from(data.kubeconfig).toString('base64url');
    const expected = createHmac('sha256', text.slice(7)).update(`${header}.${content}`).digest('base64url');
    expect(signature).toBe(expected);
    await api.request('DELETE', `${SECRETS}/bootstrap-token-${id}`);
    await eventually(async () => {
      const { json } = await api.request('GET', INFO, { anonymous: true });
      expect(json.data[`jws-kubeconfig-${id}`]).toBeUndefined();
    });
  });

  it('is nothing that others may change, and the only thing there that is open', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      expect((await api.request(method, INFO, { anonymous: true, body: {} })).status).toBe(401);
    }
    expect((await api.request('GET', INFO.replace('/cluster-info', ''), { anonymous: true })).status).toBe(401);
  });
});

describe('a request for a certificate', () => {
  it('notes who asks, whatever the asker says', async () => {
    const text = await token();
    const lies = { username: 'system:admin', groups: ['system:masters'], uid: 'x', extra: { a: ['b'] } };
    const { status, json } = await ask({ node: 'who', spec: lies }, text);
    expect(status).toBe(201);
    expect(json.spec).toMatchObject({ username: `system:bootstrap:${text.slice(0, 6)}` });
    expect(json.spec.groups).not.toContain('system:masters');
    expect([json.spec.uid, json.spec.extra, json.status]).toEqual([undefined, undefined, {}]);
  });

  it('of a node with a token is approved and signed, and the certificate is the node', async () => {
    const key = await createKey();
    const { json } = await ask({ node: 'joins', key }, await token());
    const certificate = await issued(json.metadata.name);
    expect(certificate.subject).toBe('O=system:nodes\nCN=system:node:joins');
    const { ca, url } = api.server;
    const { testClient } = await import('../../testing/test-client.js');
    const node = testClient({ port: Number(new URL(url).port), ca, key, cert: certificate.toString() });
    const { json: who } = await node.request('POST', WHOAMI, { body: {} });
    expect(who.status.userInfo).toMatchObject({
      username: 'system:node:joins',
      groups: ['system:nodes', 'system:authenticated'],
    });
    // Its own renewal is approved too, and that of no other node.
    const again = await node.request('POST', REQUESTS, { body: await requestBody({ node: 'joins' }) });
    await issued(again.json.metadata.name);
    const foreign = await node.request('POST', REQUESTS, { body: await requestBody({ node: 'other' }) });
    const own = await node.request('POST', REQUESTS, { body: await requestBody({ node: 'joins' }) });
    await issued(own.json.metadata.name);
    expect((await get(foreign.json.metadata.name)).status.conditions).toBeUndefined();
  });

  it('is in the audit log of the replica that wrote it: its approval, its number, who asked and by which signer', async () => {
    const { json } = await ask({ node: 'audited' }, await token());
    const { serialNumber } = await issued(json.metadata.name);
    await eventually(async () => {
      const texts = await Promise.all(['api', 'other'].map((replica) => readFile(auditLog(replica), 'utf8')));
      const lines = texts
        .flatMap((text) => text.trim().split('\n'))
        .filter((line) => line.includes('everynode.io/outcome'));
      const events = lines
        .map((line) => JSON.parse(line))
        .filter(({ objectRef }) => objectRef.name === json.metadata.name);
      const shown = events.map(({ user, objectRef, annotations }) => [
        user.username,
        objectRef.subresource,
        annotations,
      ]);
      const who = 'system:serviceaccount:kube-system:certificate-controller';
      const asked = { 'everynode.io/requester': json.spec.username, 'everynode.io/signer': KUBELET };
      const numbered = `serial ${serialNumber.toLowerCase()}`;
      expect(shown).toHaveLength(2);
      expect(shown).toContainEqual([who, 'approval', { ...asked, 'everynode.io/outcome': 'Approved: AutoApproved' }]);
      expect(shown).toContainEqual([who, 'status', { ...asked, 'everynode.io/outcome': numbered }]);
    });
  });

  it('lives as long as it asks for, and no longer than it may', async () => {
    const text = await token();
    const hour = 3600_000;
    for (const [seconds, expected] of [
      [600, 600_000],
      [86_400, hour],
      [undefined, hour],
    ] as const) {
      // Each key is for a node of its own: a node that another key holds would wait for a person.
      const { json } = await ask({ node: `lives-${seconds}`, spec: { expirationSeconds: seconds } }, text);
      const { validFrom, validTo } = await issued(json.metadata.name);
      expect(Date.parse(validTo) - Date.parse(validFrom)).toBe(expected + 300_000);
    }
  });

  it('of a client without the right waits for a person', async () => {
    const text = await token({ groups: [] });
    expect((await ask({}, text)).status).toBe(403);
    const { json } = await ask({ node: 'waits', name: 'waits', signerName: 'kubernetes.io/kube-apiserver-client' });
    await ask({ node: 'after', name: 'after' }, await token());
    await issued('after');
    expect((await get(json.metadata.name)).status).toEqual({});
    expect((await decide('waits', 'Approved')).status).toBe(200);
    expect((await issued('waits')).subject).toContain('CN=system:node:waits');
  });

  it('of an agent that hosts nodes without having joined waits for a person', async () => {
    const body = { metadata: { name: 'simulated-1', annotations: { 'everynode.io/agent': 'of-file' } } };
    expect((await api.request('POST', '/api/v1/nodes', { body })).status).toBe(201);
    await ask({ node: 'of-file', name: 'of-file' }, await token());
    await ask({ node: 'after-file', name: 'after-file' }, await token());
    await issued('after-file');
    expect((await get('of-file')).status).toEqual({});
    expect((await decide('of-file', 'Approved')).status).toBe(200);
    await issued('of-file');
  });

  it('asks for the same nodes and key until it is signed, also for a client that may change it', async () => {
    // Of a signer whose requests wait for a person.
    const { spec } = await requestBody({ node: 'stays', signerName: 'kubernetes.io/kube-apiserver-client' });
    const annotations = { 'everynode.io/node-names': 'stays-1', 'everynode.io/asked-at-revision': '999999999' };
    await api.request('POST', REQUESTS, { body: { metadata: { name: 'stays', annotations }, spec } });
    const wider = {
      'everynode.io/node-names': '*',
      'everynode.io/bus-key': 'UX',
      'everynode.io/asked-at-revision': '1',
    };
    const patch = { metadata: { annotations: { ...wider, note: 'mine' } } };
    for (const path of ['stays', 'stays/approval', 'stays/status']) {
      const { status, json } = await api.request('PATCH', `${REQUESTS}/${path}`, { body: patch, contentType: MERGE });
      expect([status, json.metadata.annotations]).toEqual([
        200,
        { 'everynode.io/node-names': 'stays-1', note: 'mine' },
      ]);
    }
    const { json } = await api.request('PATCH', `${REQUESTS}/stays`, {
      body: { metadata: { annotations: { 'everynode.io/node-names': null } } },
      contentType: MERGE,
    });
    expect(json.metadata.annotations['everynode.io/node-names']).toBe('stays-1');
  });

  it('from before the end of its agent is not signed after it, also when it is approved later', async () => {
    const text = await token();
    await ask({ node: 'ends', name: 'ends-first' }, text);
    await issued('ends-first');
    // Another machine under the name waits for a person.
    await ask({ node: 'ends', name: 'ends-second' }, text);
    const revoke = '/apis/agents.everynode.io/v1/agents/ends/revoke';
    expect((await api.request('POST', revoke, { body: {} })).status).toBe(200);
    // Nothing holds its node any more, so it is approved by itself.
    await eventually(async () => {
      const { status } = await get('ends-second');
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: 'Failed', message: expect.stringContaining('its agent was revoked') }),
      );
    });
    await ask({ node: 'ends', name: 'ends-third' }, text);
    await issued('ends-third');
  });

  it('names at most 1,000 nodes', async () => {
    const askFor = async (count: number) => {
      const { spec } = await requestBody({ node: 'many' });
      const names = Array.from({ length: count }, (_, i) => `many-${i}`).join();
      const metadata = { generateName: 'csr-', annotations: { 'everynode.io/node-names': names } };
      return await api.request('POST', REQUESTS, { body: { metadata, spec } });
    };
    expect((await askFor(1000)).status).toBe(201);
    const { status, json } = await askFor(1001);
    expect([status, json.message]).toEqual([403, expect.stringContaining('must have at most 1000 items')]);
  });

  it('that is denied is never signed', async () => {
    await ask({ name: 'denied', signerName: 'kubernetes.io/kube-apiserver-client' });
    const { status, json } = await decide('denied', 'Denied');
    expect(status).toBe(200);
    expect(json.status.conditions[0].lastUpdateTime).toMatch(/^\d{4}-/);
    const { json: both } = await decide('denied', 'Approved');
    expect(both).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(both.message).toContain('Approved and Denied conditions are mutually exclusive');
  });

  it.each<[string, Asked, string]>([
    ['groups', { organisations: ['system:masters'] }, 'subject organization is not system:nodes'],
    ['two groups', { organisations: [NODES_GROUP, 'x'] }, 'subject organization is not system:nodes'],
    ['a user', { commonName: 'jane' }, 'subject common name does not begin with system:node:'],
    ['names', { names: [{ type: 'dns', value: 'a.example' }] }, 'DNS subjectAltNames are not allowed'],
    ['uses', { usages: ['client auth', 'server auth', 'digital signature'] }, 'usages did not match'],
    [
      'no names of a server',
      { signerName: 'kubernetes.io/kubelet-serving', usages: ['digital signature', 'server auth'] },
      'DNS or IP subjectAltName is required',
    ],
  ])('for what its signer does not sign fails: %s', async (_name, asked, message) => {
    const { json } = await ask(asked);
    const { name } = json.metadata;
    expect((await decide(name, 'Approved')).status).toBe(200);
    await eventually(async () => {
      expect((await get(name)).status.conditions).toContainEqual(
        expect.objectContaining({
          type: 'Failed',
          reason: 'SignerValidationFailure',
          message: expect.stringContaining(message),
        }),
      );
    });
    expect((await get(name)).status.certificate).toBeUndefined();
  });

  it.each<[string, object, string]>([
    [
      'spec.request',
      { request: Buffer.from('nonsense').toString('base64') },
      'PEM block type must be CERTIFICATE REQUEST',
    ],
    ['spec.usages', { usages: [] }, 'Required value'],
    ['spec.usages[0]', { usages: ['flying'] }, 'supported values: "any", "cert sign"'],
    ['spec.usages[1]', { usages: ['client auth', 'client auth'] }, 'Duplicate value'],
    ['spec.signerName', { signerName: 'x' }, 'must be a fully qualified domain and path'],
    ['spec.signerName', { signerName: 'kubernetes.io/legacy-unknown' }, 'legacy signerName is not allowed'],
    ['spec.expirationSeconds', { expirationSeconds: 599 }, 'may not specify a duration less than 600 seconds'],
  ])('is refused at %s: %j', async (field, spec, message) => {
    const { json } = await ask({ spec });
    expect(json).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(json.details.causes).toContainEqual(expect.objectContaining({ field }));
    expect(json.message).toContain(message);
  });

  it('with a signature of another key is refused', async () => {
    const body = await requestBody({});
    const der = Buffer.from(
      Buffer.from(body.spec.request, 'base64')
        .toString()
        .replace(/-----[^-]+-----|\s/g, ''),
      'base64',
    );
    der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    body.spec.request = Buffer.from(pem).toString('base64');
    const { json } = await api.request('POST', REQUESTS, { body });
    expect(json).toMatchObject({ code: 422, message: expect.stringContaining('signature') });
  });

  it('never makes an administrator', async () => {
    const signerName = 'kubernetes.io/kube-apiserver-client';
    const { json } = await ask({ commonName: 'jane', organisations: ['system:masters'], signerName });
    expect(json).toMatchObject({ code: 403, message: expect.stringContaining('system:masters group is not allowed') });
  });

  it('does not change, and is signed through /status alone', async () => {
    const { json: csr } = await ask({ name: 'fixed', signerName: 'example.com/other' });
    const changed = { ...csr, spec: { ...csr.spec, usages: ['any'] }, status: { certificate: 'YQ==' } };
    const { json } = await api.request('PUT', `${REQUESTS}/fixed`, { body: changed });
    expect([json.spec, json.status]).toEqual([csr.spec, {}]);
    // The latest version: the time of an owner may have changed.
    const approved = { ...json, status: { conditions: [{ type: 'Approved', status: 'True' }] } };
    const refused = await api.request('PUT', `${REQUESTS}/fixed/status`, { body: approved });
    expect(refused.json.message).toContain('updates may not add a condition of type "Approved"');
    const signed = await api.request('PUT', `${REQUESTS}/fixed/status`, {
      body: { ...json, status: { certificate: 'YQ==' } },
    });
    expect(signed.status).toBe(200);
    const again = { ...signed.json, status: { certificate: 'Yg==' } };
    expect((await api.request('PUT', `${REQUESTS}/fixed/status`, { body: again })).json.message).toContain(
      'updates may not modify existing certificate content',
    );
  });

  it('is not approved by those who ask', async () => {
    const text = await token();
    const { json } = await ask({ signerName: 'kubernetes.io/kube-apiserver-client' }, text);
    expect((await decide(json.metadata.name, 'Approved', bearer(text))).status).toBe(403);
  });
});

describe('a token that names nodes', () => {
  it('is for these nodes and no others', async () => {
    const text = await token({ nodeNames: ['rack1-*', 'edge'] });
    for (const node of ['rack1-07', 'edge']) {
      const { json } = await ask({ node }, text);
      await issued(json.metadata.name);
    }
    for (const node of ['rack2-01', 'edge2', '']) {
      const { status, json } = await ask({ node }, text);
      expect([status, json.reason]).toEqual([403, 'Forbidden']);
    }
    const { json } = await ask(
      { node: 'edge', signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth'] },
      text,
    );
    expect(json.code).toBe(403);
  });
});

describe('a token for one use', () => {
  it('serves one key of two that come at once, through different replicas', async () => {
    for (let round = 0; round < 5; round += 1) {
      const text = await token({ singleUse: true });
      const answers = await Promise.all([
        ask({ node: `a${round}` }, text, api),
        ask({ node: `b${round}` }, text, other),
        ask({ node: `c${round}` }, text, api),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403]);
      expect(answers.find(({ status }) => status === 403)?.json.message).toContain('has been used');
    }
  });

  it('serves its key again, and a dry run does not use it', async () => {
    const text = await token({ singleUse: true });
    const key = await createKey();
    const body = await requestBody({ node: 'dry' });
    expect((await api.request('POST', `${REQUESTS}?dryRun=All`, { body, ...bearer(text) })).status).toBe(201);
    expect((await ask({ node: 'again', key }, text)).status).toBe(201);
    expect((await ask({ node: 'again', key }, text)).status).toBe(201);
    expect((await ask({ node: 'again' }, text)).status).toBe(403);
  });
});
