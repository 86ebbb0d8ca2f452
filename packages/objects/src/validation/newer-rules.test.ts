import { describe, expect, it } from 'vitest';
import { canonicalValue } from '../decode/index.js';
import { setPodDefaults } from '../defaults/index.js';
import { selectByLabelKeys } from '../defaults/match-label-keys.js';
import { fieldErrorMessage } from '../field-error.js';
import type { LimitRange, Node, Pod, ResourceQuota } from '../kinds/api-types.js';
import { leases } from '../resources/leases.js';
import { nodes } from '../resources/nodes.js';
import { validatePod, validatePodStatusUpdate } from './index.js';
import { validateLimitRange } from './limit-range.js';
import { dnsLabelMessages, labelKeyMessages, searchPathMessages } from './names.js';
import { validatePodResize } from './pod-resize.js';
import { validatePodTemplate } from './pod-spec.js';
import { validateResourceQuota } from './resource-quota.js';
import { validateSelectorAttributes } from './selector-attributes.js';

const CONTAINER = { name: 'c', image: 'a:1' };

function podOf(value: { metadata?: object; spec?: object; status?: object }): Pod {
  const spec = { containers: [CONTAINER], serviceAccountName: 'default', ...value.spec };
  const pod = canonicalValue('io.k8s.api.core.v1.Pod', { ...value, metadata: { name: 'p', ...value.metadata }, spec });
  setPodDefaults(pod as Pod);
  return pod as Pod;
}
const ofSpec = (spec: object): string[] => validatePod(podOf({ spec })).map(fieldErrorMessage);
const read = <T>(kind: string, value: object): T => canonicalValue(`io.k8s.api.core.v1.${kind}`, value) as T;

// Each message is what Kubernetes 1.36 says: pkg/apis/core/validation.
describe('a pod is refused for', () => {
  it.each([
    [
      {
        initContainers: [
          { ...CONTAINER, name: 'i', resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] },
        ],
      },
      'spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": must not be set to \'RestartContainer\' for non-sidecar initContainers',
    ],
    [
      {
        hostUsers: false,
        containers: [{ ...CONTAINER, volumeDevices: [{ name: 'v', devicePath: '/d' }] }],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'v' } }],
      },
      'spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false',
    ],
    [
      { hostnameOverride: 'a', hostNetwork: true },
      'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true',
    ],
    [
      {
        containers: [
          { ...CONTAINER, env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'p', key: 'k' } } }] },
        ],
        volumes: [{ name: 'v', configMap: { name: 'x' } }],
      },
      'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "v": referenced volume must be of type emptyDir',
    ],
    [
      { tolerations: [{ key: 'a', operator: 'Lt', value: '1' }] },
      'spec.tolerations[0].operator: Unsupported value: "Lt": supported values: "Equal", "Exists", "Lt", "Gt"',
    ],
    [
      { os: { name: 'windows' }, resources: { limits: { cpu: '1' } } },
      'spec.resources: Forbidden: may not be set for a windows pod',
    ],
    [
      {
        resources: { limits: { 'hugepages-2Mi': '2Mi', cpu: '1' } },
        containers: [{ ...CONTAINER, resources: { limits: { 'hugepages-2Mi': '4Mi' } } }],
      },
      'spec.resources.limits[hugepages-2Mi]: Invalid value: "2Mi": must be greater than or equal to aggregate container limits of 4Mi',
    ],
    [{ os: { name: '' } }, 'spec.os.name: Required value'],
    [
      {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'z',
            whenUnsatisfiable: 'DoNotSchedule',
            matchLabelKeys: ['a'],
            labelSelector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
          },
        ],
      },
      'spec.topologySpreadConstraints[0][0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector',
    ],
    [{ hostname: 'a.b' }, 'spec.hostname: Invalid value: "a.b": must not contain dots'],
  ])('%j', (spec, message) => expect(ofSpec(spec)).toContain(message));

  it('nothing in a request of the whole that is not made', () => {
    const containers = [
      { ...CONTAINER, resources: { requests: { 'example.com/x': '1' }, limits: { 'example.com/x': '1' } } },
    ];
    expect(ofSpec({ resources: { limits: { cpu: '1' } }, containers })).toEqual([]);
  });
});

