import {
  type Affinity,
  type DaemonSet,
  isPodReady,
  type LabelSelector,
  matchesLabelSelector,
  type Node,
  type NodeSelector,
  type Pod,
  type PodSpec,
  type Taint,
  type Toleration,
} from '@everynode/objects';
import { assessNode } from '../assessment/assessment.js';
import { compileDaemonSet, eligibilityOf } from '../placement/eligibility.js';
import { compileNodeDemands, compileNodeSelector, pinToNode, targetNodeOf } from '../placement/node-affinity.js';
import { findUntoleratedTaint, toleratesTaint } from '../placement/taints.js';
import { daemonPodLabels, daemonPodTemplate, daemonPodTolerations } from '../pods/daemon-pod.js';
import { claimOf, isPodUpdated } from '../pods/pod-state.js';
import { nextRevisionNumber, type OldRevision, revisionHash, trimHistory } from '../revision.js';
import { decideRollout } from '../rollout/rollout-decision.js';
import { RolloutLedger } from '../rollout/rollout-ledger.js';
import { rolloutNumbers } from '../rollout/strategy.js';

/** A conformance case, as the files in test/vectors hold them. */
export interface Vector {
  id: string;
  kind: string;
  given: Record<string, unknown>;
  expect: Record<string, unknown>;
}

/** Cases of these kinds ask this package. Each gives the answer in the shape of `expect`. */
type Answer = (given: never, expect: never) => unknown;

interface ClusterGiven {
  daemonSet: DaemonSet;
  nodes: Node[];
  pods: Pod[];
  currentHash: string;
  now?: string;
  nodesInBackoff?: string[];
}

/** A full reconcile: every node is assessed into an empty ledger. */
function ledgerOf(given: ClusterGiven): RolloutLedger {
  const compiled = compileDaemonSet(given.daemonSet);
  const pods = new Map<string, Pod[]>();
  for (const pod of given.pods) {
    const claim = claimOf(given.daemonSet, pod);
    const node = targetNodeOf(pod);
    if ((claim === 'own' || claim === 'adopt') && node !== undefined) pods.set(node, [...(pods.get(node) ?? []), pod]);
  }
  const nodes = new Map(given.nodes.map((node) => [node.metadata?.name ?? '', node]));
  const ledger = new RolloutLedger();
  for (const name of new Set([...nodes.keys(), ...pods.keys()])) {
    ledger.set(
      name,
      assessNode(compiled, {
        node: nodes.get(name),
        pods: pods.get(name) ?? [],
        currentHash: given.currentHash,
        now: Date.parse(given.now ?? '2100-01-01T00:00:00Z'),
        inBackoff: given.nodesInBackoff?.includes(name) ?? false,
      }),
    );
  }
  return ledger;
}

const nameOf = (pod: Pod): string => pod.metadata?.name ?? '';
const EVENTS = { failed: 'FailedDaemonPod', succeeded: 'SucceededDaemonPod' } as Record<string, string>;

function manage(given: ClusterGiven) {
  const assessed = [...ledgerOf(given).nodes()];
  const deletes = assessed.flatMap(([, assessment]) => assessment.deletes);
  return {
    createOnNodes: assessed.flatMap(([node, { create }]) => (create ? [node] : [])),
    deletePods: deletes.map(({ pod }) => nameOf(pod)),
    deleteCount: deletes.length,
    events: deletes.flatMap(({ reason }) => EVENTS[reason] ?? []),
  };
}

/** Checks the counts and names that a rollout may choose from; gives `expect` back when they hold. */
function rollout(
  given: ClusterGiven,
  expected: {
    deleteCount: number;
    mustDelete: string[];
    mayDelete: string[];
    createCount: number;
    mustCreateOnNodes: string[];
    mayCreateOnNodes: string[];
  },
) {
  const { deletes, createOn } = decideRollout(ledgerOf(given), given.daemonSet.spec?.updateStrategy);
  const names = deletes.map(({ pod }) => nameOf(pod));
  const within = (got: string[], must: string[], may: string[]): boolean =>
    must.every((name) => got.includes(name)) && got.every((name) => must.includes(name) || may.includes(name));
  const holds =
    within(names, expected.mustDelete, expected.mayDelete) &&
    within(createOn, expected.mustCreateOnNodes, expected.mayCreateOnNodes);
  return holds ? { ...expected, deleteCount: names.length, createCount: createOn.length } : { names, createOn };
}

