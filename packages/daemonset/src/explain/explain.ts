import { conditionOf, isPodReady, type Node, type Pod, type PodSpec } from '@everynode/objects';
import { isPodDeleting, REVISION_LABEL } from '@everynode/workloads';
import { assessNode, type NodeAssessment } from '../assessment/assessment.js';
import type { RoleKind } from '../assessment/rollout-role.js';
import {
  PARTITION_ANNOTATION,
  partitionOf,
  type RolloutLimits,
  SKIP_NOT_READY_ANNOTATION,
  ZONE_ORDER_ANNOTATION,
} from '../limits/rollout-limits.js';
import { holdOf, peersOf } from '../placement/cluster-view.js';
import { compileDaemonSet, type Eligibility } from '../placement/eligibility.js';
import { NO_MATCH, type PodDemands, podDemands, roomFaults } from '../placement/node-fit.js';
import type { PodPeers } from '../placement/pod-peers.js';
import { describeShutdown, isShuttingDown } from '../placement/shutdown.js';
import { withPinnedSpread } from '../placement/topology-spread.js';
import { compareDaemonPods, isPodUpdated } from '../pods/pod-state.js';
import { overrideFor, type ResourceOverride, withOverride } from '../pods/resource-overrides.js';
import { decideRollout, zoneInTurn } from '../rollout/rollout-decision.js';
import { RolloutLedger } from '../rollout/rollout-ledger.js';
import { permissionOf, type RolloutHold } from '../rollout/rollout-permission.js';
import { rolloutNumbers } from '../rollout/strategy.js';
import { nameNodes } from './name-nodes.js';
import type { ExplainInput, NodeExplanation, NodeOutcome, Refusal } from './node-explanation.js';
import { DELETE_REASONS, describeIneligibility } from './reasons.js';

const nameOf = ({ metadata }: Node): string => metadata?.name ?? '';

type Verdict = [outcome: NodeOutcome, reason: string];

/**
 * Explains what the controller would do now on each node, in the order of the nodes. The same assessments, ledger,
 * permission and decision are used as by the controller. Pure.
 */
export function explainDaemonSet(input: ExplainInput): NodeExplanation[] {
  const explainer = new NodeExplainer(input);
  return input.nodes.map((node) => explainer.explain(node));
}

/** One pass of the controller, and its words for each node. */
class NodeExplainer {
  readonly #input: ExplainInput;
  readonly #limits: RolloutLimits;
  readonly #ledger = new RolloutLedger();
  /** Nodes that the rollout updates now. */
  readonly #updates: ReadonlySet<string>;
  /** Why nothing is created or deleted; undefined when that is permitted. */
  readonly #frozen: string | undefined;
  /** What old pods wait for, other than the budget. */
  readonly #hold: RolloutHold | undefined;
  /** The zone that is being updated. */
  readonly #turn: string | undefined;
  readonly #waiting: string;
  /** By the hash of the override; '' for pods without one. */
  readonly #demands = new Map<string, PodDemands | Refusal>();

  readonly #places = new Map<PodSpec, { hold: string | undefined; peers: PodPeers | undefined }>();

