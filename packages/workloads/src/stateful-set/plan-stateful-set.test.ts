import { describe, expect, it } from 'vitest';
import { StatefulSetCluster, statefulSetOf } from '../../fixtures/stateful-set-cluster.js';

const claims = [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }];
const strategy = (rollingUpdate: object) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } });

/** A set whose pods all run, before something is changed. */
function running(spec: Parameters<typeof statefulSetOf>[0] = {}): StatefulSetCluster {
  const on = new StatefulSetCluster(statefulSetOf(spec));
  on.settle();
  return on;
}

const deleted = (on: StatefulSetCluster) => on.plan().deletes.map(({ metadata }) => metadata.name);
const created = (on: StatefulSetCluster) => on.plan().creates.map(({ name }) => name);

describe('an ordered set', () => {
  it('makes one pod after the other, each when those before it are available', () => {
    const on = new StatefulSetCluster(statefulSetOf({ minReadySeconds: 5, ordinals: { start: 4 } }));
    on.pass();
    expect([on.names, created(on)]).toEqual([['web-4'], []]);
    on.setReady('web-4', true);
    expect([created(on), on.plan().requeueAfterMs]).toEqual([[], 5000]);
    on.now += 5000;
    on.pass();
    expect(on.names).toEqual(['web-4', 'web-5']);
    expect(on.set.status).toMatchObject({
      replicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      currentRevision: 'web-1',
    });
  });

  it('waits while a pod is not ready or ends, whichever way it is scaled', () => {
    const on = running({ replicas: 2 });
    on.setReady('web-0', false);
    on.edit({ replicas: 3 });
    expect(created(on)).toEqual([]);
    on.edit({ replicas: 1 });
    expect(deleted(on)).toEqual([]);
    on.setReady('web-0', true);
    expect(deleted(on)).toEqual(['web-1']);
  });

  it('takes the only pod that is not available away when it is too many', () => {
    const on = running();
    on.edit({ replicas: 2 });
    on.setReady('web-2', false);
    expect(deleted(on)).toEqual(['web-2']);
  });

  it('deletes a failed pod and makes it again once it is gone', () => {
    const on = running();
    on.fail('web-1');
    on.pass();
    expect(created(on)).toEqual([]);
    on.endPods();
    expect(created(on)).toEqual(['web-1']);
  });
});

it('makes and deletes all pods at once when it is parallel', () => {
  const on = new StatefulSetCluster(statefulSetOf({ podManagementPolicy: 'Parallel' }));
  expect(created(on)).toEqual(['web-0', 'web-1', 'web-2']);
  on.settle();
  on.edit({ replicas: 0 });
  expect(deleted(on)).toEqual(['web-2', 'web-1', 'web-0']);
});

it.each(['OrderedReady', 'Parallel'])(
  'asks for no more pods than a pass may make, however many it is to have: %s',
  (policy) => {
    const on = new StatefulSetCluster(statefulSetOf({ podManagementPolicy: policy, replicas: 2_000_000_000 }));
    expect(created(on)).toHaveLength(policy === 'Parallel' ? 500 : 1);
    on.pass();
    for (const name of on.names) on.setReady(name, true);
    expect(created(on)[0]).toBe(policy === 'Parallel' ? 'web-500' : 'web-1');
  },
);