interface Step {
  reconcile?: { creates: number; deletes: number };
  markAllPodsReady?: boolean;
  setTemplateImage?: string;
  setStrategy?: NonNullable<DaemonSet['spec']>['updateStrategy'];
  setTolerations?: Toleration[];
  deletePodOnNode?: string;
  expectReadyPods?: number;
  expectPodsWithImage?: Record<string, number> | { image: string; count: number };
}

/** Plays a story on a cluster in which created pods are there at once, not ready, and deleted ones are gone. */
function sequence(
  given: {
    nodes: number;
    updateStrategy: NonNullable<DaemonSet['spec']>['updateStrategy'];
    nodeTaints?: Record<string, Taint[]> | Taint[];
    tolerations?: Toleration[];
  },
  expected: { steps: Step[] },
) {
  const taintsOf = (name: string): Taint[] =>
    Array.isArray(given.nodeTaints) ? given.nodeTaints : (given.nodeTaints?.[name] ?? []);
  const nodes = Array.from({ length: given.nodes }, (_, i): Node => {
    const name = `node-${i}`;
    return { metadata: { name }, spec: { taints: taintsOf(name) } };
  });
  const podSpec: PodSpec = { containers: [{ name: 'app', image: 'v1' }], tolerations: given.tolerations ?? [] };
  const daemonSet: DaemonSet = {
    metadata: { name: 'foo', namespace: 'default', uid: 'foo-uid' },
    spec: {
      selector: { matchLabels: { name: 'foo' } },
      template: { metadata: { labels: { name: 'foo' } }, spec: podSpec },
      ...(given.updateStrategy && { updateStrategy: given.updateStrategy }),
    },
  };
  let pods: Pod[] = [];
  let serial = 0;
  const steps = expected.steps.map((step): Step => {
    if (step.setTemplateImage !== undefined) (podSpec.containers[0] ?? { image: '' }).image = step.setTemplateImage;
    if (step.setTolerations) podSpec.tolerations = step.setTolerations;
    if (step.setStrategy && daemonSet.spec) daemonSet.spec.updateStrategy = step.setStrategy;
    if (step.deletePodOnNode !== undefined) pods = pods.filter((pod) => targetNodeOf(pod) !== step.deletePodOnNode);
    if (step.markAllPodsReady) {
      pods = pods.map((pod) => ({
        ...pod,
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      }));
    }
    if (step.expectReadyPods !== undefined) return { expectReadyPods: pods.filter(isPodReady).length };
    if (step.expectPodsWithImage !== undefined) return withImages(step.expectPodsWithImage, pods);
    if (!step.reconcile) return step;
    const currentHash = revisionHash(daemonSet);
    const template = daemonPodTemplate(daemonSet, currentHash);
    const done = { creates: 0, deletes: 0 };
    const apply = (createOn: string[], deletes: Pod[]): void => {
      const gone = new Set(deletes.map(nameOf));
      pods = pods.filter((pod) => !gone.has(nameOf(pod)));
      for (const node of createOn) {
        serial += 1;
        pods.push(template.podOn(node, `pod-${serial}`));
      }
      done.creates += createOn.length;
      done.deletes += gone.size;
    };
    const cluster = () => ({ daemonSet, nodes, pods, currentHash });
    const managed = [...ledgerOf(cluster()).nodes()];
    apply(
      managed.flatMap(([node, { create }]) => (create ? [node] : [])),
      managed.flatMap(([, { deletes }]) => deletes.map(({ pod }) => pod)),
    );
    const rolled = decideRollout(ledgerOf(cluster()), daemonSet.spec?.updateStrategy);
    apply(
      rolled.createOn,
      rolled.deletes.map(({ pod }) => pod),
    );
    return { reconcile: done };
  });
  return { steps };
}

function withImages(wanted: NonNullable<Step['expectPodsWithImage']>, pods: Pod[]): Step {
  const count = (image: string): number => pods.filter((pod) => pod.spec?.containers[0]?.image === image).length;
  if ('image' in wanted && typeof wanted.image === 'string') {
    return { expectPodsWithImage: { image: wanted.image, count: count(wanted.image) } };
  }
  return { expectPodsWithImage: Object.fromEntries(Object.keys(wanted).map((image) => [image, count(image)])) };
}

