import {
  type Affinity,
  type DaemonSet,
  type LabelSelector,
  matchesLabelSelector,
  type Node,
  type NodeSelector,
  type Pod,
  type PodSpec,
  type Taint,
  type Toleration,
} from '@everynode/objects';
import { claimOf, nextRevisionNumber, type OldRevision, trimHistory } from '@everynode/workloads';
import { compileDaemonSet, eligibilityOf } from '../placement/eligibility.js';
import { compileNodeDemands, compileNodeSelector, pinToNode, targetNodeOf } from '../placement/node-affinity.js';
import { findUntoleratedTaint, toleratesTaint } from '../placement/taints.js';
import { daemonPodLabels, daemonPodTolerations } from '../pods/daemon-pod.js';
import { isPodUpdated } from '../pods/pod-state.js';
import { rolloutNumbers } from '../rollout/strategy.js';
import { type ClusterGiven, ledgerOf, manage, nameOf, rollout } from './cluster-vectors.js';
import { sequence } from './sequence-vectors.js';

/** A conformance case, as the files in test/vectors hold them. */
export interface Vector {
  id: string;
  kind: string;
  given: Record<string, unknown>;
  expect: Record<string, unknown>;
}

/**
 * Answers a case in the shape of its `expect`. A method, whose parameters TypeScript compares in both directions: each
 * answer takes the cases of its kind.
 */
type Answer = { of(given: object, expect: object): unknown }['of'];

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

/** Answers a case in the shape of its `expect`. @throws Error for a kind that another package answers. */
export function answerVector({ kind, given, expect }: Vector): unknown {
  const answer = ANSWERS[kind];
  if (!answer) throw new Error(`no vectors of kind ${kind} here`);
  return answer(given, expect);
}
