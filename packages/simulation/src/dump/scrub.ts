import { createHmac } from 'node:crypto';
import {
  type Affinity,
  type Container,
  canonicalJson,
  controllerOf,
  type DaemonSet,
  isJsonObject,
  type KubeObject,
  type LabelSelector,
  type Node,
  type Pod,
  type PodSpec,
  type PodStatus,
  type PodTemplateSpec,
} from '@everynode/objects';
import { REVISION_LABEL } from '@everynode/workloads';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
type PodAffinityTerms = NonNullable<Affinity['podAffinity']>;
/** Labels of daemon pods that their controller writes. */
const OWN_LABELS: ReadonlySet<string> = new Set([REVISION_LABEL, 'pod-template-generation']);

/** Stands in a template for all that was taken out of it: two templates that differed still do. */
const SCRUBBED_ANNOTATION = 'everynode.io/scrubbed';
const OWN_ANNOTATION = /^(simulation\.)?everynode\.io\/|^deprecated\.daemonset\.template\.generation$/;

/**
 * Returns the objects of a dump with only what placement, rollouts and their times need. It is a list of what stays,
 * so a field that is not known here does not. Names of pods that belong to no DaemonSet, and of budgets, are replaced.
 * Of the labels of pods those stay that a selector reads; values that no DaemonSet's own pods have are replaced in the
 * labels and in the selectors. `salt` is a secret, because names could be guessed with it.
 */
export function scrub(objects: readonly KubeObject[], salt: string): KubeObject[] {
  const scrubber = new Scrubber(salt, objects);
  return objects.flatMap((object) => scrubber.scrub(object));
}

class Scrubber {
  readonly #salt: string;
  readonly #read: ReadLabels;
  readonly #daemonSets: ReadonlySet<string>;

