import { revisionHash } from '@everynode/daemonset';
import type { KubeObject } from '@everynode/objects';
import { propertyRuns } from '@everynode/test-kit/property-runs';
import { REVISION_LABEL, revisionData } from '@everynode/workloads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { agent, ROLLED_OUT, scenario } from '../../fixtures/scenarios.js';
import { completeDaemonSet } from '../scenario/complete-object.js';
import { simulate } from '../simulate.js';
import { readDump } from './read-dump.js';
import { ObjectsError, readObjects } from './read-objects.js';
import { scrub } from './scrub.js';

const AT = '2026-05-01T10:00:00Z';
const NODES = ['n1', 'n2', 'n3', 'n4'];
const after = (seconds: number): string => new Date(Date.parse(AT) + seconds * 1000).toISOString().replace('.000', '');

/** Words that must not leave a company, by where they stand. */
type Secrets = Record<'pod' | 'env' | 'args' | 'annotation' | 'secret' | 'image', string>;
const SECRETS: Secrets = {
  pod: 'payroll-db',
  env: 'hunter2',
  args: '--license=abc',
  annotation: 'owner@corp.example',
  secret: 'tls-key',
  image: 'corp.example/payroll',
};

const template = (secrets: Secrets, image: string): object => ({
  metadata: { labels: { app: 'agent' }, annotations: { contact: secrets.annotation } },
  spec: {
    containers: [
      {
        name: 'agent',
        image,
        args: [secrets.args],
        env: [{ name: 'PASSWORD', value: secrets.env }],
        envFrom: [{ secretRef: { name: secrets.secret } }],
        readinessProbe: { httpGet: { path: `/${secrets.env}`, port: 80 }, periodSeconds: 7 },
      },
    ],
    volumes: [{ name: 'keys', secret: { secretName: secrets.secret } }],
  },
});

/**
 * A cluster of four nodes in the middle of a rollout: two nodes have the pod of the new template. A fifth pod is of
 * others, and fills the last node.
 */
function dump(secrets: Secrets = SECRETS): KubeObject[] {
  const made = (image: string) =>
    completeDaemonSet(agent('agent:1', { template: template(secrets, image) }), 'ds-uid', AT);
  const [old, daemonSet] = [made('agent:1'), made('agent:2')];
  daemonSet.metadata.annotations = { ...daemonSet.metadata.annotations, 'corp.example/contact': secrets.annotation };
  const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'another', controller: true };
  const revision = (of: typeof old, number: number) => ({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `agent-${revisionHash(of)}`,
      namespace: 'default',
      labels: { [REVISION_LABEL]: revisionHash(of) },
      ownerReferences: [owner],
    },
    data: revisionData(of),
    revision: number,
  });
  const pod = (node: string, of: typeof old, startSeconds: number) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `agent-${node}`,
      namespace: 'default',
      labels: { app: 'agent', [REVISION_LABEL]: revisionHash(of) },
      annotations: { contact: secrets.annotation },
      creationTimestamp: AT,
      ownerReferences: [owner],
    },
    spec: { ...of.spec?.template.spec, nodeName: node },
    status: {
      phase: 'Running',
      startTime: AT,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: after(startSeconds + 2) }],
      containerStatuses: [
        {
          name: 'agent',
          ready: true,
          started: true,
          restartCount: 0,
          image: 'agent',
          imageID: '',
          state: { running: { startedAt: after(startSeconds) } },
        },
      ],
    },
  });
  return [
    ...NODES.map((name) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { zone: 'a' }, annotations: { contact: secrets.annotation } },
      status: {
        allocatable: { cpu: '2', memory: '4Gi', pods: '10' },
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: AT, message: secrets.annotation }],
      },
    })),
    daemonSet,
    revision(old, 1),
    revision(daemonSet, 2),
    pod('n1', daemonSet, 4),
    pod('n2', daemonSet, 6),
    pod('n3', old, 5),
    pod('n4', old, 5),
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: secrets.pod,
        namespace: 'pay',
        labels: { app: secrets.pod },
        annotations: { contact: secrets.annotation },
      },
      spec: {
        nodeName: 'n4',
        containers: [
          {
            name: secrets.pod,
            image: secrets.image,
            env: [{ name: 'PASSWORD', value: secrets.env }],
            resources: { requests: { cpu: '1500m' } },
          },
        ],
      },
      status: { phase: 'Running', message: secrets.env },
    },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: secrets.secret }, stringData: { key: secrets.env } },
  ] as unknown as KubeObject[];
}

