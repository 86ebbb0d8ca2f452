import { describe, expect, it } from 'vitest';
import { canonicalValue } from '../decode/index.js';
import type { DaemonSet, Namespace, Node, Pod, PodSpec, Secret } from '../kinds/api-types.js';
import {
  addDefaultTolerations,
  defaultPullPolicy,
  qosClassOf,
  setDaemonSetDefaults,
  setNamespaceDefaults,
  setNodeDefaults,
  setPodDefaults,
  setSecretDefaults,
} from './index.js';

const CORE = 'io.k8s.api.core.v1';

function defaultedPod(spec: object): PodSpec {
  const pod = canonicalValue(`${CORE}.Pod`, { spec }) as Pod;
  setPodDefaults(pod);
  return pod.spec ?? { containers: [] };
}

function defaultedDaemonSet(spec: object): DaemonSet {
  const daemonSet = canonicalValue('io.k8s.api.apps.v1.DaemonSet', { spec }) as DaemonSet;
  setDaemonSetDefaults(daemonSet);
  return daemonSet;
}

describe('a DaemonSet', () => {
  it('gets exactly what upstream stores', () => {
    expect(
      defaultedDaemonSet({
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'busybox' }] } },
      }).spec,
    ).toEqual({
      revisionHistoryLimit: 10,
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: {
          containers: [
            {
              image: 'busybox',
              imagePullPolicy: 'Always',
              name: 'c',
              resources: {},
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
            },
          ],
          dnsPolicy: 'ClusterFirst',
          restartPolicy: 'Always',
          schedulerName: 'default-scheduler',
          securityContext: {},
          terminationGracePeriodSeconds: 30,
        },
      },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    });
  });

  it('keeps what pods alone get out of the template', () => {
    const { spec } = defaultedDaemonSet({
      template: {
        spec: {
          hostNetwork: true,
          containers: [{ name: 'c', ports: [{ containerPort: 80 }], resources: { limits: { cpu: '1' } } }],
        },
      },
    });
    const template = spec?.template.spec;
    expect(template).not.toHaveProperty('enableServiceLinks');
    expect(template?.containers[0]?.ports).toEqual([{ containerPort: 80, protocol: 'TCP' }]);
    expect(template?.containers[0]?.resources).toEqual({ limits: { cpu: '1' } });
  });

  it('has each of the two numbers filled in on its own', () => {
    const { spec } = defaultedDaemonSet({ updateStrategy: { rollingUpdate: { maxSurge: 1 } } });
    expect(spec?.updateStrategy?.rollingUpdate).toEqual({ maxUnavailable: 1, maxSurge: 1 });
  });
});

