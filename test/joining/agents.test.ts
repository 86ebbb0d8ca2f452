import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Joining, joinCluster, renewIdentity } from '@everynode/agent-identity';
import { keepRenewed } from '@everynode/agent-identity/keep-renewed';
import { type Backends, type RunningApi, startBackends, startReplica, testClient } from '@everynode/api/testing';
import { createNkey } from '@everynode/bus-credentials';
import {
  authorityHash,
  createKey,
  createKeyPair,
  issueCertificate,
  openAuthority,
  privateKeyPem,
} from '@everynode/certificates';
import { connectRaw, type RawClient } from '@everynode/local-stack/testing';
import { type BootstrapToken, bootstrapSecret } from '@everynode/objects';
import { eventually, Kubectl } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const NODES = '/api/v1/nodes';

let backends: Backends;
let api: RunningApi;
let other: RunningApi;
let folder: string;
const stopping = new AbortController();
const { signal } = stopping;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  other = await startReplica(backends);
  folder = await mkdtemp(join(tmpdir(), 'everynode-agents-'));
}, 90_000);

afterAll(async () => {
  stopping.abort();
  await api.close();
  await other.close();
  await backends.stop();
  await rm(folder, { recursive: true, force: true });
});

let tokens = 0;

async function token(change: Partial<BootstrapToken> = {}): Promise<string> {
  tokens += 1;
  const made: BootstrapToken = {
    id: `agent${tokens}`.slice(-6),
    secret: '0123456789abcdef',
    expiresAt: Date.now() + 3600_000,
    authenticates: true,
    signs: true,
    description: '',
    groups: ['system:bootstrappers:everynode:default-node-token'],
    nodeNames: [],
    singleUse: false,
    usedBy: undefined,
    ...change,
  };
  await api.request('POST', '/api/v1/namespaces/kube-system/secrets', { body: bootstrapSecret(made) });
  await eventually(async () => {
    const { json } = await api.request('GET', '/api/v1/namespaces/kube-public/configmaps/cluster-info');
    expect(json.data[`jws-kubeconfig-${made.id}`]).toBeDefined();
  });
  return `${made.id}.${made.secret}`;
}

type Named = { metadata: { name: string } };

const joining = async (agent: string, change: Partial<Joining> = {}): Promise<Joining> => ({
  server: api.server.url,
  token: change.token ?? (await token()),
  caHash: authorityHash(api.server.ca),
  agent,
  directory: join(folder, agent),
  lifetimeSeconds: 3600,
  ...change,
});

const enrolments = async () =>
  Object.fromEntries((await api.context.store.listEnrolments()).map(({ agent, nodeNames }) => [agent, nodeNames]));

/** A client with the identity in a directory. */
async function clientOf(directory: string, through = api) {
  const pem = await readFile(join(directory, 'agent.pem'), 'utf8');
  const { url, ca } = through.server;
  return testClient({ port: Number(new URL(url).port), ca, key: pem, cert: pem });
}

/** A connection to the bus with the credential in a directory. */
async function connectToBus(directory: string): Promise<RawClient> {
  const credential = { credentialsFile: join(directory, 'bus.creds'), caFile: join(directory, 'bus-ca.crt') };
  return await connectRaw((await readFile(join(directory, 'bus.url'), 'utf8')).trim(), credential);
}

const createNode = (name: string) => api.request('POST', NODES, { body: { metadata: { name } } });

