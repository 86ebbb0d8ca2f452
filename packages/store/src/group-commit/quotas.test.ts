import { randomUUID } from 'node:crypto';
import { type MetadataText, type Pod, type ResourceQuotaStatus, trustedMetadata } from '@everynode/objects';
import { createDatabase, type TestDatabase, testLog } from '@everynode/test-kit';
import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Decision, type ObjectKey, Store } from '../index.js';

/** Two writers of one database, as two replicas are. */
let database: TestDatabase;
let stores: [Store, Store];

beforeAll(async () => {
  database = await createDatabase();
  const open = () => new Store({ databaseUrl: database.url, log: testLog() });
  stores = [open(), open()];
  await stores[0].migrate();
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await database.drop();
});

const metadata = (name: string): MetadataText => trustedMetadata(JSON.stringify({ name }));

interface Creation {
  desired: object;
  status?: object;
}

const create = (store: Store, key: ObjectKey, { desired, status }: Creation) =>
  store.write({
    key,
    reads: 'head',
    decide: (current) => {
      if (current) throw new Error('there already');
      const observed = status ? JSON.stringify(status) : null;
      const parts = { metadata: metadata(key.name), desired: JSON.stringify(desired), observed };
      return { kind: 'create', uid: randomUUID(), placement: null, parts };
    },
  });

/** Quotas as their controller leaves them: counted from nothing. */
async function namespaceWith(quotas: Record<string, ResourceQuotaStatus & { scopes?: string[] }>): Promise<string> {
  const namespace = `n-${randomUUID()}`;
  for (const [name, { hard, used, scopes }] of Object.entries(quotas)) {
    const key: ObjectKey = { resource: 'resourcequotas', namespace, name };
    await create(stores[0], key, { desired: { spec: { hard, scopes } }, status: { hard, used } });
  }
  return namespace;
}

const podKey = (namespace: string, name: string): ObjectKey => ({ resource: 'pods', namespace, name });
const podSpec = (milliCpu: number): Pod['spec'] => ({
  containers: [{ name: 'c', resources: { requests: { cpu: `${milliCpu}m` } } }],
});
const createPod = (store: Store, namespace: string, name: string, milliCpu = 100) =>
  create(store, podKey(namespace, name), { desired: { spec: podSpec(milliCpu) }, status: { phase: 'Pending' } });
const change = (store: Store, key: ObjectKey, decision: Decision) =>
  store.write({ key, reads: 'head', decide: (current) => (current ? decision : { kind: 'keep' }) });

async function statusOf(namespace: string, name: string): Promise<ResourceQuotaStatus> {
  const record = await stores[0].get('resourcequotas', namespace, name);
  return JSON.parse(record?.observed ?? '{}');
}
const usedIn = async (namespace: string, name = 'q') => (await statusOf(namespace, name)).used;
const reasonOf = ({ reason }: { reason?: Error }): string => String(reason?.message);

