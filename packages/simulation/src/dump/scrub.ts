import { createHmac } from 'node:crypto';
import {
  type Container,
  canonicalJson,
  controllerOf,
  type DaemonSet,
  isJsonObject,
  type KubeObject,
  type Node,
  type Pod,
  type PodSpec,
  type PodStatus,
  type PodTemplateSpec,
} from '@everynode/objects';

/** Stands in a template for all that was taken out of it: two templates that differed still do. */
const SCRUBBED_ANNOTATION = 'everynode.io/scrubbed';
const OWN_ANNOTATION = /^(simulation\.)?everynode\.io\/|^deprecated\.daemonset\.template\.generation$/;

/**
 * Returns the objects of a dump with only what placement, rollouts and their times need. It is a list of what stays,
 * so a field that is not known here does not. Names of pods that belong to no DaemonSet are replaced; so are their
 * labels, but for keys that an affinity or a budget reads. `salt` is a secret, because names could be guessed with it.
 */
export function scrub(objects: readonly KubeObject[], salt: string): KubeObject[] {
  const daemonSets = new Set(
    objects.flatMap(({ kind, metadata }) => (kind === 'DaemonSet' ? [`${metadata.namespace}/${metadata.name}`] : [])),
  );
  const scrubber = new Scrubber(salt, readLabels(objects), daemonSets);
  return objects.flatMap((object) => scrubber.scrub(object));
}

class Scrubber {
  readonly #salt: string;
  readonly #labels: ReadonlySet<string>;
  readonly #daemonSets: ReadonlySet<string>;

  constructor(salt: string, labels: ReadonlySet<string>, daemonSets: ReadonlySet<string>) {
    this.#salt = salt;
    this.#labels = labels;
    this.#daemonSets = daemonSets;
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
        return [{ apiVersion, kind, metadata: { ...identityOf(object), ...pick(object.metadata, ['labels']) } }];
      case 'PodDisruptionBudget':
        return named({
          spec: pick(object.spec, ['selector', 'minAvailable', 'maxUnavailable']),
          ...statusCounts(object),
        });
      default:
        return [];
    }
  }

  #hash(text: string): string {
    return createHmac('sha256', this.#salt).update(text).digest('hex').slice(0, 12);
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
        ...pick(metadata, ['labels', 'generation']),
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
        metadata: { ...identityOf(object), ...pick(metadata, ['labels']), ownerReferences: [owner] },
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
      metadata: { ...pick(metadata, ['labels']), annotations },
      ...(spec && { spec: placementOf(spec, true) }),
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
            ...pick(metadata, ['labels', 'generation', 'deletionTimestamp', 'deletionGracePeriodSeconds']),
            annotations: ownAnnotations(metadata.annotations),
            ownerReferences: [owner],
          },
          spec: placementOf(spec, true),
          status: timesOf(pod.status),
        } as KubeObject,
      ];
    }
    const name = `pod-${this.#hash(`${metadata.namespace}/${metadata.name}`)}`;
    const labels = Object.entries(metadata.labels ?? {}).filter(([key]) => this.#labels.has(key));
    return [
      {
        apiVersion,
        kind,
        metadata: {
          name,
          uid: name,
          ...pick(metadata, ['namespace', 'creationTimestamp']),
          labels: Object.fromEntries(labels),
        },
        spec: placementOf(spec, false),
        status: pick(pod.status, ['phase', 'startTime']),
      } as KubeObject,
    ];
  }
}

const identityOf = ({ metadata }: Pick<KubeObject, 'metadata'>) =>
  pick(metadata, ['name', 'namespace', 'uid', 'creationTimestamp']) as KubeObject['metadata'];

function pick(from: unknown, fields: readonly string[]): Record<string, unknown> {
  if (!isJsonObject(from)) return {};
  return Object.fromEntries(fields.flatMap((field) => (from[field] === undefined ? [] : [[field, from[field]]])));
}

const ownAnnotations = (annotations: Readonly<Record<string, string>> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations ?? {}).filter(([name]) => OWN_ANNOTATION.test(name)));

const statusCounts = ({ status }: KubeObject) => ({
  status: pick(status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']),
});

/**
 * What decides where a pod may be, what room it takes, and how it is probed. `isDaemon`: its containers keep their
 * names.
 */
function placementOf(spec: PodSpec, isDaemon: boolean): Record<string, unknown> {
  const container = (one: Container, at: number): Record<string, unknown> => ({
    name: isDaemon ? one.name : `container-${at + 1}`,
    ...(isDaemon && pick(one, ['image', 'imagePullPolicy'])),
    ...pick(one, ['resources', 'restartPolicy']),
    ...(one.ports && {
      ports: one.ports.map((port) => pick(port, ['containerPort', 'hostPort', 'hostIP', 'protocol'])),
    }),
    ...(isDaemon && probesOf(one)),
  });
  return {
    ...pick(spec, [
      'affinity',
      'hostNetwork',
      'minReadySeconds',
      'nodeName',
      'nodeSelector',
      'overhead',
      'preemptionPolicy',
      'priority',
      'priorityClassName',
      'readinessGates',
      'restartPolicy',
      'runtimeClassName',
      'schedulerName',
      'schedulingGates',
      'terminationGracePeriodSeconds',
      'tolerations',
      'topologySpreadConstraints',
    ]),
    containers: spec.containers.map(container),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(container) }),
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

/** Keys of labels of pods that an affinity, a spread or a budget reads. */
function readLabels(objects: readonly KubeObject[]): Set<string> {
  const keys = new Set<string>();
  const note = (selector: unknown): void => {
    const { matchLabels, matchExpressions } = (selector ?? {}) as {
      matchLabels?: Record<string, string>;
      matchExpressions?: { key: string }[];
    };
    for (const key of Object.keys(matchLabels ?? {})) keys.add(key);
    for (const { key } of matchExpressions ?? []) keys.add(key);
  };
  for (const object of objects) {
    if (object.kind === 'PodDisruptionBudget') note((object.spec as { selector?: unknown } | undefined)?.selector);
    const spec = object.kind === 'DaemonSet' ? (object as unknown as DaemonSet).spec?.template.spec : undefined;
    for (const affinity of [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity]) {
      for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) note(term.labelSelector);
    }
    for (const { labelSelector } of spec?.topologySpreadConstraints ?? []) note(labelSelector);
  }
  return keys;
}
