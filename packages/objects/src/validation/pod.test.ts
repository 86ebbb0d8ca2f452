import { describe, expect, it } from 'vitest';
import { canonicalValue } from '../decode/index.js';
import { setPodDefaults } from '../defaults/index.js';
import type { FieldError } from '../field-error.js';
import type { Pod } from '../kinds/api-types.js';
import { validatePod, validatePodCreate, validatePodUpdate } from './index.js';

const CONTAINER = { name: 'c', image: 'busybox:1' };

function podOf(spec: object): Pod {
  const pod = canonicalValue('io.k8s.api.core.v1.Pod', { metadata: { name: 'p' }, spec }) as Pod;
  setPodDefaults(pod);
  return pod;
}

const brief = (errors: FieldError[]): string[] =>
  errors.map(({ type, field }) => `${type.replace('FieldValue', '')} ${field}`);
function faults(spec: object): string[] {
  const pod = podOf({ containers: [CONTAINER], ...spec });
  // What admission fills in.
  if (pod.spec) pod.spec.serviceAccountName ??= 'default';
  return brief([...validatePod(pod), ...validatePodCreate(pod)]);
}
const withContainer = (container: object, spec: object = {}): string[] =>
  faults({ containers: [{ ...CONTAINER, ...container }], ...spec });

describe('a pod of many faults', () => {
  it('has them all', () => {
    const mounts = Array.from({ length: 30_000 }, () => ({ name: '', mountPath: '' }));
    const containers = Array.from({ length: 5 }, (_, at) => ({ ...CONTAINER, name: `c${at}`, volumeMounts: mounts }));
    expect(faults({ containers }).length).toBeGreaterThan(400_000);
  });

  it('is read in linear time', () => {
    const many = "['".repeat(50_000);
    const iqn = 'iqn.'.repeat(25_000);
    const fieldRef = { fieldPath: `metadata.labels${many}` };
    expect(
      withContainer(
        { image: `${'a'.repeat(100_000)}`, env: [{ name: 'A', valueFrom: { fieldRef } }] },
        { volumes: [{ name: 'v', iscsi: { targetPortal: 'p', iqn, lun: 0 } }] },
      ),
    ).toEqual(['Invalid spec.volumes[0].iscsi.iqn', 'Invalid spec.containers[0].env[0].valueFrom.fieldRef.fieldPath']);
  });
});

describe('a good pod', () => {
  it('has no faults', () => {
    expect(
      withContainer(
        {
          ports: [{ name: 'http', containerPort: 80 }],
          env: [
            { name: 'A', value: 'b' },
            { name: 'N', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          ],
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
          livenessProbe: { httpGet: { port: 'http' } },
          readinessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 },
          resources: { limits: { cpu: '1', 'example.com/gpu': '1' }, requests: { cpu: '500m' } },
        },
        {
          volumes: [{ name: 'v', hostPath: { path: '/x', type: 'Directory' } }],
          tolerations: [{ operator: 'Exists' }, { key: 'a', value: 'b', effect: 'NoExecute', tolerationSeconds: 1 }],
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: 'n', operator: 'Gt', values: ['1'] }] },
                  { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] },
                ],
              },
            },
          },
        },
      ),
    ).toEqual([]);
  });
});

describe('faults of containers', () => {
  const at = 'spec.containers[0]';
  it.each<[string, object, string[]]>([
    ['no name', { name: '' }, [`Required ${at}.name`]],
    ['a bad name', { name: 'A' }, [`Invalid ${at}.name`]],
    ['a padded image', { image: ' x' }, [`Invalid ${at}.image`]],
    ['a pull policy', { imagePullPolicy: 'Maybe' }, [`NotSupported ${at}.imagePullPolicy`]],
    ['port 0', { ports: [{ containerPort: 0 }] }, [`Required ${at}.ports[0].containerPort`]],
    ['port 65536', { ports: [{ containerPort: 65536 }] }, [`Invalid ${at}.ports[0].containerPort`]],
    ['a protocol', { ports: [{ containerPort: 1, protocol: 'ICMP' }] }, [`NotSupported ${at}.ports[0].protocol`]],
    [
      'a port name twice',
      {
        ports: [
          { name: 'a', containerPort: 1 },
          { name: 'a', containerPort: 2 },
        ],
      },
      [`Duplicate ${at}.ports[1].name`],
    ],
    [
      'a host port twice',
      {
        ports: [
          { containerPort: 1, hostPort: 9 },
          { containerPort: 2, hostPort: 9 },
        ],
      },
      [`Duplicate ${at}.ports[1].hostPort`],
    ],
    ['a bad variable', { env: [{ name: 'a=b' }] }, [`Invalid ${at}.env[0].name`]],
    ['an empty source', { env: [{ name: 'a', valueFrom: {} }] }, [`Invalid ${at}.env[0].valueFrom`]],
    [
      'a field it cannot show',
      { env: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'spec.containers' } } }] },
      [`Invalid ${at}.env[0].valueFrom.fieldRef.fieldPath`],
    ],
    ['no source of variables', { envFrom: [{}] }, [`Invalid ${at}.envFrom`]],
    ['an unknown volume', { volumeMounts: [{ name: 'x', mountPath: '/x' }] }, [`NotFound ${at}.volumeMounts[0].name`]],
    ['a probe of no kind', { livenessProbe: {} }, [`Required ${at}.livenessProbe`]],
    [
      'a probe of two kinds',
      { livenessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } },
      [`Forbidden ${at}.livenessProbe.tcpSocket`],
    ],
    [
      'a liveness probe that asks for two successes',
      { livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } },
      [`Invalid ${at}.livenessProbe.successThreshold`],
    ],
    [
      'a negative amount',
      { resources: { limits: { cpu: '-1' } } },
      [`Invalid ${at}.resources.limits[cpu]`, `Invalid ${at}.resources.requests[cpu]`],
    ],
    [
      'a request over its limit',
      { resources: { limits: { cpu: '1' }, requests: { cpu: '1001m' } } },
      [`Invalid ${at}.resources.requests`],
    ],
    [
      'an unknown resource',
      { resources: { requests: { color: '1' } } },
      [`Invalid ${at}.resources.requests[color]`, `Invalid ${at}.resources.requests[color]`],
    ],
    ['a negative user', { securityContext: { runAsUser: -1 } }, [`Invalid ${at}.securityContext.runAsUser`]],
  ])('%s', (_title, container, expected) => {
    expect(withContainer(container)).toEqual(expected);
  });

  it('counts names over init containers too', () => {
    expect(faults({ initContainers: [CONTAINER] })).toEqual(['Duplicate spec.initContainers[0].name']);
    expect(
      faults({ initContainers: [{ ...CONTAINER, name: 'i', livenessProbe: { tcpSocket: { port: 1 } } }] }),
    ).toEqual(['Forbidden spec.initContainers[0].livenessProbe']);
  });
});

