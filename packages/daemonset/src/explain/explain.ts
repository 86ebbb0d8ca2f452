import { type DaemonSet, isPodReady, type Node, type Pod } from '@everynode/objects';
import { assessNode, type DeleteReason, type NodeAssessment } from '../assessment/assessment.js';
import { type RolloutLimits, SKIP_NOT_READY_ANNOTATION, ZONE_ORDER_ANNOTATION } from '../limits/rollout-limits.js';
import { compileDaemonSet, eligibilityOf, type Ineligibility } from '../placement/eligibility.js';
import { type NodeLoad, roomDemands, roomFaults } from '../placement/node-fit.js';
import { REVISION_LABEL } from '../pods/daemon-pod.js';
import { compareDaemonPods, isPodDeleting, isPodUpdated } from '../pods/pod-state.js';
import { overrideFor, withOverride } from '../pods/resource-overrides.js';
import { type RolloutDecision, RolloutLedger } from '../rollout/rollout-ledger.js';
import { permissionOf, type RolloutHold, type RolloutPermission } from '../rollout/rollout-permission.js';
import { rolloutNumbers } from '../rollout/strategy.js';
import { nameNodes } from './name-nodes.js';

/**
 * What becomes of a node next. `none`: no pod is there and none is to be. `keep`: its pod stays as it is. `create`, `delete`,
 * `restart`: what the controller does now. `wait`: something holds up what it would do.
 */
export type NodeOutcome = 'none' | 'keep' | 'create' | 'delete' | 'restart' | 'wait';

/** Why a node has a pod of the DaemonSet, or has none. */
export interface NodeExplanation {
  node: string;
  /** A pod should run there. */
  eligible: boolean;
  /** The pod that counts for the node, where there is one. */
  pod?: { name: string; revision: string; ready: boolean };
  outcome: NodeOutcome;
  /** The term, taint, resource or budget that decides it, in words for a person. */
  reason: string;
}

/** What there is to know about a DaemonSet at one moment. */
export interface ExplainInput {
  daemonSet: DaemonSet;
  nodes: readonly Node[];
  /** The DaemonSet's pods by the name of the node they are on or meant for. */
  podsByNode: ReadonlyMap<string, readonly Pod[]>;
  /** Of the current revision; empty when there is none yet, which makes every pod an old one. */
  currentHash: string;
  /** ms since the epoch. */
  now: number;
  /** All that takes room on a node. */
  loadOf: (node: Node) => NodeLoad;
}

export function describeIneligibility(because: Ineligibility | undefined): string {
  switch (because?.kind) {
    case undefined:
      return 'the node is not there';
    case 'node-name':
      return `spec.nodeName of the template names ${because.wanted}`;
    case 'selector':
      return `the node does not match ${because.missing}`;
    case 'taint': {
      const { key, value, effect } = because.taint;
      return `the taint ${key}${value ? `=${value}` : ''}:${effect} is not tolerated`;
    }
  }
}

const DELETE_REASONS: Readonly<Record<DeleteReason, string>> = {
  'not-eligible': 'the pod must not stay',
  failed: 'the pod has failed and is made anew',
  succeeded: 'the pod has ended and is made anew',
  excess: 'there is more than one pod on the node; the oldest stays',
  replaced: 'the pod of the new revision has taken over',
  'node-gone': 'the node is gone',
};

/** One pass of the controller, put in words: the same assessments, ledger and policy decide. Pure; in the order of the nodes. */
export function explainDaemonSet(input: ExplainInput): NodeExplanation[] {
  const { daemonSet, nodes, podsByNode, currentHash, now } = input;
  const compiled = compileDaemonSet(daemonSet);
  const ledger = new RolloutLedger();
  for (const node of nodes) {
    const name = node.metadata?.name ?? '';
    ledger.set(name, assessNode(compiled, { node, pods: podsByNode.get(name) ?? [], currentHash, now }));
  }
  const permission = permissionOf({ ledger, limits: compiled.limits, currentHash });
  const decision = ledger.decide(daemonSet.spec?.updateStrategy, permission);
  const pass = new Pass(input, ledger, permission, decision, compiled.limits);
  return nodes.map((node) => pass.explain(node));
}