describe('a quota', () => {
  it('gives the last place to one of two writers', async () => {
    const namespace = await namespaceWith({ q: { hard: { pods: '1' }, used: { pods: '0' } } });
    const outcomes = await Promise.allSettled(stores.map((store, i) => createPod(store, namespace, `p${i}`)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find(({ status }) => status === 'rejected') as { reason: Error };
    expect(reasonOf(refused)).toMatch(
      /^pods "p[01]" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1$/,
    );
    expect(await usedIn(namespace)).toEqual({ pods: '1' });
  });

  it('lets the writes of one batch through in their order, and refuses those that are too much', async () => {
    const hard = { 'requests.cpu': '1', configmaps: '1' };
    const namespace = await namespaceWith({ q: { hard, used: { 'requests.cpu': '0', configmaps: '0' } } });
    const [store] = stores;
    const outcomes = await Promise.allSettled([
      createPod(store, namespace, 'a', 600),
      createPod(store, namespace, 'b', 600),
      createPod(store, namespace, 'c', 400),
      create(store, { resource: 'configmaps', namespace, name: 'm' }, { desired: {} }),
      createPod(store, `${namespace}-other`, 'd', 5000),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(reasonOf(outcomes[1] as { reason: Error })).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
    );
    expect(await usedIn(namespace)).toEqual({ configmaps: '1', 'requests.cpu': '1' });
  });

  it('gives back with a deletion, with the end of a pod and with a smaller request, whatever the write has read', async () => {
    const used = { pods: '0', 'requests.cpu': '0', 'count/pods': '0' };
    const hard = { pods: '3', 'requests.cpu': '1', 'count/pods': '3' };
    const namespace = await namespaceWith({ q: { hard, used } });
    const [store] = stores;
    for (const name of ['a', 'b', 'c']) await createPod(store, namespace, name, 300);
    expect(await usedIn(namespace)).toEqual({ 'count/pods': '3', pods: '3', 'requests.cpu': '900m' });
    await change(store, podKey(namespace, 'a'), { kind: 'update', parts: { observed: '{"phase":"Succeeded"}' } });
    expect(await usedIn(namespace)).toEqual({ 'count/pods': '3', pods: '2', 'requests.cpu': '600m' });
    await change(store, podKey(namespace, 'b'), { kind: 'delete' });
    const smaller = JSON.stringify({ spec: podSpec(50) });
    await change(store, podKey(namespace, 'c'), { kind: 'update', parts: { desired: smaller } });
    expect(await usedIn(namespace)).toEqual({ 'count/pods': '2', pods: '1', 'requests.cpu': '50m' });
    const larger = JSON.stringify({ spec: podSpec(1001) });
    await expect(change(store, podKey(namespace, 'c'), { kind: 'update', parts: { desired: larger } })).rejects.toThrow(
      'exceeded quota: q, requested: requests.cpu=951m, used: requests.cpu=50m, limited: requests.cpu=1',
    );
    await change(store, podKey(namespace, 'a'), { kind: 'delete' });
    expect(await usedIn(namespace)).toEqual({ 'count/pods': '1', pods: '1', 'requests.cpu': '50m' });
  });

  it('is written once by a batch that changes it and is charged to it', async () => {
    const namespace = await namespaceWith({ q: { hard: { pods: '9' }, used: { pods: '0' } } });
    const [store] = stores;
    const key: ObjectKey = { resource: 'resourcequotas', namespace, name: 'q' };
    const before = await store.currentRevision();
    const seen: unknown[] = [];
    const [, , edited, kept] = await Promise.all([
      createPod(store, namespace, 'a'),
      createPod(store, namespace, 'b'),
      store.write({
        key,
        reads: 'all',
        decide: (current) => {
          seen.push(JSON.parse(current?.observed ?? '{}').used, current?.revision);
          return { kind: 'update', parts: { desired: '{"spec":{"hard":{"pods":"8"}}}' } };
        },
      }),
      store.write({ key: { ...key, name: 'none' }, reads: 'head', decide: () => ({ kind: 'keep' }) }),
    ]);
    expect(kept.outcome).toBe('kept');
    expect(seen).toEqual([{ pods: '2' }, edited.revision]);
    const entries = (await store.journalAfter(before, 10)).filter(({ namespace: inside }) => inside === namespace);
    expect(entries.map(({ name }) => name)).toEqual(['a', 'b', 'q']);
    expect(entries[2]).toMatchObject({
      revision: edited.revision,
      desired: '{"spec":{"hard":{"pods":"8"}}}',
      observed: '{"hard":{"pods":"9"},"used":{"pods":"2"}}',
    });
  });

  it('counts the quotas of its namespace, and goes with what it has counted', async () => {
    const namespace = await namespaceWith({ q: { hard: { resourcequotas: '2' }, used: { resourcequotas: '1' } } });
    const [store] = stores;
    const quota = (name: string) => create(store, { resource: 'resourcequotas', namespace, name }, { desired: {} });
    const outcomes = await Promise.allSettled([quota('r'), quota('s')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await usedIn(namespace)).toEqual({ resourcequotas: '2' });
    await Promise.all(
      ['q', 'r'].map((name) => change(store, { resource: 'resourcequotas', namespace, name }, { kind: 'delete' })),
    );
    expect(await store.get('resourcequotas', namespace, 'q')).toBeUndefined();
  });
});

type Step = { store: number } & (
  | { kind: 'create' | 'resize'; name: string; milliCpu: number }
  | { kind: 'end' | 'delete'; name: string }
);
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const milliCpu = fc.integer({ min: 0, max: 700 });
const store = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('create'), store, name, milliCpu }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize'), store, name, milliCpu }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('end', 'delete'), store, name }) },
) as fc.Arbitrary<Step>;

const HARD = { pods: '4', 'requests.cpu': '1' };

function run(namespace: string, at: Step): Promise<unknown> {
  const writer = stores[at.store] as Store;
  const key = podKey(namespace, at.name);
  switch (at.kind) {
    case 'create':
      return createPod(writer, namespace, at.name, at.milliCpu);
    case 'resize':
      return change(writer, key, {
        kind: 'update',
        parts: { desired: JSON.stringify({ spec: podSpec(at.milliCpu) }) },
      });
    case 'end':
      return change(writer, key, { kind: 'update', parts: { observed: '{"phase":"Failed"}' } });
    case 'delete':
      return change(writer, key, { kind: 'delete' });
  }
}

/** What is counted of the pods that are stored, in thousandths. */
function countOf(pods: Iterable<{ desired: string; observed: string | null }>): { pods: number; milliCpu: number } {
  const sum = { pods: 0, milliCpu: 0 };
  for (const { desired, observed } of pods) {
    if (JSON.parse(observed ?? '{}').phase === 'Failed') continue;
    sum.pods += 1;
    sum.milliCpu += Number.parseInt(JSON.parse(desired).spec.containers[0].resources.requests.cpu, 10);
  }
  return sum;
}

describe('whatever two replicas write at once', () => {
  it('a quota is the sum of what is stored after each commit, and is never exceeded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { maxLength: 6 }), async (rounds) => {
        const namespace = await namespaceWith({ q: { hard: HARD, used: { pods: '0', 'requests.cpu': '0' } } });
        const before = await stores[0].currentRevision();
        for (const round of rounds) await Promise.allSettled(round.map((one) => run(namespace, one)));
        const pods = new Map<string, { desired: string; observed: string | null }>();
        for (const entry of await stores[0].journalAfter(before, 10_000)) {
          if (entry.namespace !== namespace) continue;
          if (entry.resource === 'pods') {
            if (entry.type === 'DELETED') pods.delete(entry.name);
            else pods.set(entry.name, entry);
          } else {
            const { used } = JSON.parse(entry.observed ?? '{}') as { used: Record<string, string> };
            const sum = countOf(pods.values());
            expect(sum.pods).toBe(Number(used.pods));
            const cpu = used['requests.cpu'] ?? '';
            expect(sum.milliCpu).toBe(cpu.endsWith('m') ? Number.parseInt(cpu, 10) : 1000 * Number(cpu));
            expect(sum.pods <= 4 && sum.milliCpu <= 1000).toBe(true);
          }
        }
        const last = countOf(pods.values());
        expect(Number((await usedIn(namespace))?.pods)).toBe(last.pods);
      }),
      propertyRuns(25),
    );
  });
});