const goOn = (objects: readonly KubeObject[]) => {
  const snapshot = readDump(objects);
  const { rollouts, ok } = simulate({
    ...scenario([ROLLED_OUT], { fleet: { from: 'dump' }, manifests: [] }),
    snapshot,
  });
  return { ok, rollout: rollouts[0] };
};

describe('a dump', () => {
  it('goes on with the rollout that was under way', () => {
    const { ok, rollout } = goOn(dump());
    expect(ok).toBe(true);
    expect(rollout).toMatchObject({ podsCreated: 2, peakUnavailable: 2, status: { updatedNumberScheduled: 4 } });
    // To start as long as the pods of the dump took; then a probe each 7 s finds out that it is ready.
    expect(rollout?.timeToReady.max).toBeGreaterThanOrEqual(4000);
    expect(rollout?.timeToReady.max).toBeLessThanOrEqual(15_000);
  });

  it('has the pods of others take their room', () => {
    const large = agent(
      'agent:3',
      {},
      { containers: [{ name: 'agent', image: 'agent:3', resources: { requests: { cpu: '1' } } }] },
    );
    const steps = [{ apply: large }, { wait: '5m' }, { assert: { daemonSet: 'agent', status: { numberReady: 3 } } }];
    const input = scenario(steps, { fleet: { from: 'dump' }, manifests: [] });
    const { steps: played, rollouts } = simulate({ ...input, snapshot: readDump(dump()) });
    expect(played.flatMap(({ fault }) => fault ?? [])).toEqual([]);
    expect(rollouts[0]?.blocked.map(({ reason }) => reason)).toContain('0/4 nodes are available: 1 Insufficient cpu.');
  });

  /** The dump, with a change of the daemon pod of a node. */
  const withPod = (node: string, change: object): KubeObject[] =>
    dump().map((object) =>
      object.metadata.name === `agent-${node}` ? ({ ...object, ...change } as KubeObject) : object,
    );
  const readOf = (node: string) => readDump(dump()).pods.find(({ metadata }) => metadata.name === `agent-${node}`);

  it('has a pod that waits for room go on waiting', () => {
    const pod = readOf('n3');
    const { nodeName: _bound, ...spec } = pod?.spec ?? { containers: [] };
    const pinned = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n3'] }] }],
        },
      },
    };
    const waiting = withPod('n3', { spec: { ...spec, affinity: pinned }, status: { phase: 'Pending' } });
    const { ok, rollout } = goOn(waiting);
    expect(ok).toBe(true);
    // The old pods of n3 and n4 are replaced. Without the waiting one, n3 would get one of the new template at once.
    expect(rollout).toMatchObject({ podsCreated: 2, status: { updatedNumberScheduled: 4 } });
    expect(readDump(waiting).pods).toHaveLength(4);
  });

  it('has pods that run go on, whatever a rule says of failures, and those that failed go on failing', () => {
    const behaviour = [{ failure: { kind: 'crash' as const, rate: 1 } }];
    const wait = [{ wait: '1s' }, { assert: { daemonSet: 'agent', status: { numberReady: 2 } } }];
    const input = scenario(wait, { fleet: { from: 'dump' }, manifests: [], behaviour });
    const running = simulate({ ...input, snapshot: readDump(dump()) });
    expect(running.steps.flatMap(({ fault }) => fault ?? [])).toEqual([]);
    const broken = withPod('n1', {
      status: {
        phase: 'Pending',
        startTime: AT,
        containerStatuses: [
          {
            name: 'agent',
            ready: false,
            restartCount: 0,
            image: 'agent',
            imageID: '',
            state: { waiting: { reason: 'ImagePullBackOff' } },
          },
        ],
      },
    });
    const stands = [{ wait: '30m' }, { assert: { daemonSet: 'agent', status: { numberReady: 3 } } }];
    const failing = simulate({
      ...scenario(stands, { fleet: { from: 'dump' }, manifests: [] }),
      snapshot: readDump(broken),
    });
    expect(failing.steps.flatMap(({ fault }) => fault ?? [])).toEqual([]);
  });

  it('has a node that is not Ready stay so, also when an outage of it is over', () => {
    const objects = dump().map((object) =>
      object.metadata.name === 'n1' && object.kind === 'Node'
        ? { ...object, status: { conditions: [{ type: 'Ready', status: 'Unknown', lastTransitionTime: AT }] } }
        : object,
    ) as unknown as KubeObject[];
    const steps = [
      { kill: { for: '2m' } },
      { wait: '10m' },
      { assert: { daemonSet: 'agent', status: { numberReady: { atMost: 3 } } } },
      { restore: {} },
      ROLLED_OUT,
    ];
    const input = scenario(steps, { fleet: { from: 'dump' }, manifests: [] });
    const { steps: played } = simulate({ ...input, snapshot: readDump(objects) });
    expect(played.flatMap(({ fault }) => fault ?? [])).toEqual([]);
  });

  it('does not learn from a pod that became ready again with its node', () => {
    const conditions = [
      { type: 'ContainersReady', status: 'True', lastTransitionTime: after(6) },
      { type: 'Ready', status: 'True', lastTransitionTime: after(3000) },
    ];
    const again = withPod('n1', { status: { ...readOf('n1')?.status, conditions } });
    expect(readDump(again).learnt).toEqual(readDump(dump()).learnt);
    const days = [{ type: 'Ready', status: 'True', lastTransitionTime: after(3 * 86_400) }];
    const late = readDump(withPod('n1', { status: { ...readOf('n1')?.status, conditions: days } }));
    expect(late.learnt[0]?.ready).toMatchObject({ max: '2000ms' });
  });

  it('is read from lists and from several documents', () => {
    const [node, ...others] = dump();
    const list = stringify({ apiVersion: 'v1', kind: 'List', items: others });
    const objects = readObjects(`${stringify(node)}---\n${list}`, 'dump.yaml');
    expect(objects).toHaveLength(dump().length);
    expect(readObjects(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: dump() }), 'f')).toEqual(dump());
    expect(readObjects('{ apiVersion: v1, kind: Node, metadata: { name: n } }', 'f')).toHaveLength(1);
  });

  it.each<[what: string, text: string, fault: string]>([
    ['no objects', 'a: 1', 'f, document 1: it has no apiVersion or no kind'],
    ['an alias of nothing', 'a: *b', 'f: Unresolved alias (the anchor must be set before the alias): b'],
    ['an object without a name', 'apiVersion: v1\nkind: Pod\nmetadata: {}', 'f, document 1: Pod has no name'],
  ])('with %s is refused', (_what, text, fault) => {
    expect(() => readObjects(text, 'f')).toThrow(new ObjectsError(fault));
  });

  it('goes on with the revisions that another controller has named, also when a manifest is applied again', () => {
    const own = revisionHash(completeDaemonSet(agent('agent:2', { template: template(SECRETS, 'agent:2') }), 'x', AT));
    const renamed = JSON.parse(JSON.stringify(dump()).replaceAll(own, 'abcdef')) as KubeObject[];
    const apply = agent('agent:2', { template: template(SECRETS, 'agent:2') });
    const input = scenario([{ apply }, ROLLED_OUT], { fleet: { from: 'dump' }, manifests: [] });
    const { rollouts, ok } = simulate({ ...input, snapshot: readDump(renamed) });
    expect({ ok, podsCreated: rollouts[0]?.podsCreated }).toEqual({ ok: true, podsCreated: 2 });
  });

  it('with the name of a node of a group is refused', () => {
    const renamed = dump().map((object) =>
      object.metadata.name === 'n1' ? { ...object, metadata: { ...object.metadata, name: 'w-00001' } } : object,
    );
    const input = scenario([{ wait: '1s' }], { fleet: { from: 'dump', groups: [{ name: 'w', count: 2 }] } });
    expect(() => simulate({ ...input, snapshot: readDump(renamed) })).toThrow('nodes "w-00001" already exists');
  });

  it('without nodes is refused', () => expect(() => readDump(dump().slice(4))).toThrow(/the dump has no nodes/));
});

