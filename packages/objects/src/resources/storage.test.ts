import { describe, expect, it } from 'vitest';
import { creationErrors, sentObject, updateErrors } from '../../testing/sent-object.js';
import type { ResourceName } from '../kinds/kinds.js';

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const IMMUTABLE_CLAIM =
  'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

const claim = (spec: object = {}, rest: object = {}) => ({
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  ...rest,
});
const sized = (storage: string) => ({ resources: { requests: { storage } } });
const bound = { status: { phase: 'Bound', capacity: { storage: '1Gi' } } };
const volume = (spec: object = {}) => ({
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/data' }, ...spec },
});
const csi = { driver: 'd.example.com', volumeHandle: 'v' };
const withSource = (source: object) => {
  const { hostPath: _none, ...spec } = volume().spec;
  return { spec: { ...spec, ...source } };
};
const attachment = (spec: object = {}) => ({
  spec: { attacher: 'd.example.com', nodeName: 'node', source: { persistentVolumeName: 'v' }, ...spec },
});
const term = (...keys: string[]) => ({ matchLabelExpressions: keys.map((key) => ({ key, values: ['a'] })) });

// Each message is what Kubernetes 1.36 says: pkg/apis/core/validation, pkg/apis/storage/validation.
describe('a creation is refused for', () => {
  it.each<[ResourceName, object, string[]]>([
    ['persistentvolumeclaims', claim(), []],
    [
      'persistentvolumeclaims',
      { spec: {} },
      [
        'spec.accessModes: Required value: at least 1 access mode is required',
        'spec.resources[storage]: Required value',
      ],
    ],
    [
      'persistentvolumeclaims',
      claim({ accessModes: ['Any'], storageClassName: 'A', volumeMode: 'Raw', ...sized('0') }),
      [
        'spec.accessModes: Unsupported value: "Any": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
        'spec.resources[storage]: Invalid value: "0": must be greater than zero',
        `spec.storageClassName: Invalid value: "A": ${SUBDOMAIN}`,
        'spec.volumeMode: Unsupported value: "Raw": supported values: "Block", "Filesystem"',
      ],
    ],
    [
      'persistentvolumeclaims',
      claim({ accessModes: ['ReadWriteOnce', 'ReadWriteOncePod'] }),
      ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    ],
    [
      'persistentvolumeclaims',
      claim({ dataSource: { kind: 'Pod', name: 'p' } }),
      [
        'spec.dataSource: Invalid value: "Pod": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
      ],
    ],
    ['persistentvolumes', volume(), []],
    ['persistentvolumes', withSource({ csi }), []],
    [
      'persistentvolumes',
      { spec: {} },
      [
        'spec.accessModes: Required value',
        'spec.capacity: Required value',
        'spec.capacity: Unsupported value: null: supported values: "storage"',
        'spec: Required value: must specify a volume type',
      ],
    ],
    [
      'persistentvolumes',
      volume({ capacity: { storage: '-1', cpu: '1' }, persistentVolumeReclaimPolicy: 'Keep' }),
      [
        'spec.capacity: Unsupported value: {"cpu":"1","storage":"-1"}: supported values: "storage"',
        'spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
        'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
        'spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", "Retain"',
      ],
    ],
    [
      'persistentvolumes',
      volume({ hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle', nfs: { server: 's', path: '/' } }),
      [
        'spec.nfs: Forbidden: may not specify more than 1 volume type',
        "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
      ],
    ],
    [
      'persistentvolumes',
      withSource({ local: { path: '/a/../b' } }),
      [
        'spec.local.path: Invalid value: "/a/../b": must not contain \'..\'',
        'spec.nodeAffinity: Required value: Local volume requires node affinity',
      ],
    ],
    [
      'persistentvolumes',
      withSource({ csi: { driver: '', volumeHandle: '', nodePublishSecretRef: { name: 'a' } } }),
      [
        'spec.csi.driver: Required value',
        `spec.csi.driver: Invalid value: "": ${SUBDOMAIN}`,
        'spec.csi.volumeHandle: Required value',
        'spec.csi.nodePublishSecretRef.namespace: Required value',
      ],
    ],
    [
      'persistentvolumes',
      volume({ nodeAffinity: {}, volumeAttributesClassName: 'fast' }),
      [
        'spec.nodeAffinity.required: Required value: must specify required node constraints',
        'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
      ],
    ],
    ['storageclasses.storage.k8s.io', { provisioner: 'example.com/disk', parameters: { a: '' } }, []],
    [
      'storageclasses.storage.k8s.io',
      { provisioner: '', reclaimPolicy: 'Recycle', volumeBindingMode: 'Late' },
      [
        'provisioner: Required value',
        'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
        'volumeBindingMode: Unsupported value: "Late": supported values: "Immediate", "WaitForFirstConsumer"',
      ],
    ],
    [
      'storageclasses.storage.k8s.io',
      { provisioner: 'p', allowedTopologies: [term('zone'), term('zone'), term('zone', 'zone')] },
      [
        'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
        'allowedTopologies[2].matchLabelExpressions[1].key: Duplicate value: "zone"',
        'allowedTopologies[2].matchLabelExpressions: Duplicate value: ""',
        'allowedTopologies[2].matchLabelExpressions: Duplicate value: ""',
      ],
    ],
    ['volumeattributesclasses.storage.k8s.io', { driverName: 'd', parameters: { iops: '1' } }, []],
    [
      'volumeattributesclasses.storage.k8s.io',
      { driverName: 'd' },
      ['parameters: Required value: must contain at least one key/value pair'],
    ],
    ['csidrivers.storage.k8s.io', { spec: {} }, []],
    [
      'csidrivers.storage.k8s.io',
      {
        spec: {
          fsGroupPolicy: 'Always',
          tokenRequests: [{ audience: 'a', expirationSeconds: 1 }, { audience: 'a' }],
          volumeLifecycleModes: ['Once'],
          nodeAllocatableUpdatePeriodSeconds: 9,
        },
      },
      [
        'spec.fsGroupPolicy: Unsupported value: "Always": supported values: "File", "None", "ReadWriteOnceWithFSType"',
        'spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
        'spec.tokenRequests[1].audience: Duplicate value: "a"',
        'spec.volumeLifecycleModes: Unsupported value: "Once": supported values: "Persistent", "Ephemeral"',
        'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds',
      ],
    ],
    [
      'csinodes.storage.k8s.io',
      {
        spec: {
          drivers: [
            { name: 'a', nodeID: 'n', topologyKeys: ['zone'] },
            { name: 'a', nodeID: '', allocatable: { count: -1 }, topologyKeys: ['zone', 'zone'] },
          ],
        },
      },
      [
        'spec.drivers[1].nodeID: Required value',
        'spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
        'spec.drivers[1].name: Duplicate value: "a"',
        'spec.drivers[1]: Duplicate value: "zone"',
      ],
    ],
    [
      'csistoragecapacities.storage.k8s.io',
      { storageClassName: 'S', capacity: '-1' },
      [
        `storageClassName: Invalid value: "S": ${SUBDOMAIN}`,
        'capacity: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
    ['volumeattachments.storage.k8s.io', attachment(), []],
    [
      'volumeattachments.storage.k8s.io',
      attachment({ nodeName: 'N', source: {} }),
      [
        'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
        `spec.nodeName: Invalid value: "N": ${SUBDOMAIN}`,
      ],
    ],
    [
      'volumeattachments.storage.k8s.io',
      attachment({ source: { inlineVolumeSpec: { ...volume().spec, storageClassName: 's' } } }),
      [
        'spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes',
        'spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes',
        'spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline volumes',
      ],
    ],
  ])('%s %j', (storage, value, errors) => {
    expect(creationErrors(storage, value)).toEqual(errors);
  });
});

describe('an update is refused for', () => {
  it.each<[ResourceName, object, object, string[]]>([
    ['persistentvolumeclaims', claim({ volumeName: 'v' }), claim(), []],
    ['persistentvolumeclaims', claim({ volumeName: 'w' }), claim({ volumeName: 'v' }), [IMMUTABLE_CLAIM]],
    ['persistentvolumeclaims', claim({ storageClassName: 'a' }), claim(), []],
    ['persistentvolumeclaims', claim({ storageClassName: 'b' }), claim({ storageClassName: 'a' }), [IMMUTABLE_CLAIM]],
    ['persistentvolumeclaims', claim(sized('2Gi')), claim(), [IMMUTABLE_CLAIM]],
    ['persistentvolumeclaims', claim(sized('2Gi'), bound), claim({}, bound), []],
    [
      'persistentvolumeclaims',
      claim(sized('1Gi'), bound),
      claim(sized('2Gi'), bound),
      ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity'],
    ],
    ['persistentvolumeclaims', claim(sized('2Gi'), bound), claim(sized('3Gi'), bound), []],
    [
      'persistentvolumeclaims',
      claim({ volumeMode: 'Block' }),
      claim(),
      [IMMUTABLE_CLAIM, 'volumeMode: Invalid value: "Block": field is immutable'],
    ],
    [
      'persistentvolumeclaims',
      claim(),
      claim({ volumeAttributesClassName: 'a' }),
      [IMMUTABLE_CLAIM, 'spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden'],
    ],
    [
      'persistentvolumeclaims',
      claim({ volumeAttributesClassName: 'b' }),
      claim({ volumeAttributesClassName: 'a' }),
      [IMMUTABLE_CLAIM],
    ],
    [
      'persistentvolumeclaims',
      claim({ volumeAttributesClassName: 'b' }, bound),
      claim({ volumeAttributesClassName: 'a' }, bound),
      [],
    ],
    ['persistentvolumes', volume({ capacity: { storage: '2Gi' } }), volume(), []],
    [
      'persistentvolumes',
      volume({ hostPath: { path: '/other' } }),
      volume(),
      ['spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation'],
    ],
    [
      'persistentvolumes',
      withSource({ csi: { ...csi, controllerExpandSecretRef: { name: 'a', namespace: 'b' } } }),
      withSource({ csi }),
      [],
    ],
    [
      'storageclasses.storage.k8s.io',
      { provisioner: 'a', parameters: { a: 'b' }, reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' },
      { provisioner: 'b' },
      [
        'parameters: Forbidden: updates to parameters are forbidden.',
        'provisioner: Forbidden: updates to provisioner are forbidden.',
        'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
        'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
      ],
    ],
    ['storageclasses.storage.k8s.io', { provisioner: 'a', allowVolumeExpansion: true }, { provisioner: 'a' }, []],
    [
      'csidrivers.storage.k8s.io',
      { spec: { attachRequired: false } },
      { spec: {} },
      ['spec.attachedRequired: Invalid value: false: field is immutable'],
    ],
    [
      'csinodes.storage.k8s.io',
      { spec: { drivers: [{ name: 'a', nodeID: 'n', allocatable: { count: 2 } }] } },
      { spec: { drivers: [{ name: 'a', nodeID: 'n', allocatable: { count: 1 } }] } },
      [],
    ],
    [
      'volumeattributesclasses.storage.k8s.io',
      { driverName: 'd', parameters: { iops: '1' } },
      { driverName: 'd', parameters: { iops: '2' } },
      ['parameters: Forbidden: updates to parameters are forbidden.'],
    ],
  ])('%s %j over %j', (storage, value, current, errors) => {
    expect(updateErrors(storage, value, current)).toEqual(errors);
  });
});

it('classes and drivers have defaults', () => {
  const { object } = sentObject('storageclasses.storage.k8s.io', { provisioner: 'p' });
  expect(object).toMatchObject({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
  expect(sentObject('csidrivers.storage.k8s.io', { spec: { podInfoOnMount: true } }).object.spec).toEqual({
    attachRequired: true,
    podInfoOnMount: true,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    volumeLifecycleModes: ['Persistent'],
    requiresRepublish: false,
    seLinuxMount: false,
  });
});

it('levels of priority have defaults', () => {
  const limited = { limitResponse: { type: 'Queue', queuing: {} } };
  const level = sentObject('prioritylevelconfigurations.flowcontrol.apiserver.k8s.io', {
    spec: { type: 'Limited', limited },
  });
  expect(level.object.spec).toEqual({
    type: 'Limited',
    limited: {
      nominalConcurrencyShares: 30,
      lendablePercent: 0,
      limitResponse: { type: 'Queue', queuing: { handSize: 8, queues: 64, queueLengthLimit: 50 } },
    },
  });
  const flow = sentObject('flowschemas.flowcontrol.apiserver.k8s.io', {
    spec: { priorityLevelConfiguration: { name: 'a' } },
  });
  expect(flow.object.spec).toMatchObject({ matchingPrecedence: 1000 });
});
