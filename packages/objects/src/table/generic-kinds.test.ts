import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube-object.js';
import { resources } from '../resources/registry.js';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const METADATA = { name: 'x', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' };

/** Cells of an object in the table of its kind, without the name and the age. */
function cells(name: string, fields: Record<string, unknown>): Record<string, unknown> {
  const table = Object.values(resources).find(
    ({ plural, group }) => [plural, group].filter(Boolean).join('.') === name,
  )?.table;
  if (!table) throw new Error(`no table of ${name}`);
  const { metadata, ...rest } = fields as { metadata?: object };
  const object = { apiVersion: 'v1', kind: 'X', metadata: { ...METADATA, ...metadata }, ...rest } as KubeObject;
  const row = table.row(object, NOW).cells;
  expect(row).toHaveLength(table.columns.length);
  const all = table.columns.map(({ name: column }, at) => [column, row[at]] as const);
  return Object.fromEntries(all.filter(([column, cell]) => column !== 'Age' && (column !== 'Name' || cell !== 'x')));
}

const BALANCED = { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { hostname: 'b' }, { ip: '10.0.0.2' }] } };
const CONTAINERS = { spec: { containers: [{ name: 'c', image: 'i' }] } };
const PODS = { Containers: 'c', Images: 'i' };

describe('tables of kinds without code of their own', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'persistentvolumes',
      {
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          claimRef: { namespace: 'n', name: 'c' },
          storageClassName: 's',
          volumeMode: 'Block',
        },
        status: { phase: 'Bound' },
      },
      {
        Capacity: '1Gi',
        'Access Modes': 'RWO,RWX',
        'Reclaim Policy': 'Retain',
        Status: 'Bound',
        Claim: 'n/c',
        StorageClass: 's',
        VolumeAttributesClass: '<unset>',
        Reason: '',
        VolumeMode: 'Block',
      },
    ],
    [
      'persistentvolumeclaims',
      {
        metadata: { deletionTimestamp: '2026-01-01T00:30:00Z' },
        spec: { storageClassName: 's', resources: { requests: { storage: '1Gi' } } },
        status: { phase: 'Pending' },
      },
      {
        Status: 'Terminating',
        Volume: '',
        Capacity: '',
        'Access Modes': '',
        StorageClass: 's',
        VolumeAttributesClass: '<unset>',
        VolumeMode: '<unset>',
      },
    ],
    [
      'storageclasses.storage.k8s.io',
      { metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'p' },
      {
        Name: 'x (default)',
        Provisioner: 'p',
        ReclaimPolicy: 'Delete',
        VolumeBindingMode: 'Immediate',
        AllowVolumeExpansion: false,
      },
    ],
    [
      'volumeattachments.storage.k8s.io',
      { spec: { attacher: 'a', source: { persistentVolumeName: 'v' }, nodeName: 'n' }, status: { attached: true } },
      { Attacher: 'a', PV: 'v', Node: 'n', Attached: true },
    ],
    ['csinodes.storage.k8s.io', { spec: { drivers: [{}, {}] } }, { Drivers: 2 }],
    [
      'csidrivers.storage.k8s.io',
      { spec: { tokenRequests: [{ audience: 'a' }, { audience: 'b' }] } },
      {
        AttachRequired: true,
        PodInfoOnMount: false,
        StorageCapacity: false,
        TokenRequests: 'a,b',
        RequiresRepublish: false,
        Modes: '<none>',
      },
    ],
    ['csistoragecapacities.storage.k8s.io', {}, { StorageClassName: '', Capacity: '<unset>' }],
    [
      'ingresses.networking.k8s.io',
      {
        spec: { rules: [{ host: 'a' }, {}, { host: 'b' }, { host: 'c' }, { host: 'd' }], tls: [{}] },
        status: BALANCED,
      },
      { Class: '<none>', Hosts: 'a,b,c + 2 more...', Address: '10.0.0.2,b', Ports: '80, 443' },
    ],
    [
      'ingressclasses.networking.k8s.io',
      { spec: { controller: 'c', parameters: { apiGroup: 'g', kind: 'K', name: 'n' } } },
      { Controller: 'c', Parameters: 'K.g/n' },
    ],
    ['networkpolicies.networking.k8s.io', { spec: { podSelector: {} } }, { 'Pod-Selector': '<none>' }],
    [
      'ipaddresses.networking.k8s.io',
      { spec: { parentRef: { resource: 'services', namespace: 'n', name: 's' } } },
      { ParentRef: 'services/n/s' },
    ],
    [
      'endpoints',
      {
        subsets: [
          { addresses: [{ ip: '1.1.1.1' }, { ip: '::1' }], ports: [{ port: 80 }, { port: 443 }] },
          { addresses: [{ ip: '2.2.2.2' }] },
        ],
      },
      { Endpoints: '1.1.1.1:80,[::1]:80,1.1.1.1:443 + 2 more...' },
    ],
    ['endpoints', {}, { Endpoints: '<none>' }],
    [
      'endpointslices.discovery.k8s.io',
      { addressType: 'IPv4', ports: [{ port: 80 }, { name: 'n' }, {}], endpoints: null },
      { AddressType: 'IPv4', Ports: '80,n,*', Endpoints: '<unset>' },
    ],
    [
      'jobs.batch',
      { spec: { parallelism: 3, template: CONTAINERS }, status: { startTime: '2026-01-01T00:59:00Z', succeeded: 1 } },
      { Status: 'Running', Completions: '1/1 of 3', Duration: '60s', ...PODS, Selector: '<none>' },
    ],
    [
      'jobs.batch',
      {
        spec: { completions: 2, template: CONTAINERS, selector: { matchLabels: { a: 'b' } } },
        status: {
          conditions: [
            { type: 'Complete', status: 'False' },
            { type: 'Suspended', status: 'True' },
          ],
        },
      },
      { Status: 'Suspended', Completions: '0/2', Duration: '', ...PODS, Selector: 'a=b' },
    ],
    [
      'cronjobs.batch',
      {
        spec: { schedule: '* * * * *', suspend: false, jobTemplate: { spec: { template: CONTAINERS } } },
        status: { active: [{}] },
      },
      {
        Schedule: '* * * * *',
        Timezone: '<none>',
        Suspend: 'False',
        Active: 1,
        'Last Schedule': '<none>',
        ...PODS,
        Selector: '<none>',
      },
    ],
    [
      'apiservices.apiregistration.k8s.io',
      { spec: {}, status: { conditions: [{ type: 'Available', status: 'False', reason: 'Down' }] } },
      { Service: 'Local', Available: 'False (Down)' },
    ],
    [
      'flowschemas.flowcontrol.apiserver.k8s.io',
      { spec: { priorityLevelConfiguration: { name: 'p' }, matchingPrecedence: 7 } },
      { PriorityLevel: 'p', MatchingPrecedence: 7, DistinguisherMethod: '<none>', MissingPL: '?' },
    ],
    [
      'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
      {
        spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { queuing: { queues: 2 } } } },
      },
      { Type: 'Limited', NominalConcurrencyShares: 5, Queues: 2, HandSize: 0, QueueLengthLimit: 0 },
    ],
    ['deviceclasses.resource.k8s.io', {}, {}],
    [
      'resourceclaims.resource.k8s.io',
      { status: { allocation: {}, reservedFor: [{}] } },
      { State: 'allocated,reserved' },
    ],
    [
      'resourceslices.resource.k8s.io',
      { spec: { nodeName: 'n', driver: 'd', pool: { name: 'p' } } },
      { Node: 'n', Driver: 'd', Pool: 'p' },
    ],
    [
      'services',
      { spec: { type: 'LoadBalancer' } },
      {
        Type: 'LoadBalancer',
        'Cluster-IP': '<none>',
        'External-IP': '<pending>',
        'Port(s)': '<none>',
        Selector: '<none>',
      },
    ],
    [
      'services',
      { spec: { type: 'LoadBalancer', externalIPs: ['9.9.9.9'] }, status: BALANCED },
      {
        Type: 'LoadBalancer',
        'Cluster-IP': '<none>',
        'External-IP': '10.0.0.2,b,9.9.9.9',
        'Port(s)': '<none>',
        Selector: '<none>',
      },
    ],
  ])('%s', (name, fields, expected) => {
    expect(cells(name, fields)).toEqual(expected);
  });
});