class Pass {
  readonly #input: ExplainInput;
  readonly #ledger: RolloutLedger;
  readonly #restarts: ReadonlySet<string>;
  readonly #surges: ReadonlySet<string>;
  readonly #mayManage: boolean;
  /** What old pods wait for, beside the budget. */
  readonly #hold: RolloutHold | undefined;
  readonly #waiting: string;
  readonly #limits: RolloutLimits;
  /** The zone that is being updated. */
  readonly #turn: string | undefined;

  constructor(
    input: ExplainInput,
    ledger: RolloutLedger,
    permission: RolloutPermission,
    decision: RolloutDecision,
    limits: RolloutLimits,
  ) {
    this.#limits = limits;
    this.#input = input;
    this.#ledger = ledger;
    this.#restarts = new Set(decision.deletes.map(({ node }) => node));
    this.#surges = new Set(decision.createOn);
    const { hold, mayManage, mayUpdate } = permission;
    this.#mayManage = mayManage;
    this.#hold = hold?.isShown || !mayUpdate ? hold : undefined;
    this.#turn = ledger.zoneInTurn(permission);
    this.#waiting = this.#whyOthersWait();
  }

  explain(node: Node): NodeExplanation {
    const name = node.metadata?.name ?? '';
    const { daemonSet, podsByNode, currentHash } = this.#input;
    const assessment = this.#ledger.get(name) as NodeAssessment;
    const live = (podsByNode.get(name) ?? []).filter((pod) => !isPodDeleting(pod)).sort(compareDaemonPods);
    const pod = live[0] ?? podsByNode.get(name)?.[0];
    const [outcome, reason] = this.#outcome(node, assessment, pod);
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

  #outcome(node: Node, assessment: NodeAssessment, pod: Pod | undefined): [NodeOutcome, string] {
    const { eligibility, create, deletes } = assessment;
    const against = describeIneligibility(eligibility.because);
    if (!pod && !create) return ['none', against];
    if (!this.#mayManage && (create || deletes.length > 0)) return ['wait', this.#hold?.because ?? ''];
    if (create) return this.#creation(node);
    const [removal] = deletes;
    if (removal) {
      const why = removal.reason === 'not-eligible' ? against : DELETE_REASONS[removal.reason];
      return ['delete', why];
    }
    if (pod && isPodDeleting(pod)) return ['wait', `the pod ${pod.metadata?.name} is on its way out`];
    if (!eligibility.shouldRun) return ['keep', `${against}, but a pod that is there may stay`];
    return this.#running(node, assessment, pod as Pod);
  }

  #creation(node: Node): [NodeOutcome, string] {
    const { daemonSet, loadOf } = this.#input;
    // What pins a pod to its node takes no room: the template asks for as much as each of its pods.
    const template = daemonSet.spec?.template.spec ?? { containers: [] };
    const override = overrideFor(this.#limits.overrides, node);
    const spec = withOverride(template, override);
    const sized = override ? `, with the resources for ${override.selector}` : '';
    const short = roomFaults(roomDemands(spec), loadOf(node));
    return short.length > 0
      ? ['create', `the node is eligible and has no pod; it will be Pending${sized}: ${short.join(', ')}`]
      : ['create', `the node is eligible and has no pod${sized}`];
  }

  #running(node: Node, { rollout }: NodeAssessment, pod: Pod): [NodeOutcome, string] {
    const name = node.metadata?.name ?? '';
    const unplaced = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
    if (unplaced) return ['wait', unplaced.message ?? 'the pod has no node yet'];
    switch (rollout.kind) {
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
        if (this.#restarts.has(name) || this.#surges.has(name)) return this.#update(rollout.kind);
        return ['wait', this.#inTurn(name) ?? this.#waiting];
    }
  }

  #notAvailable(node: string): string {
    const fault = this.#ledger.faults.get(node);
    return `the new pod is not available yet, and counts against the budget${fault ? `: ${fault.text}` : ''}`;
  }

  /** Why another zone goes before the node's; undefined when it is its turn. */
  #inTurn(node: string): string | undefined {
    if (this.#turn === undefined || this.#hold || this.#ledger.get(node)?.zone === this.#turn) return undefined;
    return `an old revision: ${this.#limits.zones?.label} ${this.#turn || '(none)'} is updated first (${ZONE_ORDER_ANNOTATION})`;
  }

  #update(kind: string): [NodeOutcome, string] {
    const broken = kind === 'replace-now' || kind === 'create-now';
    return [
      'restart',
      broken ? 'an old revision that is not available is replaced at once' : 'an old revision, within the budget',
    ];
  }

