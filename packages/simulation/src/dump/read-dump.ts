import {
  controllerOf,
  type KubeObject,
  keyOf,
  type Pod,
  resourceByStorage,
  type Stored,
  type StoredKinds,
} from '@everynode/objects';
import { isPodTerminal, revisionData, templateOf } from '@everynode/workloads';
import type { Snapshot } from '../engine/snapshot.js';
import { learnBehaviour } from './learn-behaviour.js';
import { ObjectsError } from './read-objects.js';

/** Kinds of a dump that are read, by the resources that store them. */
const READ = {
  Node: 'nodes',
  DaemonSet: 'daemonsets.apps',
  ControllerRevision: 'controllerrevisions.apps',
  Pod: 'pods',
  PodDisruptionBudget: 'poddisruptionbudgets.policy',
  PriorityClass: 'priorityclasses.scheduling.k8s.io',
  Namespace: 'namespaces',
} as const;

type ReadKind = keyof typeof READ;

/**
 * The cluster that a dump shows: `kubectl get nodes,ds,controllerrevisions,pods,pdb,priorityclasses,ns -A -o yaml`.
 * Owners are found by their names: a dump that was restored or scrubbed has other uids.
 * @throws ObjectsError for a dump without nodes.
 */
export function readDump(objects: readonly KubeObject[]): Snapshot {
  const of = <K extends ReadKind>(kind: K): StoredKinds[(typeof READ)[K]][] =>
    objects.filter((object) => object.kind === kind).map((object) => completed(object, READ[kind])) as never;
  const nodes = of('Node');
  if (nodes.length === 0)
    throw new ObjectsError('the dump has no nodes: take it with kubectl get nodes,ds,… -A -o yaml');
  const daemonSets = of('DaemonSet').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const byKey = new Map(daemonSets.map((daemonSet) => [keyOf(daemonSet.metadata), daemonSet]));
  const ownerIn = (object: Stored<Pod> | StoredKinds['controllerrevisions.apps']) => {
    const owner = controllerOf(object.metadata);
    if (owner?.kind !== 'DaemonSet') return undefined;
    return byKey.get(keyOf({ namespace: object.metadata.namespace, name: owner.name }));
  };
  const relinked = <T extends Stored<Pod> | StoredKinds['controllerrevisions.apps']>(object: T): T[] => {
    const owner = ownerIn(object);
    if (!owner) return [];
    const ownerReferences = object.metadata.ownerReferences?.map((one) =>
      one.controller ? { ...one, uid: owner.metadata.uid } : one,
    );
    return [{ ...object, metadata: { ...object.metadata, ownerReferences } }];
  };
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  const pods = of('Pod').filter(({ spec, metadata: { deletionTimestamp } }) =>
    // A pod that waits for room goes on with that; one that is on no node is gone with its deletion.
    spec?.nodeName ? names.has(spec.nodeName) : deletionTimestamp === undefined,
  );
  const daemonPods = pods.flatMap(relinked);
  return {
    surroundings: {
      namespaces: new Map(of('Namespace').map((namespace) => [namespace.metadata.name, namespace])),
      priorityClasses: of('PriorityClass'),
      budgets: of('PodDisruptionBudget'),
    },
    nodes,
    daemonSets,
    revisions: of('ControllerRevision').flatMap(relinked).map(withDefaults),
    pods: daemonPods,
    background: pods.filter((pod) => pod.spec?.nodeName && !ownerIn(pod) && !isPodTerminal(pod)),
    learnt: learnBehaviour(daemonPods, new Map(nodes.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]))),
    takenAtMs: newestTime(objects),
  };
}

/** The object with its defaults, and a uid where the dump has none. */
function completed(object: KubeObject, resource: (typeof READ)[ReadKind]): KubeObject {
  const definition = resourceByStorage(resource);
  const { metadata } = object;
  const namespace = definition.namespaced ? (metadata.namespace ?? 'default') : undefined;
  const uid = metadata.uid || `${object.kind}-${namespace ?? ''}-${metadata.name}`;
  const { managedFields: _owners, resourceVersion: _version, ...kept } = metadata;
  const whole = {
    ...structuredClone(object),
    metadata: { ...structuredClone(kept), uid, ...(namespace !== undefined && { namespace }) },
  } as KubeObject;
  definition.setDefaults(whole);
  return whole;
}

/**
 * The template of a revision with the defaults of a DaemonSet's: another version of Kubernetes, and a scrubber, left
 * some of them out, and then it would not be the DaemonSet's own any more.
 */
function withDefaults(revision: StoredKinds['controllerrevisions.apps']): StoredKinds['controllerrevisions.apps'] {
  const metadata = { ...revision.metadata };
  const made = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata,
    spec: { selector: {}, template: templateOf(revision) },
  };
  resourceByStorage('daemonsets.apps').setDefaults(made);
  return { ...revision, data: revisionData(made) };
}

/** When the dump was taken at the earliest: the newest time in it, ms since the epoch. */
function newestTime(objects: readonly KubeObject[]): number {
  let newest = 0;
  const note = (text: unknown): void => {
    const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
    if (ms > newest) newest = ms;
  };
  for (const { metadata, status } of objects) {
    note(metadata.creationTimestamp);
    const conditions = (status as { conditions?: { lastTransitionTime?: string; lastHeartbeatTime?: string }[] })
      ?.conditions;
    for (const { lastTransitionTime, lastHeartbeatTime } of conditions ?? []) {
      note(lastTransitionTime);
      note(lastHeartbeatTime);
    }
  }
  return newest;
}