  constructor(salt: string, objects: readonly KubeObject[]) {
    this.#salt = salt;
    this.#read = readLabels(objects);
    this.#daemonSets = new Set(
      objects.flatMap(({ kind, metadata }) => (kind === 'DaemonSet' ? [`${metadata.namespace}/${metadata.name}`] : [])),
    );
  }

  scrub(object: KubeObject): KubeObject[] {
    const { apiVersion, kind } = object;
    const named = (rest: object): KubeObject[] => [{ apiVersion, kind, metadata: identityOf(object), ...rest }];
    switch (kind) {
      case 'Node':
        return [this.#node(object as unknown as Node & KubeObject)];
      case 'DaemonSet':
        return [this.#daemonSet(object as unknown as DaemonSet & KubeObject)];
      case 'ControllerRevision':
        return this.#revision(object);
      case 'Pod':
        return this.#pod(object as unknown as Pod & KubeObject);
      case 'PriorityClass':
        return named(pick(object, ['value', 'globalDefault', 'preemptionPolicy']));
      case 'Namespace':
        return [
          {
            apiVersion,
            kind,
            metadata: { ...identityOf(object), labels: pick(object.metadata.labels, [...this.#read.namespaceKeys]) },
          } as KubeObject,
        ];
      case 'PodDisruptionBudget':
        return [this.#budget(object)];
      default:
        return [];
    }
  }

  #hash(text: string): string {
    return createHmac('sha256', this.#salt).update(text).digest('hex').slice(0, 12);
  }

  /** The labels that a selector reads. */
  #labels(labels: Readonly<Record<string, string>> | undefined): Record<string, string> {
    const kept = Object.entries(labels ?? {}).filter(([key]) => this.#read.keys.has(key) || OWN_LABELS.has(key));
    return Object.fromEntries(kept.map(([key, value]) => [key, this.#value(key, value)]));
  }

  #value(key: string, value: string): string {
    if (OWN_LABELS.has(key) || this.#read.pairs.has(pairOf(key, value))) return value;
    return `value-${this.#hash(pairOf(key, value))}`;
  }

  #selector({ matchLabels, matchExpressions }: LabelSelector): LabelSelector {
    return {
      ...(matchLabels && {
        matchLabels: Object.fromEntries(
          Object.entries(matchLabels).map(([key, value]) => [key, this.#value(key, value)]),
        ),
      }),
      ...(matchExpressions && {
        matchExpressions: matchExpressions.map(({ key, operator, values }) => ({
          key,
          operator,
          ...(values && { values: values.map((value) => this.#value(key, value)) }),
        })),
      }),
    };
  }

  #budget(object: KubeObject): KubeObject {
    const { apiVersion, kind, metadata } = object;
    const name = `budget-${this.#hash(`${metadata.namespace}/${metadata.name}`)}`;
    const { selector } = (object.spec ?? {}) as { selector?: LabelSelector };
    return {
      apiVersion,
      kind,
      metadata: { name, uid: name, ...pick(metadata, ['namespace', 'creationTimestamp']) },
      spec: {
        ...pick(object.spec, ['minAvailable', 'maxUnavailable']),
        ...(selector && { selector: this.#selector(selector) }),
      },
      ...statusCounts(object),
    } as KubeObject;
  }

  /** What decides where a daemon may be; of other pods, which stay where they are, what they keep apart from. */
  #affinity({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, isDaemon: boolean): Affinity {
    const required = (terms: PodAffinityTerms) => ({
      [REQUIRED]: (terms?.[REQUIRED] ?? []).map((term) => ({
        ...pick(term, ['topologyKey', 'namespaces', 'namespaceSelector', 'matchLabelKeys', 'mismatchLabelKeys']),
        ...(term.labelSelector && { labelSelector: this.#selector(term.labelSelector) }),
      })),
    });
    return {
      ...(isDaemon && nodeAffinity && { nodeAffinity: pick(nodeAffinity, [REQUIRED]) }),
      ...(isDaemon && podAffinity && { podAffinity: required(podAffinity) }),
      ...(podAntiAffinity && { podAntiAffinity: required(podAntiAffinity) }),
    } as Affinity;
  }

  /** What decides where a pod may be, what room it takes, and how it is probed. Only a daemon's may change. */
  #placementOf(spec: PodSpec, isDaemon: boolean): Record<string, unknown> {
    const container = (one: Container, at: number): Record<string, unknown> => containerOf(one, at, isDaemon);
    const { affinity, topologySpreadConstraints: spreads } = spec;
    return {
      ...pick(spec, ROOM),
      ...(isDaemon && pick(spec, PLACE)),
      ...resourcesOf(spec),
      ...(affinity && { affinity: this.#affinity(affinity, isDaemon) }),
      ...(isDaemon &&
        spreads && {
          topologySpreadConstraints: spreads.map(({ labelSelector, ...spread }) => ({
            ...spread,
            ...(labelSelector && { labelSelector: this.#selector(labelSelector) }),
          })),
        }),
      containers: (spec.containers ?? []).map(container),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(container) }),
    };
  }

  #node({ apiVersion, kind, metadata, spec, status }: Node & KubeObject): KubeObject {
    return {
      apiVersion,
      kind,
      metadata: { ...identityOf({ metadata }), ...pick(metadata, ['labels']) },
      spec: pick(spec, ['taints', 'unschedulable']),
      status: {
        ...pick(status, ['allocatable', 'capacity']),
        conditions: (status?.conditions ?? []).map((one) =>
          pick(one, ['type', 'status', 'reason', 'lastTransitionTime', 'lastHeartbeatTime']),
        ),
      },
    } as KubeObject;
  }

  #daemonSet({ apiVersion, kind, metadata, spec, status }: DaemonSet & KubeObject): KubeObject {
    return {
      apiVersion,
      kind,
      metadata: {
        ...identityOf({ metadata }),
        ...pick(metadata, ['generation']),
        annotations: ownAnnotations(metadata.annotations),
      },
      spec: {
        ...pick(spec, ['selector', 'minReadySeconds', 'revisionHistoryLimit', 'updateStrategy']),
        template: this.#template(spec?.template ?? {}),
      },
      status: pick(status, [
        'collisionCount',
        'currentNumberScheduled',
        'desiredNumberScheduled',
        'numberAvailable',
        'numberMisscheduled',
        'numberReady',
        'numberUnavailable',
        'observedGeneration',
        'updatedNumberScheduled',
      ]),
    } as KubeObject;
  }

  #revision(object: KubeObject): KubeObject[] {
    const { apiVersion, kind, metadata } = object;
    const owner = controllerOf(metadata);
    if (owner?.kind !== 'DaemonSet') return [];
    const { spec } = (object.data ?? {}) as { spec?: { template?: PodTemplateSpec & { $patch?: string } } };
    const { $patch, ...template } = spec?.template ?? {};
    const kept = { ...this.#template(template), ...($patch !== undefined && { $patch }) };
    return [
      {
        apiVersion,
        kind,
        metadata: { ...identityOf(object), labels: this.#labels(metadata.labels), ownerReferences: [owner] },
        data: { spec: { template: kept } },
        revision: object.revision,
      },
    ];
  }

  /** The hash stands for the whole template, so that two that differ in what is taken out still differ. */
  #template(template: PodTemplateSpec): PodTemplateSpec {
    const { metadata, spec } = template;
    const annotations = {
      ...ownAnnotations(metadata?.annotations),
      [SCRUBBED_ANNOTATION]: this.#hash(canonicalJson(template)),
    };
    return {
      metadata: { labels: this.#labels(metadata?.labels), annotations },
      ...(spec && { spec: this.#placementOf(spec, true) }),
    } as unknown as PodTemplateSpec;
  }

  #pod(pod: Pod & KubeObject): KubeObject[] {
    const { apiVersion, kind, metadata, spec } = pod;
    const owner = controllerOf(metadata);
    const isDaemon = owner?.kind === 'DaemonSet' && this.#daemonSets.has(`${metadata.namespace}/${owner.name}`);
    if (!spec) return [];
    if (isDaemon) {
      return [
        {
          apiVersion,
          kind,
          metadata: {
            ...identityOf(pod),
            ...pick(metadata, ['generation', 'deletionTimestamp', 'deletionGracePeriodSeconds']),
            labels: this.#labels(metadata.labels),
            annotations: ownAnnotations(metadata.annotations),
            ownerReferences: [owner],
          },
          spec: this.#placementOf(spec, true),
          status: timesOf(pod.status),
        } as KubeObject,
      ];
    }
    const name = `pod-${this.#hash(`${metadata.namespace}/${metadata.name}`)}`;
    return [
      {
        apiVersion,
        kind,
        metadata: {
          name,
          uid: name,
          ...pick(metadata, ['namespace', 'creationTimestamp']),
          labels: this.#labels(metadata.labels),
        },
        spec: this.#placementOf(spec, false),
        status: pick(pod.status, ['phase', 'startTime']),
      } as KubeObject,
    ];
  }
}

const identityOf = ({ metadata }: Pick<KubeObject, 'metadata'>) =>
  pick(metadata, ['name', 'namespace', 'uid', 'creationTimestamp']) as KubeObject['metadata'];

function pick(from: unknown, fields: readonly string[]): Record<string, unknown> {
  if (!isJsonObject(from)) return {};
  return Object.fromEntries(fields.flatMap((field) => (Object.hasOwn(from, field) ? [[field, from[field]]] : [])));
}

const ownAnnotations = (annotations: Readonly<Record<string, string>> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations ?? {}).filter(([name]) => OWN_ANNOTATION.test(name)));

const statusCounts = ({ status }: KubeObject) => ({
  status: pick(status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']),
});

/** Fields of a pod's spec that say what room it takes on its node, and how it leaves it. */
const ROOM = [
  'hostNetwork',
  'nodeName',
  'overhead',
  'preemptionPolicy',
  'priority',
  'restartPolicy',
  'terminationGracePeriodSeconds',
];
/** Fields that decide where it may be. */
const PLACE = [
  'nodeSelector',
  'priorityClassName',
  'readinessGates',
  'runtimeClassName',
  'schedulerName',
  'schedulingGates',
  'tolerations',
];

const resourcesOf = ({ resources }: Pick<Container, 'resources'>): Record<string, unknown> =>
  resources ? { resources: pick(resources, ['limits', 'requests']) } : {};

function containerOf(one: Container, at: number, isDaemon: boolean): Record<string, unknown> {
  return {
    name: isDaemon ? one.name : `container-${at + 1}`,
    ...(isDaemon && pick(one, ['image', 'imagePullPolicy'])),
    ...pick(one, ['restartPolicy']),
    ...resourcesOf(one),
    ...(one.ports && {
      ports: one.ports.map((port) => pick(port, ['containerPort', 'hostPort', 'hostIP', 'protocol'])),
    }),
    ...(isDaemon && probesOf(one)),
  };
}

const TIMES = ['initialDelaySeconds', 'periodSeconds', 'timeoutSeconds', 'successThreshold', 'failureThreshold'];

/** A probe keeps its times; what it asks is replaced. */
function probesOf(container: Container): Record<string, unknown> {
  return Object.fromEntries(
    (['startupProbe', 'readinessProbe', 'livenessProbe'] as const).flatMap((name) => {
      const probe = container[name];
      return probe ? [[name, { tcpSocket: { port: 1 }, ...pick(probe, TIMES) }]] : [];
    }),
  );
}

function timesOf(status: PodStatus | undefined): Record<string, unknown> {
  const container = (one: NonNullable<PodStatus['containerStatuses']>[number]) => ({
    ...pick(one, ['name', 'ready', 'started', 'restartCount', 'image', 'imageID']),
    state: one.state?.running
      ? { running: pick(one.state.running, ['startedAt']) }
      : one.state?.waiting
        ? { waiting: pick(one.state.waiting, ['reason']) }
        : { terminated: pick(one.state?.terminated, ['exitCode', 'reason', 'startedAt', 'finishedAt']) },
  });
  return {
    ...pick(status, ['phase', 'startTime']),
    conditions: (status?.conditions ?? []).map((one) => pick(one, ['type', 'status', 'reason', 'lastTransitionTime'])),
    containerStatuses: (status?.containerStatuses ?? []).map(container),
    ...(status?.initContainerStatuses && { initContainerStatuses: status.initContainerStatuses.map(container) }),
  };
}

/** What selectors of a dump read of labels. */
interface ReadLabels {
  /** Keys of labels of pods. */
  keys: ReadonlySet<string>;
  /** Labels that the pods of DaemonSets have: a new manifest names them too. */
  pairs: ReadonlySet<string>;
  /** Keys of labels of namespaces. */
  namespaceKeys: ReadonlySet<string>;
}

const pairOf = (key: string, value: string): string => `${key}=${value}`;

function keysOf(selector: LabelSelector | undefined): string[] {
  const { matchLabels, matchExpressions } = selector ?? {};
  return [...Object.keys(matchLabels ?? {}), ...(matchExpressions ?? []).map(({ key }) => key)];
}

function readLabels(objects: readonly KubeObject[]): ReadLabels {
  const keys = new Set<string>();
  const pairs = new Set<string>();
  const namespaceKeys = new Set<string>();
  const note = (into: Set<string>, selector: LabelSelector | undefined): void => {
    for (const key of keysOf(selector)) into.add(key);
  };
  const notePlace = (spec: PodSpec | undefined): void => {
    for (const terms of [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity]) {
      for (const { labelSelector, namespaceSelector, matchLabelKeys, mismatchLabelKeys } of terms?.[REQUIRED] ?? []) {
        note(keys, labelSelector);
        note(namespaceKeys, namespaceSelector);
        for (const key of [...(matchLabelKeys ?? []), ...(mismatchLabelKeys ?? [])]) keys.add(key);
      }
    }
    for (const { labelSelector, matchLabelKeys } of spec?.topologySpreadConstraints ?? []) {
      note(keys, labelSelector);
      for (const key of matchLabelKeys ?? []) keys.add(key);
    }
  };
  for (const object of objects) {
    const { selector } = (object.spec ?? {}) as { selector?: LabelSelector };
    if (object.kind === 'PodDisruptionBudget' || object.kind === 'DaemonSet') note(keys, selector);
    if (object.kind === 'Pod') notePlace(object.spec as PodSpec | undefined);
    const template = templateIn(object);
    if (!template) continue;
    notePlace(template.spec);
    for (const [key, value] of Object.entries(template.metadata?.labels ?? {})) pairs.add(pairOf(key, value));
    for (const { key, values } of selector?.matchExpressions ?? []) {
      for (const value of values ?? []) pairs.add(pairOf(key, value));
    }
  }
  return { keys, pairs, namespaceKeys };
}

/** The template of a DaemonSet, or of a revision of one. */
function templateIn(object: KubeObject): PodTemplateSpec | undefined {
  if (object.kind === 'DaemonSet') return (object as unknown as DaemonSet).spec?.template;
  if (object.kind !== 'ControllerRevision' || controllerOf(object.metadata)?.kind !== 'DaemonSet') return undefined;
  return (object.data as { spec?: { template?: PodTemplateSpec } } | undefined)?.spec?.template;
}