  /** What holds up updates on nodes that the budget does not reach. */
  #whyOthersWait(): string {
    const { daemonSet } = this.#input;
    const strategy = daemonSet.spec?.updateStrategy;
    if (strategy?.type === 'OnDelete')
      return 'an old revision stays until its pod is deleted (updateStrategy OnDelete)';
    if (this.#hold) return `an old revision: ${this.#hold.because}`;
    const { maxSurge, maxUnavailable } = rolloutNumbers(strategy, this.#ledger.desired);
    const busy = [...this.#ledger.nodes()]
      .filter(([, { rollout }]) => ['unavailable', 'replace-now', 'surging'].includes(rollout.kind))
      .map(([node]) => node);
    const budget = maxSurge > 0 ? `maxSurge ${maxSurge}` : `maxUnavailable ${maxUnavailable}`;
    const by = busy.length > 0 ? ` is used by ${nameNodes(busy)}` : ' is used up by nodes that go first';
    const { partition } = this.#limits;
    return `an old revision waits: ${budget}${by}${partition > 0 ? `, and everynode.io/partition keeps ${partition}` : ''}`;
  }
}

/** What a change would do, node by node. */
export interface ChangePreview {
  gain: string[];
  lose: string[];
  restart: string[];
}

/**
 * What becomes of each node in the end when the first manifest is replaced by the second; no budget holds it up. `before` is
 * undefined for a new DaemonSet. Pure.
 */
export function previewChange(
  before: DaemonSet | undefined,
  after: DaemonSet,
  nodes: readonly Node[],
  podsByNode: ReadonlyMap<string, readonly Pod[]>,
  sameTemplate: boolean,
): ChangePreview {
  const compiled = compileDaemonSet(after);
  const preview: ChangePreview = { gain: [], lose: [], restart: [] };
  const updates = before !== undefined && !sameTemplate && after.spec?.updateStrategy?.type !== 'OnDelete';
  for (const node of nodes) {
    const name = node.metadata?.name ?? '';
    const has = (podsByNode.get(name) ?? []).some((pod) => !isPodDeleting(pod));
    const eligibility = eligibilityOf(compiled, node);
    if (!has && eligibility.shouldRun) preview.gain.push(name);
    else if (has && !eligibility.shouldContinueRunning) preview.lose.push(name);
    else if (has && updates && eligibility.shouldRun) preview.restart.push(name);
  }
  return preview;
}

/** One line for a person; undefined when nothing would happen to any pod. */
export function describePreview({ gain, lose, restart }: ChangePreview): string | undefined {
  const part = (names: string[], verb: string): string[] =>
    names.length > 0 ? [`${verb} on ${names.length} node${names.length === 1 ? '' : 's'} (${nameNodes(names)})`] : [];
  const parts = [...part(gain, 'start a pod'), ...part(lose, 'end the pod'), ...part(restart, 'restart the pod')];
  return parts.length > 0 ? `this would ${parts.join('; ')}` : undefined;
}
