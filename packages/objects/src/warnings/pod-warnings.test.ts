import { describe, expect, it } from 'vitest';
import type { KubeObject, Pod, PodSpec } from '../index.js';
import { resources } from '../index.js';
import { podWarnings } from './pod-warnings.js';

const CONTAINER = { name: 'c', image: 'a' };
const warningsOf = (spec: object, annotations = {}): string[] =>
  podWarnings({ metadata: { name: 'p', annotations }, spec: { containers: [CONTAINER], ...spec } as PodSpec } as Pod);
const ofContainer = (container: object): string[] => warningsOf({ containers: [{ ...CONTAINER, ...container }] });
const ports = (...list: object[]): string[] =>
  ofContainer({ ports: list.map((port) => ({ containerPort: 80, protocol: 'TCP', ...port })) });
const projected = (...sources: object[]): string[] => warningsOf({ volumes: [{ name: 'v', projected: { sources } }] });

const NO_POD = 'a null labelSelector results in matching no pod';

// Source: pkg/api/pod/warnings_test.go.
describe('a pod is warned of', () => {
  const cases: [what: string, found: string[], expected: string[]][] = [
    ['nothing', warningsOf({}), []],
    [
      'deprecated labels of nodes',
      warningsOf({
        nodeSelector: { 'beta.kubernetes.io/os': 'linux', ok: 'x' },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'node-role.kubernetes.io/master', operator: 'Exists' }] },
              ],
            },
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'In', values: ['-1'] }] } },
            ],
          },
        },
        topologySpreadConstraints: [{ topologyKey: 'failure-domain.beta.kubernetes.io/zone', labelSelector: {} }],
      }),
      [
        'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: node-role.kubernetes.io/master is use "node-role.kubernetes.io/control-plane" instead',
        "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[0]: -1 is invalid, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
      ],
    ],
    [
      'selectors that are missing',
      warningsOf({
        topologySpreadConstraints: [{ topologyKey: 'z' }],
        affinity: {
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z' }] },
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'z' } }],
          },
        },
      }),
      [
        `spec.topologySpreadConstraints[0].labelSelector: ${NO_POD}`,
        `spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: ${NO_POD}`,
        `spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: ${NO_POD}`,
      ],
    ],
    [
      'old annotations',
      warningsOf(
        {},
        {
          'scheduler.alpha.kubernetes.io/critical-pod': '',
          'seccomp.security.alpha.kubernetes.io/pod': 'x',
          'container.seccomp.security.alpha.kubernetes.io/c': 'x',
          'container.apparmor.security.beta.kubernetes.io/c': 'unconfined',
        },
      ),
      [
        'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
        'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
        'metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "seccompProfile" field instead',
      ],
    ],
    [
      'volumes of types that are given up',
      warningsOf({
        volumes: [
          { name: 'a', rbd: {} },
          { name: 'b', glusterfs: {} },
          { name: 'c', storageos: {} },
          {
            name: 'd',
            ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '200m' } } } } },
          },
        ],
      }),
      [
        'spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+',
        'spec.volumes[1].glusterfs: deprecated in v1.25, non-functional in v1.26+',
        'spec.volumes[2].storageOS: deprecated in v1.22, non-functional in v1.25+',
        'spec.volumes[3].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: fractional byte value "200m" is invalid, must be an integer',
      ],
    ],
    [
      'files that hide each other',
      [
        ...warningsOf({ volumes: [{ name: 'v', configMap: { name: 'm', items: [{ path: 'a/' }, { path: 'a/b' }] } }] }),
        ...projected(
          { secret: { name: 's', items: [{ path: 'x' }] } },
          { downwardAPI: { items: [{ path: 'y' }] } },
          { serviceAccountToken: { path: 'x' } },
          {},
        ),
      ],
      [
        'volume "v" (ConfigMap "m"): overlapping paths: "a/b" with "a"',
        'volume "v" (Projected): overlapping paths: "x" (ServiceAccountToken) with "x" (Secret "s")',
        'volume "v" (Projected) has no sources provided',
      ],
    ],
    [
      'what comes twice',
      warningsOf({
        hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }],
        imagePullSecrets: [{ name: 'x' }, { name: 'x' }, {}],
      }),
      [
        'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
        'spec.imagePullSecrets[1].name: duplicate name "x"',
        'spec.imagePullSecrets[2].name: invalid empty name ""',
      ],
    ],
    [
      'variables that hide each other, but not those that build on each other',
      ofContainer({
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '$(A)2' },
          { name: 'A', value: '$(A)' },
          { name: 'A', value: '3' },
        ],
      }),
      [
        'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
        'spec.containers[0].env[3]: hides previous definition of "A", which may be dropped when using apply',
      ],
    ],
    [
      'fractions of bytes',
      [
        ...ofContainer({
          resources: { limits: { memory: '128m', cpu: '100m' }, requests: { 'ephemeral-storage': '1500m' } },
        }),
        ...warningsOf({ overhead: { memory: '1m' } }),
      ],
      [
        'spec.containers[0].resources.limits[memory]: fractional byte value "128m" is invalid, must be an integer',
        'spec.containers[0].resources.requests[ephemeral-storage]: fractional byte value "1500m" is invalid, must be an integer',
        'spec.overhead[memory]: fractional byte value "1m" is invalid, must be an integer',
      ],
    ],
    [
      'equal ports',
      ports({}, {}),
      ['spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]'],
    ],
    ['a port of another protocol', ports({}, { protocol: 'UDP' }), []],
    [
      'ports that overlap',
      ports({ hostPort: 80 }, {}),
      ['spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]'],
    ],
    [
      'ambiguous ports',
      ports({ hostPort: 80, hostIP: '1.1.1.1' }, { hostPort: 80 }),
      ['spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]'],
    ],
    [
      'an address without a host port, and names that come twice',
      ports({ name: 'n', hostIP: '1.1.1.1' }, { name: 'n', containerPort: 81 }),
      [
        'spec.containers[0].ports[0]: hostIP set without hostPort: {Name:n HostPort:0 ContainerPort:80 Protocol:TCP HostIP:1.1.1.1}',
        'spec.containers[0].ports[1]: duplicate port name "n" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]',
      ],
    ],
    [
      'addresses of unusual form',
      warningsOf({
        dnsConfig: { nameservers: ['1.2.3.4', '::ffff:1.2.3.4', '2001:DB8:0::5'] },
        hostAliases: [{ ip: '01.2.3.4' }],
      }),
      [
        'spec.dnsConfig.nameservers[1]: non-standard IP address "::ffff:1.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
        'spec.dnsConfig.nameservers[2]: IPv6 address "2001:DB8:0::5" should be in RFC 5952 canonical format ("2001:db8::5")',
        'spec.hostAliases[0].ip: non-standard IP address "01.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
      ],
    ],
  ];
  it.each(cases)('%s', (_what, found, expected) => {
    expect(found).toEqual(expected);
  });

  it('its name, when it is no host name', () => {
    const [warning] = podWarnings({ metadata: { name: 'a.b' }, spec: { containers: [] } });
    expect(warning).toMatch(
      /^metadata\.name: this is used in the Pod's hostname, .* recommended: \[must not contain dots\]$/,
    );
  });
});

