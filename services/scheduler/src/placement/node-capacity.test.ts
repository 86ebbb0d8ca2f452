import { roomDemands } from '@everynode/daemonset';
import { ObjectCache } from '@everynode/list-watch';
import {
  type KubeObject,
  type Node,
  type Pod,
  type PodSpec,
  resourceByStorage,
  type Stored,
  splitObject,
} from '@everynode/objects';
import { beforeEach, describe, expect, it } from 'vitest';
import { NodeCapacity } from './node-capacity.js';

let pods: ObjectCache<Stored<Pod>>;
let nodes: ObjectCache<Stored<Node>>;
let capacity: NodeCapacity;
let revision = 0;

function store<T extends KubeObject>(cache: ObjectCache<T>, object: KubeObject): void {
  const { namespace = '', name, uid } = object.metadata;
  const placement = resourceByStorage(cache.resource).placementOf(object);
  revision += 1;
  cache.put({ resource: cache.resource, namespace, name, uid, revision, placement, ...splitObject(object) });
}

const creationTimestamp = '2026-01-01T00:00:00Z';

const addNode = (name: string, allocatable: Record<string, string>) =>
  store(nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `node-${name}`, creationTimestamp },
    spec: {},
    status: { allocatable },
  });

const spec = (cpu?: string, more: object = {}): PodSpec => ({
  containers: [{ name: 'c', image: 'i', ...(cpu !== undefined && { resources: { requests: { cpu } } }) }],
  ...more,
});

const addPod = (uid: string, node: string, podSpec: PodSpec, phase = 'Running') =>
  store(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: uid, namespace: 'default', uid, creationTimestamp },
    spec: { ...podSpec, nodeName: node },
    status: { phase },
  });

const reserves = (uid: string, podSpec: PodSpec, node = 'a') =>
  capacity.reserveIfFits(node, uid, podSpec, roomDemands(podSpec));

const claimedOn = (priority = 0, exceptUid?: string) => capacity.claimedOn('a', priority, exceptUid).length;

beforeEach(() => {
  const byNode = ({ record }: { record: { placement: string | null } }) => (record.placement ? [record.placement] : []);
  pods = new ObjectCache('pods', { apiVersion: 'v1', kind: 'Pod' }, { byNode });
  nodes = new ObjectCache('nodes', { apiVersion: 'v1', kind: 'Node' });
  capacity = new NodeCapacity(pods, nodes);
  addNode('a', { cpu: '2', pods: '3' });
});

describe('reserving capacity', () => {
  it('counts the pods that the caches show and the reservations that they do not', () => {
    addPod('running', 'a', spec('1'));
    expect(reserves('first', spec('1'))).toBe(true);
    expect(reserves('second', spec('1'))).toBe(false);
    capacity.release('first');
    expect(reserves('second', spec('1'))).toBe(true);
  });

  it('counts a pod once when the caches show it before its reservation is released', () => {
    expect(reserves('first', spec('1'))).toBe(true);
    addPod('first', 'a', spec('1'));
    expect(claimedOn()).toBe(0);
    expect(reserves('second', spec('1'))).toBe(true);
  });

  it('does not count pods that have ended', () => {
    addPod('over', 'a', spec('2'), 'Succeeded');
    expect(capacity.podsOn('a')).toEqual([]);
    expect(reserves('first', spec('2'))).toBe(true);
  });

  it('is refused on a node that does not exist', () => {
    expect(reserves('first', spec(), 'unknown')).toBe(false);
  });

  it('limits the number of pods, of pods without requests too', () => {
    addPod('running', 'a', spec());
    expect(reserves('second', spec())).toBe(true);
    expect(reserves('third', spec())).toBe(true);
    expect(reserves('fourth', spec())).toBe(false);
  });

  it('keeps two pods with one host port apart', () => {
    const port = spec(undefined, {
      containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 1, hostPort: 80 }] }],
    });
    expect(reserves('first', port)).toBe(true);
    expect(reserves('second', port)).toBe(false);
  });

  it('moves the claim of a pod that is reserved on another node', () => {
    addNode('b', { cpu: '2', pods: '3' });
    capacity.reserve('a', 'first', spec('2'));
    capacity.reserve('b', 'first', spec('2'));
    expect(claimedOn()).toBe(0);
    expect(capacity.claimedOn('b', 0)).toHaveLength(1);
  });
});

describe('a nomination', () => {
  it('holds capacity against pods of the same or a lower priority only', () => {
    capacity.nominate('a', 'waiting', spec('2', { priority: 10 }));
    expect(reserves('lower', spec('1', { priority: 9 }))).toBe(false);
    expect(reserves('equal', spec('1', { priority: 10 }))).toBe(false);
    expect(reserves('higher', spec('1', { priority: 11 }))).toBe(true);
  });

  it('does not stand in the way of its own pod', () => {
    capacity.nominate('a', 'waiting', spec('2', { priority: 10 }));
    expect(claimedOn(0)).toBe(1);
    expect(claimedOn(0, 'waiting')).toBe(0);
  });

  it('becomes a reservation when the pod is bound, which holds against every priority', () => {
    capacity.nominate('a', 'waiting', spec('2', { priority: 10 }));
    capacity.reserve('a', 'waiting', spec('2', { priority: 10 }));
    expect(claimedOn(11)).toBe(1);
    capacity.release('waiting');
    expect(claimedOn(11)).toBe(0);
  });
});

it('releases a pod that holds nothing without an effect', () => {
  capacity.reserve('a', 'first', spec('1'));
  capacity.release('unknown');
  expect(claimedOn()).toBe(1);
});