describe('an update', () => {
  it.each<[what: string, spec: Parameters<typeof statefulSetOf>[0], deletes: string[]]>([
    ['begins with the last pod', {}, ['web-2']],
    ['leaves those below the partition', strategy({ partition: 3 }), []],
    ['takes as many as may be unavailable', strategy({ partition: 1, maxUnavailable: 3 }), ['web-2', 'web-1']],
    ['rounds a share of them down, but to one at least', strategy({ maxUnavailable: '34%' }), ['web-2']],
    ['waits until pods are deleted by hand', { updateStrategy: { type: 'OnDelete' } }, []],
  ])('%s', (_what, spec, deletes) => {
    const on = running(spec);
    on.revise('web-2nd');
    expect(deleted(on)).toEqual(deletes);
  });

  it('makes a pod again at the revision of its place, and is complete when all have the new one', () => {
    const on = running(strategy({ partition: 2 }));
    on.revise('web-2nd');
    on.settle();
    const revisions = () =>
      [...on.pods]
        .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
        .map(({ metadata }) => metadata.labels?.['controller-revision-hash']);
    expect(revisions()).toEqual(['web-1', 'web-1', 'web-2nd']);
    expect(on.set.status).toMatchObject({ currentReplicas: 2, updatedReplicas: 1, updateRevision: 'web-2nd' });
    for (const pod of on.pods) pod.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    on.endPods();
    on.settle();
    expect(revisions()).toEqual(['web-1', 'web-1', 'web-2nd']);
    on.edit(strategy({ partition: 0 }));
    on.settle();
    expect(on.set.status).toMatchObject({ currentRevision: 'web-2nd', currentReplicas: 3, updatedReplicas: 3 });
  });
});

describe('the claims of a set', () => {
  it('are created with their pods, and made again where one is missing', () => {
    const on = new StatefulSetCluster(statefulSetOf({ volumeClaimTemplates: claims }));
    on.pass();
    expect([...on.claims.keys()]).toEqual(['data-web-0']);
    expect(on.claims.get('data-web-0')?.metadata.labels).toEqual({ app: 'web' });
    expect(on.pods[0]?.spec).toMatchObject({
      hostname: 'web-0',
      subdomain: 'net',
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-0' } }],
    });
    on.claims.clear();
    on.pass();
    expect([...on.claims.keys()]).toEqual(['data-web-0']);
  });

  it.each<[whenDeleted: string, whenScaled: string, wanted: string[], tooMany: string[]]>([
    ['Retain', 'Retain', [], []],
    ['Delete', 'Retain', ['StatefulSet'], ['StatefulSet']],
    ['Retain', 'Delete', [], ['Pod']],
    ['Delete', 'Delete', ['StatefulSet'], ['Pod']],
  ])('go with the set: %s, with a pod: %s', (whenDeleted, whenScaled, wanted, tooMany) => {
    const persistentVolumeClaimRetentionPolicy = { whenDeleted, whenScaled };
    const on = running({ volumeClaimTemplates: claims, persistentVolumeClaimRetentionPolicy });
    const owners = (name: string) => on.claims.get(name)?.metadata.ownerReferences?.map(({ kind }) => kind) ?? [];
    expect(owners('data-web-2')).toEqual(wanted);
    on.edit({ replicas: 2 });
    on.pass();
    expect(owners('data-web-2')).toEqual(tooMany);
    // A pod that comes back waits until the claim of the former one is gone.
    on.endPods();
    on.edit({ replicas: 3 });
    expect(created(on)).toEqual(whenScaled === 'Delete' ? [] : ['web-2']);
    expect(on.plan().requeueAfterMs).toBe(whenScaled === 'Delete' ? 1000 : undefined);
    on.claims.delete('data-web-2');
    expect(created(on)).toEqual(['web-2']);
  });

  it('stay with another controller', () => {
    const on = running({ volumeClaimTemplates: claims });
    const claim = on.claims.get('data-web-0');
    const owner = { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o', controller: true };
    if (claim) claim.metadata.ownerReferences = [owner];
    on.edit({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' } });
    const { claimOwners } = on.plan();
    expect(claimOwners.map(({ claim: { metadata } }) => metadata.name)).toEqual(['data-web-1', 'data-web-2']);
    // Another writer's owners are kept, and no other one is added to a controller.
    const [first] = claimOwners;
    expect(first?.dueOwners([owner])).toBeUndefined();
    const plain = { ...owner, controller: false };
    expect(first?.dueOwners([plain])?.map(({ kind }) => kind)).toEqual(['Other', 'StatefulSet']);
  });
});

it('does nothing but count while it is being deleted', () => {
  const on = running();
  on.set.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  on.edit({ replicas: 0 });
  expect(on.plan()).toMatchObject({ creates: [], deletes: [], status: { replicas: 3 } });
});