describe('faults of the spec', () => {
  const term = (requirement: object) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [requirement] }] },
      },
    },
  });
  const expression =
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0]';
  it.each<[string, object, string[]]>([
    ['no containers', { containers: [] }, ['Required spec.containers']],
    ['a restart policy', { restartPolicy: 'Maybe' }, ['NotSupported spec.restartPolicy']],
    ['a DNS policy', { dnsPolicy: 'Maybe' }, ['NotSupported spec.dnsPolicy']],
    ['no DNS server', { dnsPolicy: 'None' }, ['Required spec.dnsConfig']],
    ['a deadline of 0', { activeDeadlineSeconds: 0 }, ['Invalid spec.activeDeadlineSeconds']],
    ['a node name', { nodeName: 'A B' }, ['Invalid spec.nodeName']],
    ['a node label', { nodeSelector: { a: 'b c' } }, ['Invalid spec.nodeSelector']],
    ['a volume twice', { volumes: [{ name: 'v' }, { name: 'v' }] }, ['Duplicate spec.volumes[1].name']],
    [
      'a volume of two kinds',
      { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] },
      ['Forbidden spec.volumes[0].hostPath'],
    ],
    [
      'a path upwards',
      { volumes: [{ name: 'v', hostPath: { path: '/a/../b' } }] },
      ['Invalid spec.volumes[0].hostPath.path'],
    ],
    ['a secret without name', { volumes: [{ name: 'v', secret: {} }] }, ['Required spec.volumes[0].secret.secretName']],
    [
      'no terms',
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
      ['Required spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'],
    ],
    ['In without values', term({ key: 'a', operator: 'In' }), [`Required ${expression}.values`]],
    ['Gt with two values', term({ key: 'a', operator: 'Gt', values: ['1', '2'] }), [`Required ${expression}.values`]],
    ['an operator', term({ key: 'a', operator: 'Near' }), [`Invalid ${expression}.operator`]],
    [
      'a toleration operator',
      { tolerations: [{ key: 'a', operator: 'Near' }] },
      ['NotSupported spec.tolerations[0].operator'],
    ],
    [
      'a sysctl twice, and one that is none',
      {
        securityContext: {
          sysctls: [
            { name: 'net.a', value: '' },
            { name: 'net.a', value: '' },
            { name: 'A', value: '' },
          ],
        },
      },
      ['Duplicate spec.securityContext.sysctls[1].name', 'Invalid spec.securityContext.sysctls[2].name'],
    ],
    [
      'profiles',
      {
        securityContext: {
          seccompProfile: { type: 'Localhost' },
          appArmorProfile: { type: 'RuntimeDefault', localhostProfile: 'x' },
        },
      },
      [
        'Required spec.securityContext.seccompProfile.localhostProfile',
        'Invalid spec.securityContext.appArmorProfile.localhostProfile',
      ],
    ],
    [
      'groups and policies',
      { securityContext: { supplementalGroups: [1, -1], fsGroupChangePolicy: 'X', supplementalGroupsPolicy: 'X' } },
      [
        'Invalid spec.securityContext.supplementalGroups[1]',
        'NotSupported spec.securityContext.fsGroupChangePolicy',
        'NotSupported spec.securityContext.supplementalGroupsPolicy',
      ],
    ],
    ['users of its own with the host’s processes', { hostUsers: false, hostPID: true }, ['Forbidden spec.HostPID']],
    ['an operating system', { os: { name: 'plan9' } }, ['NotSupported spec.os']],
    ['no operating system', { os: { name: '' } }, ['Required spec.os.name']],
    ['the host’s processes on Windows', { os: { name: 'windows' }, hostPID: true }, ['Forbidden spec.hostPID']],
    ['a gate twice', { schedulingGates: [{ name: 'a' }, { name: 'a' }] }, ['Duplicate spec.schedulingGates[1]']],
    ['a gate and a node', { schedulingGates: [{ name: 'a' }], nodeName: 'n' }, ['Forbidden spec.nodeName']],
    ['a preemption policy', { preemptionPolicy: 'Maybe' }, ['NotSupported spec.preemptionPolicy']],
    ['an overhead below zero', { overhead: { cpu: '-1' } }, ['Invalid spec.overhead.limits[cpu]']],
    [
      'spread constraints',
      {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 },
          { maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', nodeTaintsPolicy: 'X' },
        ],
      },
      [
        'Duplicate spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}',
        'Invalid spec.topologySpreadConstraints[0].minDomains',
        'Invalid spec.topologySpreadConstraints[1].maxSkew',
        'NotSupported spec.topologySpreadConstraints[1].nodeTaintsPolicy',
      ],
    ],
    [
      'a container’s context, port and resize policies',
      {
        containers: [
          {
            ...CONTAINER,
            ports: [{ containerPort: 1, hostIP: 'x' }],
            resizePolicy: [
              { resourceName: 'cpu', restartPolicy: 'NotRequired' },
              { resourceName: 'cpu', restartPolicy: 'X' },
            ],
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { add: ['CAP_SYS_ADMIN'] },
              procMount: 'X',
            },
          },
        ],
      },
      [
        'Duplicate spec.containers[0].resizePolicy[1]',
        'NotSupported spec.containers[0].resizePolicy',
        'NotSupported spec.containers[0].securityContext.procMount',
        'Invalid spec.containers[0].securityContext',
      ],
    ],
    [
      'ephemeral containers',
      { ephemeralContainers: [{ ...CONTAINER, name: 'e' }] },
      ['Forbidden spec.ephemeralContainers'],
    ],
    [
      'a host port that differs under the host network',
      { hostNetwork: true, containers: [{ ...CONTAINER, ports: [{ containerPort: 1, hostPort: 2 }] }] },
      ['Invalid spec.containers[0].ports[0].hostPort'],
    ],
  ])('%s', (_title, spec, expected) => {
    expect(faults(spec)).toEqual(expected);
  });
});