describe('a scrubbed dump', () => {
  it('goes on as the whole one does', () => {
    const { rollout: whole } = goOn(dump());
    const { rollout: scrubbed } = goOn(scrub(dump(), 'salt'));
    expect(scrubbed).toEqual(whole);
  });

  /** The dump with these words wherever an object has room for words that a simulation does not read. */
  function wordy(words: Secrets): KubeObject[] {
    const everywhere = {
      managedFields: [{ manager: words.annotation }],
      annotations: {
        contact: words.annotation,
        'kubernetes.io/change-cause': `apply --token=${words.args}`,
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(words),
      },
    };
    const objects = dump(words).map(({ metadata, ...object }) => {
      const labels = { ...metadata.labels, [`${words.annotation}/team`]: words.annotation, team: words.annotation };
      const whole = { ...object, metadata: { ...metadata, ...everywhere, ...(object.kind !== 'Node' && { labels }) } };
      return whole as unknown as KubeObject;
    });
    const self = { labelSelector: { matchLabels: { app: words.pod } }, topologyKey: 'kubernetes.io/hostname' };
    const others = objects.map((object) => {
      if (object.metadata.name !== words.pod) return object;
      const spec = object.spec as { containers: object[] };
      const metadata = {
        ...object.metadata,
        generateName: `${words.pod}-`,
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: words.pod, uid: 'rs', controller: true }],
      };
      const container = {
        ...spec.containers[0],
        command: [words.args],
        ports: [{ name: words.env, containerPort: 80, hostPort: 8080 }],
        livenessProbe: {
          httpGet: { path: `/${words.args}`, port: 80, httpHeaders: [{ name: 'x', value: words.env }] },
        },
        lifecycle: { preStop: { exec: { command: [words.args] } } },
        volumeMounts: [{ name: words.secret, mountPath: `/${words.args}` }],
        securityContext: { seLinuxOptions: { level: words.annotation } },
        resources: { requests: { cpu: '1500m' }, claims: [{ name: words.secret }] },
      };
      return {
        ...object,
        metadata,
        spec: {
          ...spec,
          containers: [container],
          initContainers: [{ ...container, name: words.env, image: words.image }],
          ephemeralContainers: [{ name: words.env, image: words.image }],
          volumes: [{ name: words.secret, secret: { secretName: words.secret } }],
          imagePullSecrets: [{ name: words.secret }],
          serviceAccountName: words.secret,
          hostname: words.pod,
          hostAliases: [{ ip: '10.0.0.1', hostnames: [words.env] }],
          nodeSelector: { pool: words.pod },
          priorityClassName: words.pod,
          schedulerName: words.env,
          tolerations: [{ key: 'dedicated', operator: 'Equal', value: words.pod }],
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [self],
              preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: self }],
            },
          },
          topologySpreadConstraints: [{ ...self, maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }],
        },
        status: { phase: 'Running', message: words.env, reason: words.env, podIP: words.env },
      } as unknown as KubeObject;
    });
    const more = [
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: words.pod, namespace: 'pay', ...everywhere },
        spec: {
          maxUnavailable: 1,
          selector: {
            matchLabels: { app: words.pod },
            matchExpressions: [{ key: 'tier', operator: 'In', values: [words.env] }],
          },
        },
        status: { disruptionsAllowed: 1, conditions: [{ type: 'x', message: words.env }] },
      },
      {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name: 'high', ...everywhere },
        value: 5,
        description: words.annotation,
      },
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'pay', ...everywhere, labels: { team: words.annotation } },
      },
    ];
    return [...others, ...(more as unknown as KubeObject[])];
  }

  it('has no word left of what was not to be carried out, wherever it stood', () => {
    const word = fc.stringMatching(/^[a-z]{9,12}$/);
    const secrets = fc.record({ pod: word, env: word, args: word, annotation: word, secret: word, image: word });
    fc.assert(
      fc.property(secrets, (words) => {
        const text = JSON.stringify(scrub(wordy(words), 'salt'));
        for (const secret of Object.values(words)) expect(text).not.toContain(secret);
      }),
      propertyRuns(50),
    );
  });

  it('has the words of selectors and of the labels that they select replaced by the same ones', () => {
    const scrubbed = scrub(wordy(SECRETS), 'salt');
    const other = scrubbed.find(({ kind, metadata }) => kind === 'Pod' && metadata.namespace === 'pay');
    const budget = scrubbed.find(({ kind }) => kind === 'PodDisruptionBudget') as unknown as {
      spec: { selector: { matchLabels: Record<string, string> } };
    };
    expect(other?.metadata.labels).toEqual({ app: budget.spec.selector.matchLabels.app });
    const own = scrubbed.find(({ kind, metadata }) => kind === 'Pod' && metadata.namespace === 'default');
    expect(own?.metadata.labels).toMatchObject({ app: 'agent' });
  });

  it('keeps templates apart that differ only in what was taken out', () => {
    const other = dump();
    const [first, second] = other.filter(({ kind }) => kind === 'ControllerRevision');
    const copy = structuredClone(first) as unknown as {
      data: { spec: { template: { spec: { containers: { args: string[] }[] } } } };
    };
    for (const container of copy.data.spec.template.spec.containers) container.args = ['--other'];
    const scrubbed = scrub([...other.filter((one) => one !== second), { ...(copy as unknown as KubeObject) }], 'salt');
    const data = scrubbed.filter(({ kind }) => kind === 'ControllerRevision').map((one) => JSON.stringify(one.data));
    expect(new Set(data).size).toBe(2);
  });
});