describe('names', () => {
  it('are counted in bytes, as keys of labels', () => {
    expect(labelKeyMessages('x'.repeat(64))).toEqual(['name part must be no more than 63 bytes']);
    expect(labelKeyMessages('a/b/c')[0]).toMatch(/^a valid label key must consist of /);
  });

  it('of subdomains are no labels for their dots', () => {
    expect(dnsLabelMessages('a.b')).toEqual(['must not contain dots']);
    expect(dnsLabelMessages('a.B')[0]).toMatch(/^a lowercase RFC 1123 label must /);
  });

  it('of search paths may begin with one underscore', () => {
    expect(searchPathMessages('_a._b')).toEqual([]);
    expect(searchPathMessages('__a')[0]).toMatch(/lower case alphanumeric characters, '_', '-' or '\.', and must/);
  });
});

describe('a template', () => {
  it('has the profile of its annotation', () => {
    const { spec } = podOf({
      spec: { containers: [{ ...CONTAINER, securityContext: { appArmorProfile: { type: 'Unconfined' } } }] },
    });
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/c': 'runtime/default' };
    expect(
      validatePodTemplate({ metadata: { annotations }, ...(spec && { spec }) }, 't').map(fieldErrorMessage),
    ).toEqual([
      't.spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match',
    ]);
  });
});

describe('the status of a pod', () => {
  const ended = (exitCode: number) => ({
    containerStatuses: [
      { name: 'c', image: '', imageID: '', ready: false, restartCount: 0, state: { terminated: { exitCode } } },
    ],
  });
  const running = {
    containerStatuses: [{ name: 'c', image: '', imageID: '', ready: false, restartCount: 1, state: { running: {} } }],
  };
  const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
  const again = 'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state';

  it.each([
    [{ restartPolicy: 'Never' }, 42, [again]],
    [
      { restartPolicy: 'Never', containers: [{ ...CONTAINER, restartPolicy: 'Never', restartPolicyRules: rules }] },
      42,
      [],
    ],
    [
      { restartPolicy: 'Never', containers: [{ ...CONTAINER, restartPolicy: 'Never', restartPolicyRules: rules }] },
      1,
      [again],
    ],
    [{ restartPolicy: 'Never', containers: [{ ...CONTAINER, restartPolicy: 'OnFailure' }] }, 1, []],
    [{ restartPolicy: 'Always', containers: [{ ...CONTAINER, name: 'other' }] }, 1, [again]],
  ])('lets containers begin again by their rules: %j, exit code %i', (spec, code, expected) => {
    const before = podOf({ spec, status: ended(code) });
    expect(validatePodStatusUpdate(podOf({ spec, status: running }), before).map(fieldErrorMessage)).toEqual(expected);
  });

  it('has an address of each family', () => {
    const status = (...ips: string[]) => podOf({ status: { podIPs: ips.map((ip) => ({ ip })) } });
    expect(validatePodStatusUpdate(status('10.0.0.1', 'x'), podOf({})).map(fieldErrorMessage)).toEqual([
      'status.podIPs[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.podIPs: Internal error: failed to check for dual stack with error:invalid IP[1]: x',
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"x"}]: may specify no more than one IP for each IP family',
    ]);
  });
});

describe('a resize', () => {
  const sized = (cpu: string, more: object = {}) => ({ ...CONTAINER, resources: { requests: { cpu } }, ...more });
  const faults = (after: object, before: object, status: object = {}): string[] => {
    const current = podOf({ spec: before, status: { qosClass: 'Burstable', ...status } });
    return validatePodResize(podOf({ spec: after, status: { qosClass: 'Burstable' } }), current).map(fieldErrorMessage);
  };

  it.each([
    [{ containers: [sized('2')] }, []],
    [
      { containers: [sized('2', { name: 'd' })] },
      ['spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize'],
    ],
    [
      { containers: [sized('2', { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] })] },
      ['spec: Forbidden: only cpu and memory resources are mutable'],
    ],
    [
      { containers: [{ ...CONTAINER, resources: { requests: { memory: '1Gi' } } }] },
      ['spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed'],
    ],
  ])('%j', (after, expected) => expect(faults(after, { containers: [sized('1')] })).toEqual(expected));

  it('needs a node that tells of its containers', () => {
    const status = {
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: 0, state: { running: {} } }],
    };
    expect(faults({ containers: [sized('2')] }, { containers: [sized('1')] }, status)).toEqual([
      'spec: Forbidden: Pod running on node without support for resize',
    ]);
  });
});