  constructor(input: ExplainInput) {
    const { daemonSet, nodes, podsByNode, currentHash, now } = input;
    const compiled = compileDaemonSet(daemonSet);
    const { limits } = compiled;
    this.#input = input;
    this.#limits = limits;
    for (const node of nodes) {
      const name = nameOf(node);
      const state = { node, pods: podsByNode.get(name) ?? [], currentHash, now };
      this.#ledger.set(name, assessNode(compiled, state));
    }
    const permission = permissionOf({ ledger: this.#ledger, limits, currentHash });
    const { deletes, createOn } = decideRollout(this.#ledger, daemonSet.spec?.updateStrategy, permission);
    const { hold, mayManage, mayUpdate } = permission;
    this.#updates = new Set([...deletes.map(({ node }) => node), ...createOn]);
    this.#frozen = mayManage ? undefined : hold?.because;
    this.#hold = hold?.isShown || !mayUpdate ? hold : undefined;
    this.#turn = zoneInTurn(this.#ledger, permission);
    this.#waiting = this.#whyOthersWait();
  }

  explain(node: Node): NodeExplanation {
    const name = nameOf(node);
    const { daemonSet, podsByNode, currentHash } = this.#input;
    const assessment = this.#ledger.get(name) as NodeAssessment;
    const live = (podsByNode.get(name) ?? []).filter((pod) => !isPodDeleting(pod)).sort(compareDaemonPods);
    const pod = live[0] ?? podsByNode.get(name)?.[0];
    const [outcome, reason] = this.#verdict(node, assessment, pod);
    const revision = pod?.metadata?.labels?.[REVISION_LABEL] ?? '';
    const updated = isPodUpdated(pod?.metadata?.labels, daemonSet.metadata?.annotations, currentHash);
    return {
      node: name,
      eligible: assessment.eligibility.shouldRun,
      ...(pod && {
        pod: {
          name: pod.metadata?.name ?? '',
          revision: updated ? `${revision} (current)` : revision,
          ready: isPodReady(pod),
        },
      }),
      outcome,
      reason,
    };
  }

  #verdict(node: Node, assessment: NodeAssessment, pod: Pod | undefined): Verdict {
    const { eligibility, create, deletes } = assessment;
    const against = describeIneligibility(eligibility.because);
    if (isShuttingDown(node) && eligibility.shouldContinueRunning) return this.#shutdown(node, eligibility, pod);
    if (!pod && !create) return ['none', against];
    if (this.#frozen !== undefined && (create || deletes.length > 0)) return ['wait', this.#frozen];
    if (create) return this.#creation(node);
    const [removal] = deletes;
    if (removal) {
      const why = removal.reason === 'not-eligible' ? against : DELETE_REASONS[removal.reason];
      return ['delete', why];
    }
    if (pod && isPodDeleting(pod)) return ['wait', `the pod ${pod.metadata?.name} is terminating`];
    if (!eligibility.shouldRun) {
      const ends = this.#updates.has(nameOf(node));
      return ends
        ? ['delete', `${against}, so no pod follows the old one, which the update ends`]
        : ['keep', `${against}, but a pod that is there may stay`];
    }
    return this.#running(node, assessment, pod as Pod);
  }

  #shutdown(node: Node, { shouldRun }: Eligibility, pod: Pod | undefined): Verdict {
    const what = pod ? 'its pod is left alone' : 'no pod is created';
    return [pod ? 'keep' : shouldRun ? 'wait' : 'none', `${describeShutdown(node)}, so ${what}`];
  }

  #creation(node: Node): Verdict {
    const override = overrideFor(this.#limits.overrides, node);
    const sized = override ? `, with the resources for ${override.selector}` : '';
    const demands = this.#demandsOf(override);
    if ('refusal' in demands)
      return ['wait', `the node is eligible, and its pod is refused${sized}: ${demands.refusal}`];
    const { name = '', labels = {} } = node.metadata ?? {};
    // Admission may have added labels that the pod's node must have: those of a RuntimeClass.
    const isMatched = demands.nodeDemands.missing({ name, labels }) === undefined;
    const short = [...(isMatched ? [] : [NO_MATCH]), ...roomFaults(demands, this.#input.loadOf(node))];
    const kept = short.length > 0 ? undefined : this.#keptFrom(demands, node);
    if (kept !== undefined) short.push(kept);
    return short.length > 0
      ? ['create', `the node is eligible and has no pod; it will be Pending${sized}: ${short.join(', ')}`]
      : ['create', `the node is eligible and has no pod${sized}`];
  }

  /** What keeps the pod from the node though it has room there. */
  #keptFrom({ spec }: PodDemands, node: Node): string | undefined {
    const { view, daemonSet } = this.#input;
    if (!view) return undefined;
    let found = this.#places.get(spec);
    if (!found) {
      const labels = daemonSet.spec?.template.metadata?.labels ?? {};
      const namespace = daemonSet.metadata?.namespace ?? '';
      const pod = { namespace, labels, spec: withPinnedSpread(spec), isDeleting: false };
      found = { hold: holdOf(pod, view.claimOf), peers: peersOf(pod, view) };
      this.#places.set(spec, found);
    }
    return found.hold ?? found.peers?.fault(node);
  }

  /** What a pod with these resources asks of its node, or why it is refused. Thousands of nodes have one answer. */
  #demandsOf(override: ResourceOverride | undefined): PodDemands | Refusal {
    const key = override?.hash ?? '';
    const known = this.#demands.get(key);
    if (known) return known;
    const { daemonSet, admit } = this.#input;
    // The pinning affinity of a pod takes no room, so the template asks for as much as each of its pods.
    const spec = withOverride(daemonSet.spec?.template.spec ?? { containers: [] }, override);
    const admitted = admit?.(spec) ?? spec;
    const demands = 'refusal' in admitted ? admitted : podDemands(admitted);
    this.#demands.set(key, demands);
    return demands;
  }

  #running(node: Node, { role }: NodeAssessment, pod: Pod): Verdict {
    const name = nameOf(node);
    const scheduled = conditionOf(pod.status, 'PodScheduled');
    if (scheduled?.status === 'False') return ['wait', scheduled.message ?? 'the pod has no node yet'];
    const { view } = this.#input;
    const hold = view && pod.spec && !pod.spec.nodeName ? holdOf({ spec: pod.spec }, view.claimOf) : undefined;
    if (hold !== undefined) return ['wait', `the pod has no node yet: ${hold}`];
    switch (role.kind) {
      case 'none':
        return ['keep', 'the current revision runs'];
      case 'unavailable':
      case 'surging':
        return ['keep', this.#notAvailable(name)];
      case 'skipped':
        return [
          'wait',
          `an old revision: the node is NotReady, and is updated when it is back (${SKIP_NOT_READY_ANNOTATION})`,
        ];
      default:
        if (this.#updates.has(name)) return updated(role.kind);
        return ['wait', this.#otherZoneFirst(name) ?? this.#waiting];
    }
  }

  #notAvailable(node: string): string {
    const fault = this.#ledger.faults.get(node);
    return `the new pod is not available yet, and counts against the budget${fault ? `: ${fault.text}` : ''}`;
  }

  /** Why another zone is updated before the node's; undefined when it is not. */
  #otherZoneFirst(node: string): string | undefined {
    if (this.#turn === undefined || this.#hold || this.#ledger.get(node)?.zone === this.#turn) return undefined;
    const zone = `${this.#limits.zones?.label} ${this.#turn || '(none)'}`;
    return `an old revision: ${zone} is updated first (${ZONE_ORDER_ANNOTATION})`;
  }

  /** Why nodes that are not updated now have to wait. */
  #whyOthersWait(): string {
    const strategy = this.#input.daemonSet.spec?.updateStrategy;
    if (strategy?.type === 'OnDelete')
      return 'an old revision stays until its pod is deleted (updateStrategy OnDelete)';
    if (this.#hold) return `an old revision: ${this.#hold.because}`;
    const { maxSurge, maxUnavailable } = rolloutNumbers(strategy, this.#ledger.desired);
    const busy = [...this.#ledger.nodes()].filter(([, { role }]) => USES_BUDGET.includes(role.kind));
    const budget = maxSurge > 0 ? `maxSurge ${maxSurge}` : `maxUnavailable ${maxUnavailable}`;
    const by =
      busy.length > 0 ? ` is used by ${nameNodes(busy.map(([node]) => node))}` : ' is used up by nodes that go first';
    const partition = partitionOf(this.#limits, this.#ledger.desired);
    return `an old revision waits: ${budget}${by}${partition > 0 ? `, and ${PARTITION_ANNOTATION} keeps ${partition}` : ''}`;
  }
}

const USES_BUDGET: readonly RoleKind[] = ['unavailable', 'replace-now', 'surging'];

function updated(role: RoleKind): Verdict {
  const broken = role === 'replace-now' || role === 'create-now';
  return [
    'restart',
    broken ? 'an old revision that is not available is replaced at once' : 'an old revision, within the budget',
  ];
}