async function approveFirstPending(agent: string): Promise<void> {
  await eventually(async () => {
    const { json } = await api.request('GET', REQUESTS);
    const pending = json.items.find(
      ({ metadata, status }: { metadata: { name: string }; status: { conditions?: unknown } }) =>
        metadata.name.startsWith('agent-csr-') && !status.conditions,
    );
    expect(pending, agent).toBeDefined();
    pending.status = { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', message: '' }] };
    const path = `${REQUESTS}/${pending.metadata.name}/approval`;
    expect((await api.request('PUT', path, { body: pending })).status).toBe(200);
  });
}

describe('an agent', () => {
  it('joins with a token and the hash of the authority', async () => {
    const directory = await joinCluster(await joining('joins'), signal);
    expect((await readdir(directory.path)).sort()).toEqual([
      'agent.pem',
      'bus-ca.crt',
      'bus.creds',
      'bus.url',
      'ca.crt',
      'kubeconfig',
    ]);
    for (const name of await readdir(directory.path)) {
      expect((await stat(join(directory.path, name))).mode & 0o777).toBe(0o600);
    }
    const kubectl = await Kubectl.for(directory.kubeconfig);
    const who = await kubectl.run('auth whoami -o json');
    expect(JSON.parse(who).status.userInfo).toMatchObject({ username: 'system:node:joins' });
    expect(await enrolments()).toMatchObject({ joins: ['joins'] });
  });

  it('has a certificate alone where its name is none of the bus', async () => {
    const directory = await joinCluster(await joining('host.example'), signal);
    expect((await readdir(directory.path)).sort()).toEqual(['agent.pem', 'ca.crt', 'kubeconfig']);
    expect(await enrolments()).toMatchObject({ 'host.example': ['host.example'] });
  });

  it('joins with another key of the bus when that of its request was revoked meanwhile', async () => {
    const text = await token({ singleUse: true });
    const wanted = await joining('lost-answer', { token: text });
    const { directory } = wanted;
    const keys = { 'pending.key': await createKey(), 'pending-bus.seed': createNkey('user').seed };
    // As a process leaves it that dies between its request and the answer.
    const prepare = async () => {
      await mkdir(directory);
      for (const [name, key] of Object.entries(keys)) await writeFile(join(directory, name), key);
    };
    await prepare();
    await joinCluster(wanted, signal);
    const bus = await connectToBus(directory);
    await createNode('lost-answer');
    expect((await api.request('DELETE', `${NODES}/lost-answer`)).status).toBe(200);
    await bus.closed;
    await rm(directory, { recursive: true });
    await prepare();
    await expect(joinCluster(wanted, signal)).rejects.toThrow('was revoked');
    await joinCluster(wanted, signal);
    expect(await readdir(directory)).toContain('bus.creds');
  });

  it('does not trust a server whose authority has another hash, or that does not know the token', async () => {
    const wrongHash = await joining('careful', { caHash: `sha256:${'0'.repeat(64)}` });
    await expect(joinCluster(wrongHash, signal)).rejects.toThrow('has not the hash');
    const unknown = await joining('careful', { token: 'zzzzzz.0123456789abcdef' });
    await expect(joinCluster(unknown, signal)).rejects.toThrow('is not signed with the token');
    const forged = await joining('careful', { token: (await token()).replace(/.$/, '0') });
    await expect(joinCluster(forged, signal)).rejects.toThrow('is not signed with the token');
  });

  it('hosts many nodes by a prefix, within those of its token', async () => {
    const text = await token({ nodeNames: ['fleet', 'sim-*'] });
    await joinCluster(await joining('fleet', { token: text, nodeNames: ['sim-1*'] }), signal);
    expect(await enrolments()).toMatchObject({ fleet: ['sim-1*'] });
    for (const nodeNames of [['other-*'], ['*'], ['sim-2*', 'x']]) {
      const beyond = await joining('fleet', { token: text, nodeNames, directory: join(folder, 'beyond') });
      await expect(joinCluster(beyond, signal)).rejects.toThrow('403');
    }
    const unreadable = await joining('fleet', { nodeNames: ['A_B'], directory: join(folder, 'unreadable') });
    await expect(joinCluster(unreadable, signal)).rejects.toThrow('403');
  });

  it('renews its certificate by itself when two thirds of its life are over', async () => {
    const directory = await joinCluster(await joining('renews'), signal);
    const before = await readFile(join(directory.path, 'bus.creds'), 'utf8');
    const file = (name: string) => readFile(join(backends.pki, name), 'utf8');
    const authority = await openAuthority({ certificate: await file('ca.crt'), key: await file('ca.key') });
    const keys = await createKeyPair();
    const certificate = await issueCertificate(authority, keys.publicKey, {
      commonName: 'system:node:renews',
      organisations: ['system:nodes'],
      uses: ['digital signature', 'client auth'],
      notBefore: new Date(Date.now() - 3600_000),
      notAfter: new Date(Date.now() + 600_000),
    });
    const old = `${certificate}${await privateKeyPem(keys.privateKey)}`;
    await writeFile(join(directory.path, 'agent.pem'), old);
    const enough = new AbortController();
    const ends: number[] = [];
    const failures: unknown[] = [];
    await keepRenewed(
      directory,
      {
        renew: async () => {
          ends.push(await renewIdentity(directory, 3600, enough.signal));
          enough.abort();
        },
        onFailure: (error) => failures.push(error),
      },
      enough.signal,
    );
    expect(failures).toEqual([]);
    expect(ends[0]).toBeGreaterThan(Date.now() + 3_000_000);
    expect(await readFile(join(directory.path, 'agent.pem'), 'utf8')).not.toContain(old);
    const client = await clientOf(directory.path);
    expect((await client.request('GET', `${NODES}/renews`)).status).toBe(404);
    // The credential of the bus is renewed with it, with a key of its own.
    expect(await readFile(join(directory.path, 'bus.creds'), 'utf8')).not.toBe(before);
    await (await connectToBus(directory.path)).close();
    expect(await enrolments()).toMatchObject({ renews: ['renews'] });
  });
});

describe('the deletion of a node', () => {
  it('closes the connections of its agent on every replica within 2 s, and ends its certificate', async () => {
    // First the node: what counts is when it is deleted, and not when it was last written.
    expect((await createNode('leaves')).status).toBe(201);
    const { path } = await joinCluster(await joining('leaves'), signal);
    const onTheBus = await connectToBus(path);
    const watches = await Promise.all(
      [api, other].map(async (replica) => {
        const client = await clientOf(path, replica);
        const watch = client.watch(`${NODES}?watch=true&fieldSelector=metadata.name%3Dleaves`);
        await eventually(() => expect(watch.events.length).toBeGreaterThan(0));
        return { client, watch };
      }),
    );
    const began = performance.now();
    await api.request('DELETE', `${NODES}/leaves`);
    await Promise.all([onTheBus.closed, ...watches.map(({ watch }) => watch.ended)]);
    expect(performance.now() - began).toBeLessThan(2000);
    for (const { client } of watches) expect((await client.request('GET', `${NODES}/leaves`)).status).toBe(401);
    const client = await clientOf(path);
    expect((await client.request('POST', REQUESTS, { body: {} })).status).toBe(401);
    await expect(connectToBus(path)).rejects.toThrow(/authorization/i);
    expect(await enrolments()).not.toHaveProperty('leaves');
  });

  it('lets a machine of the same name join again', async () => {
    const again = await joinCluster(await joining('leaves', { directory: join(folder, 'leaves-again') }), signal);
    const client = await clientOf(again.path);
    await (await connectToBus(again.path)).close();
    expect((await client.request('GET', `${NODES}/leaves`)).status).toBe(404);
  });

  it('is known after a restart', async () => {
    const fresh = await startReplica(backends);
    const client = await clientOf(join(folder, 'leaves'), fresh);
    expect((await client.request('GET', `${NODES}/leaves`)).status).toBe(401);
    await fresh.close();
  });
});

describe('a node that an agent holds', () => {
  it('moves to another machine only when an administrator approves, and the old one is out', async () => {
    const first = await joinCluster(await joining('held'), signal);
    const onTheBus = await connectToBus(first.path);
    const moving = joinCluster(await joining('held', { directory: join(folder, 'thief') }), signal);
    await approveFirstPending('held');
    const second = await moving;
    await eventually(async () => {
      const [before, after] = await Promise.all([clientOf(first.path), clientOf(second.path)]);
      expect((await before.request('GET', `${NODES}/held`)).status).toBe(401);
      expect((await after.request('GET', `${NODES}/held`)).status).toBe(404);
    });
    await onTheBus.closed;
    await (await connectToBus(second.path)).close();
  });

  it('does not move by a prefix that covers it', async () => {
    await joinCluster(await joining('edge-1'), signal);
    const moving = joinCluster(await joining('greedy', { nodeNames: ['edge-*'] }), signal);
    await approveFirstPending('greedy');
    await moving;
    expect(await enrolments()).toMatchObject({ greedy: ['edge-*'] });
    expect(await enrolments()).not.toHaveProperty('edge-1');
  });

  it('does not move while an agent hosts it that has not joined by a request', async () => {
    const node = { metadata: { name: 'local-1', annotations: { 'everynode.io/agent': 'agent-1' } } };
    expect((await api.request('POST', NODES, { body: node })).status).toBe(201);
    const moving = joinCluster(await joining('local-1'), signal);
    await approveFirstPending('local-1');
    await moving;
    const { json } = await api.request('GET', `${NODES}/local-1`);
    expect(json.metadata.annotations).toEqual({ 'everynode.io/agent': 'local-1' });
  });

  it('is one machine’s when two join at once', async () => {
    const enough = new AbortController();
    const { items: before } = (await api.request('GET', REQUESTS)).json;
    const machines = ['one', 'two'].map(async (side) =>
      joinCluster(await joining('twice', { directory: join(folder, side) }), AbortSignal.any([signal, enough.signal])),
    );
    await Promise.any(machines);
    const began = new Set(before.map(({ metadata }: Named) => metadata.name));
    const isOfTwo = ({ metadata }: Named): boolean => !began.has(metadata.name);
    // The other one is refused, or waits for a person.
    await eventually(async () => {
      const { json } = await api.request('GET', REQUESTS);
      const ofBoth = json.items.filter(isOfTwo) as {
        status: { certificate?: string; conditions?: { type: string }[] };
      }[];
      const settled = ofBoth.map(({ status }) =>
        status.certificate ? 'signed' : (status.conditions ?? []).map(({ type }) => type).join(),
      );
      expect(settled.filter((one) => one === 'signed')).toHaveLength(1);
      expect(settled).not.toContain('Approved');
    });
    enough.abort();
    expect((await Promise.allSettled(machines)).filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('keeps its identity when it joins again with it', async () => {
    const one = await joining('again');
    const first = await (await joinCluster(one, signal)).read();
    expect(await (await joinCluster(one, signal)).read()).toEqual(first);
  });
});