const facts = (node: Node) => ({ name: node.metadata?.name ?? '', labels: node.metadata?.labels ?? {} });

const ANSWERS: Record<string, Answer> = {
  nodeEligibility: ({ daemonSet, node }: { daemonSet: DaemonSet; node: Node }) => {
    const { shouldRun, shouldContinueRunning } = eligibilityOf(compileDaemonSet(daemonSet), node);
    return { shouldRun, shouldContinueRunning };
  },
  toleratesTaint: (given: { toleration: Toleration; taint: Taint; comparisonOperators: boolean }) => ({
    tolerated: toleratesTaint(given.toleration, given.taint, given),
  }),
  allTaintsTolerated: (given: {
    tolerations: Toleration[] | null;
    taints: Taint[] | null;
    effects: string[] | null;
    comparisonOperators: boolean;
  }) => ({
    tolerated: findUntoleratedTaint(given.taints ?? [], given.tolerations ?? [], given.effects, given) === undefined,
  }),
  podTolerations: ({ templateSpec }: { templateSpec: PodSpec }) => ({
    tolerations: daemonPodTolerations(templateSpec),
  }),
  nodeSelectorTerms: ({ nodeSelector, node }: { nodeSelector: NodeSelector; node: Node }) => ({
    match: compileNodeSelector(nodeSelector)(facts(node)),
  }),
  podFitsNode: ({ podSpec, node }: { podSpec: PodSpec; node: Node }) => ({
    match: compileNodeDemands(podSpec).missing(facts(node)) === undefined,
  }),
  pinToNode: ({ affinity, nodeName }: { affinity: Affinity | null; nodeName: string }) => ({
    affinity: pinToNode(affinity, nodeName),
  }),
  targetNode: ({ pod }: { pod: Pod }) => ({ nodeName: targetNodeOf(pod) ?? null }),
  labelSelector: ({ selector, labels }: { selector: LabelSelector; labels: Record<string, string> }) => {
    try {
      return { match: matchesLabelSelector(selector, labels) };
    } catch {
      return { error: true };
    }
  },
  counts: (given: {
    updateStrategy: NonNullable<DaemonSet['spec']>['updateStrategy'];
    desiredNumberScheduled: number;
  }) => rolloutNumbers(given.updateStrategy, given.desiredNumberScheduled),
  isPodUpdated: (given: {
    podLabels: Record<string, string>;
    daemonSetAnnotations: Record<string, string>;
    currentHash: string;
  }) => ({ updated: isPodUpdated(given.podLabels, given.daemonSetAnnotations, given.currentHash) }),
  podLabels: (given: { templateLabels: Record<string, string>; templateGeneration: string | null; hash: string }) => ({
    labels: daemonPodLabels(given.templateLabels, given.templateGeneration?.toString(), given.hash),
  }),
  claim: ({ daemonSet, pods }: { daemonSet: DaemonSet; pods: Pod[] }) => {
    const named = (...claims: string[]) => pods.filter((pod) => claims.includes(claimOf(daemonSet, pod))).map(nameOf);
    return { owned: named('own', 'adopt'), adopt: named('adopt'), release: named('release') };
  },
  manage,
  rollout,
  sequence,
  status: (given: ClusterGiven) => ({
    status: { numberAvailable: 0, numberUnavailable: 0, updatedNumberScheduled: 0, ...ledgerOf(given).counters() },
  }),
  historyCleanup: (given: { oldRevisions: OldRevision[]; revisionHistoryLimit: number; livePodHashes: string[] }) => ({
    deleteRevisions: trimHistory(given.oldRevisions, given.revisionHistoryLimit, new Set(given.livePodHashes)),
  }),
  revisionNumber: (given: { oldRevisionNumbers: number[]; matchingRevisionNumber: number | null }) =>
    nextRevisionNumber(given.oldRevisionNumbers, given.matchingRevisionNumber ?? undefined),
};

/** Kinds of cases that this package answers. */
export const VECTOR_KINDS: readonly string[] = Object.keys(ANSWERS);

/** The answer to a case, in the shape of its `expect`. Throws for a kind that is asked elsewhere. */
export function answerVector({ kind, given, expect }: Vector): unknown {
  const answer = ANSWERS[kind];
  if (!answer) throw new Error(`no vectors of kind ${kind} here`);
  return answer(given as never, expect as never);
}