describe('a pod', () => {
  it('requests what it limits, links services and takes the host’s ports', () => {
    const spec = defaultedPod({
      hostNetwork: true,
      containers: [
        {
          name: 'c',
          ports: [{ containerPort: 80 }],
          resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
        },
      ],
    });
    expect(spec.enableServiceLinks).toBe(true);
    expect(spec.containers[0]?.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
    expect(spec.containers[0]?.resources?.requests).toEqual({ cpu: '500m', memory: '1Gi' });
  });

  it('gets defaults in probes, hooks, volumes and the environment', () => {
    const spec = defaultedPod({
      serviceAccount: 'robot',
      containers: [
        {
          name: 'c',
          livenessProbe: { httpGet: { port: 1 } },
          lifecycle: { preStop: { httpGet: { port: 1, path: '/bye' } } },
          env: [{ name: 'E', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          resources: { requests: { cpu: '100u' } },
        },
      ],
      volumes: [
        { name: 'none' },
        { name: 'host', hostPath: { path: '/x' } },
        { name: 'secret', secret: { secretName: 's' } },
        { name: 'projected', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
      ],
    });
    const [container] = spec.containers;
    expect(container?.livenessProbe).toEqual({
      httpGet: { port: 1, path: '/', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    expect(container?.lifecycle?.preStop?.httpGet).toEqual({ port: 1, path: '/bye', scheme: 'HTTP' });
    expect(container?.env?.[0]?.valueFrom?.fieldRef).toEqual({ apiVersion: 'v1', fieldPath: 'metadata.name' });
    expect(container?.resources?.requests).toEqual({ cpu: '1m' });
    expect(spec.serviceAccountName).toBe('robot');
    expect(spec.volumes).toEqual([
      { name: 'none', emptyDir: {} },
      { name: 'host', hostPath: { path: '/x', type: '' } },
      { name: 'secret', secret: { secretName: 's', defaultMode: 420 } },
      {
        name: 'projected',
        projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] },
      },
    ]);
  });

  it('does not change when defaulted again', () => {
    const spec = defaultedPod({ containers: [{ name: 'c', image: 'a:1', resources: { limits: { cpu: '1' } } }] });
    expect(defaultedPod(spec)).toEqual(spec);
  });

  it('tolerates lost nodes for a while, unless it says itself', () => {
    const spec: PodSpec = {
      containers: [],
      tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }],
    };
    addDefaultTolerations(spec);
    addDefaultTolerations(spec);
    expect(spec.tolerations).toEqual([
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ]);
    const any: PodSpec = { containers: [], tolerations: [{ operator: 'Exists' }] };
    addDefaultTolerations(any);
    expect(any.tolerations).toHaveLength(1);
  });
});

describe('defaultPullPolicy', () => {
  it.each([
    ['busybox', 'Always'],
    ['busybox:latest', 'Always'],
    ['busybox:1.36', 'IfNotPresent'],
    ['registry:5000/a/b', 'Always'],
    ['registry:5000/a/b:v1', 'IfNotPresent'],
    ['a@sha256:0123', 'IfNotPresent'],
    ['a:v1@sha256:0123', 'IfNotPresent'],
    ['a:latest@sha256:0123', 'Always'],
    ['', 'IfNotPresent'],
  ])('of %j', (image, policy) => {
    expect(defaultPullPolicy(image)).toBe(policy);
  });
});

describe('qosClassOf', () => {
  const spec = (...resources: object[]): PodSpec => ({
    containers: resources.map((each, index) => ({ name: `c${index}`, resources: each })),
  });
  const full = { cpu: '1', memory: '1Gi' };
  it.each([
    ['BestEffort', spec({}, {})],
    ['BestEffort', spec({ requests: { cpu: '0' } })],
    ['Burstable', spec({ requests: { cpu: '1' } }, {})],
    ['Burstable', spec({ limits: full, requests: { cpu: '500m', memory: '1Gi' } })],
    ['Burstable', spec({ limits: full, requests: full }, {})],
    ['Guaranteed', spec({ limits: full, requests: { cpu: '1000m', memory: '1024Mi' } })],
  ])('%s', (expected, given) => {
    expect(qosClassOf(given)).toBe(expected);
  });
});

describe('other kinds', () => {
  it('a namespace carries its name as a label', () => {
    const namespace: Namespace = { metadata: { name: 'x', labels: { a: 'b' } } };
    setNamespaceDefaults(namespace);
    expect(namespace.metadata?.labels).toEqual({ a: 'b', 'kubernetes.io/metadata.name': 'x' });
    expect(namespace.status?.phase).toBe('Active');
  });

  it('a node can allocate what it has, and shows its network under both names', () => {
    const node: Node = { spec: { podCIDR: '10.0.0.0/24' }, status: { capacity: { cpu: '4' } } };
    setNodeDefaults(node);
    expect(node.status?.allocatable).toEqual({ cpu: '4' });
    expect(node.spec?.podCIDRs).toEqual(['10.0.0.0/24']);
  });

  it('a secret takes in its text data', () => {
    const secret: Secret = { data: { a: 'YQ==', b: 'Yg==' }, stringData: { b: 'é' } };
    setSecretDefaults(secret);
    expect(secret).toEqual({ type: 'Opaque', data: { a: 'YQ==', b: 'w6k=' } });
  });
});