describe('every kind with a pod template', () => {
  const template = { spec: { containers: [CONTAINER], terminationGracePeriodSeconds: -1 } };
  const expected = [
    'spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
  ];
  const kinds = resources.filter(({ plural }) => ['daemonsets', 'deployments', 'replicasets'].includes(plural));

  it.each(kinds)('$kind warns of a new template and of a changed one', (definition) => {
    const object = { metadata: {}, spec: { template } } as unknown as KubeObject;
    const other = { metadata: {}, spec: { template: {} } } as unknown as KubeObject;
    expect(definition.warnings?.(object, undefined)).toEqual(expected);
    expect(definition.warnings?.(object, other)).toEqual(expected);
    expect(definition.warnings?.(object, structuredClone(object))).toEqual([]);
  });
});

describe('warnings of many', () => {
  it.each([
    ['ports', () => ports(...Array.from({ length: 10_000 }, () => ({}))), 1000, 11_000],
    [
      'files of a volume',
      () =>
        warningsOf({
          volumes: [{ name: 'v', secret: { items: Array.from({ length: 20_000 }, () => ({ path: 'a' })) } }],
        }),
      1000,
      1000,
    ],
    [
      'files that share nothing',
      () =>
        warningsOf({
          volumes: [{ name: 'v', secret: { items: Array.from({ length: 50_000 }, (_, at) => ({ path: `a${at}/` })) } }],
        }),
      0,
      0,
    ],
    [
      'slashes',
      () => warningsOf({ volumes: [{ name: 'v', secret: { items: [{ path: `${'/'.repeat(200_000)}a` }] } }] }),
      0,
      0,
    ],
  ])('are bounded: %s', (_what, found, least, most) => {
    const { length } = found();
    expect(length).toBeGreaterThanOrEqual(least);
    expect(length).toBeLessThanOrEqual(most);
  });
});