describe('a new pod', () => {
  it('selects by the values of its own labels', () => {
    const labelSelector = { matchLabels: { app: 'x' } };
    const pod = podOf({
      metadata: { labels: { hash: '1', zone: 'z' } },
      spec: {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'z',
            whenUnsatisfiable: 'DoNotSchedule',
            matchLabelKeys: ['hash', 'none', 'constructor'],
            labelSelector,
          },
          { maxSkew: 1, topologyKey: 'y', whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['hash'] },
        ],
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'z', labelSelector, matchLabelKeys: ['hash'], mismatchLabelKeys: ['zone'] },
            ],
          },
        },
      },
    });
    selectByLabelKeys(pod);
    const hash = { key: 'hash', operator: 'In', values: ['1'] };
    expect(pod.spec?.topologySpreadConstraints?.map((each) => each.labelSelector?.matchExpressions)).toEqual([
      [hash],
      undefined,
    ]);
    expect(
      pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector
        ?.matchExpressions,
    ).toEqual([hash, { key: 'zone', operator: 'NotIn', values: ['z'] }]);
  });
});

describe('quotas and limits', () => {
  it('name resources that there are', () => {
    const quota = read<ResourceQuota>('ResourceQuota', {
      spec: { hard: { foo: '1', storage: '1', 'count/pods': '500m' } },
    });
    expect(validateResourceQuota(quota).map(fieldErrorMessage)).toEqual([
      'spec.hard[count/pods]: Invalid value: "500m": must be an integer',
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota',
      'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
    ]);
    const sizes = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`hugepages-${i + 1}Mi`, '1']));
    const many = read<ResourceQuota>('ResourceQuota', { spec: { hard: sizes, scopes: ['BestEffort'] } });
    expect(validateResourceQuota(many)).toHaveLength(100);
    const limits = [
      { type: 'Pod', max: { storage: '1' } },
      { type: 'PersistentVolumeClaim', min: { storage: '1', foo: '1' } },
    ];
    expect(validateLimitRange(read<LimitRange>('LimitRange', { spec: { limits } })).map(fieldErrorMessage)).toEqual([
      'spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers',
      'spec.limits[1].min[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
    ]);
  });
});

describe('a node', () => {
  const nodeOf = (
    spec: object,
    status: object = {},
  ): Node & { metadata: { name: string; uid: string; creationTimestamp: string } } =>
    read('Node', {
      metadata: { name: 'n', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '1' },
      spec,
      status,
    });
  const addresses = [
    { type: 'Hostname', address: 'a' },
    { type: 'Hostname', address: 'a' },
  ];

  it('may have an address twice when it is new, and a network in an old form', () => {
    expect(
      nodes.validate(nodeOf({ podCIDRs: ['010.0.0.0/24'] }, { addresses }) as never).map(fieldErrorMessage),
    ).toEqual([]);
  });

  it('keeps what is set once, and says so for each', () => {
    const before = nodeOf({ podCIDRs: ['10.0.0.0/24', 'fd00::/64'], externalID: 'a' });
    const after = nodeOf({ podCIDRs: ['10.0.1.0/24', 'fd01::/64'], externalID: 'b' }, { addresses });
    const fixed = 'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid';
    expect(nodes.validateUpdate(after as never, before as never).map(fieldErrorMessage)).toEqual([
      'status.addresses[1]: Duplicate value: {"Type":"Hostname","Address":"a"}',
      fixed,
      fixed,
      'spec.externalID: Forbidden: may not be updated',
    ]);
  });

  it('loses the field of a feature that is gone', () => {
    const node = nodeOf({ configSource: { configMap: { kubeletConfigKey: 'k', name: 'n', namespace: 'x' } } });
    nodes.prepareForCreate(node as never);
    expect(node.spec).toEqual({});
  });
});

it('a lease has no strategy while coordinated leader election is off', () => {
  const lease = {
    metadata: { name: 'l' },
    spec: { strategy: 'OldestEmulationVersion', preferredHolder: 'x', holderIdentity: 'y' },
  };
  leases.prepareForCreate(lease as never);
  expect(lease.spec).toEqual({ holderIdentity: 'y' });
});

describe('the selectors of an access review', () => {
  it.each([
    [
      { fieldSelector: {} },
      'r.fieldSelector.requirements: Required value: when r.fieldSelector is specified, requirements or rawSelector is required',
    ],
    [
      { labelSelector: { rawSelector: 'a', requirements: [{ key: 'a', operator: 'Odd' }] } },
      'r.labelSelector.rawSelector: Invalid value: "a": may not specified at the same time as requirements',
    ],
    [
      { fieldSelector: { requirements: [{ key: '', operator: 'Odd' }] } },
      'r.fieldSelector.requirements[0].key: Required value: must be specified',
    ],
    [
      { labelSelector: { requirements: [{ key: 'a', operator: 'In' }] } },
      "r.labelSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
  ])('%j', (attributes, message) => {
    expect(validateSelectorAttributes(attributes, 'r').map(fieldErrorMessage)).toEqual([message]);
  });
});