describe('an update of a pod that is held back', () => {
  const before = { containers: [CONTAINER], schedulingGates: [{ name: 'g' }, { name: 'h' }], nodeSelector: { a: 'b' } };
  it.each<[string, object, string[]]>([
    ['a gate less', { schedulingGates: [{ name: 'h' }] }, []],
    [
      'a gate more',
      { schedulingGates: [{ name: 'g' }, { name: 'h' }, { name: 'i' }] },
      ['Forbidden spec.schedulingGates[2].name'],
    ],
    ['a narrower selector', { nodeSelector: { a: 'b', c: 'd' } }, []],
    ['another selector', { nodeSelector: { a: 'c' } }, ['Invalid spec.nodeSelector']],
  ])('%s', (_title, change, expected) => {
    expect(brief(validatePodUpdate(podOf({ ...before, ...change }), podOf(before)))).toEqual(expected);
  });
});

describe('an update of a pod', () => {
  const before = {
    containers: [CONTAINER],
    tolerations: [{ key: 'a', operator: 'Exists' }],
    activeDeadlineSeconds: 10,
  };
  it.each<[string, object, string[]]>([
    ['nothing', {}, []],
    ['the image', { containers: [{ ...CONTAINER, image: 'busybox:2', imagePullPolicy: 'IfNotPresent' }] }, []],
    [
      'a toleration more',
      {
        tolerations: [
          { key: 'b', operator: 'Exists' },
          { key: 'a', operator: 'Exists' },
        ],
      },
      [],
    ],
    ['a toleration less', { tolerations: [] }, ['Forbidden spec.tolerations']],
    ['a shorter deadline', { activeDeadlineSeconds: 5 }, []],
    ['a longer deadline', { activeDeadlineSeconds: 11 }, ['Invalid spec.activeDeadlineSeconds']],
    ['no deadline', { activeDeadlineSeconds: null }, ['Invalid spec.activeDeadlineSeconds']],
    ['a container more', { containers: [CONTAINER, { ...CONTAINER, name: 'd' }] }, ['Forbidden spec.containers']],
    ['the node', { nodeName: 'n' }, ['Forbidden spec']],
    ['the command', { containers: [{ ...CONTAINER, command: ['x'] }] }, ['Forbidden spec']],
    ['the grace period', { terminationGracePeriodSeconds: 1 }, ['Forbidden spec']],
  ])('%s', (_title, change, expected) => {
    expect(brief(validatePodUpdate(podOf({ ...before, ...change }), podOf(before)))).toEqual(expected);
  });
});
