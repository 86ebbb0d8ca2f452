import { randomUUID } from 'node:crypto';
import { incarnationOf, type NodeRegistration } from '@everynode/contract';
import { SHUTTING_DOWN } from '@everynode/daemonset';
import {
  AGENT_ANNOTATION,
  isConditionTrue,
  type KubeObject,
  metadataText,
  type NodeCondition,
  type NodeStatus,
  type StoredMeta,
  splitObject,
  timestamp,
} from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/** Labels that a kubelet corrects whenever it registers. Once the node exists, all others belong to the user. */
const OWN_LABELS = ['kubernetes.io/hostname', 'kubernetes.io/os', 'kubernetes.io/arch'];

/**
 * Another agent hosts this node. Only an administrator moves it (docs/decisions/0029): the agent registers it again
 * until then.
 */
export class NodeTakenError extends Error {
  override readonly name = 'NodeTakenError';
  readonly retryable = true;
  constructor(
    readonly node: string,
    readonly host: string,
    readonly claimant: string,
  ) {
    super(`node ${node} is hosted by ${host}; an administrator may move it to ${claimant}`);
  }
}

/**
 * Decides what a registration writes. A new node gets the labels and taints of the registration. A known node keeps its
 * labels and taints, which belong to the user, and gets the reported status (kubelet's registerWithAPIServer does the
 * same). A registration of an earlier process of the host than the last one keeps the node. `now` is in ms since 1970;
 * `order` is that of the message (reportOrder).
 *
 * @throws NodeTakenError when another agent hosts the node, Ready or not.
 */
export function decideRegistration(
  current: Current<'all-but-desired'> | undefined,
  registration: NodeRegistration,
  agent: string,
  now: number,
  order: number,
): Decision {
  const at = timestamp(now);
  if (!current) {
    const metadata: StoredMeta = {
      name: registration.name,
      uid: randomUUID(),
      creationTimestamp: at,
      ...(registration.labels && { labels: registration.labels }),
      annotations: { ...registration.annotations, [AGENT_ANNOTATION]: agent },
    };
    const taints = registration.taints ?? [];
    const node: KubeObject = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata,
      spec: taints.length > 0 ? { taints } : {},
      status: registration.status,
    };
    return { kind: 'create', uid: metadata.uid, parts: splitObject(node), placement: agent, sequence: order };
  }
  const { placement: host } = current;
  if (host !== null && host !== agent) throw new NodeTakenError(registration.name, host, agent);
  if (host === agent && order < current.sequence) return { kind: 'keep' };
  const metadata = JSON.parse(current.metadata) as StoredMeta;
  const stored = JSON.parse(current.observed ?? '{}') as NodeStatus;
  const labels = { ...metadata.labels };
  for (const key of OWN_LABELS) {
    const value = registration.labels?.[key];
    if (value !== undefined) labels[key] = value;
  }
  const annotations = { ...metadata.annotations, [AGENT_ANNOTATION]: agent };
  const next = metadataText({ ...metadata, labels, annotations });
  const isNewProcess = incarnationOf(order) !== incarnationOf(current.sequence);
  const kept = isNewProcess ? withoutShutdown(stored) : stored;
  const observed = JSON.stringify(mergeNodeStatus(kept, registration.status as NodeStatus));
  if (next === current.metadata && observed === current.observed && host === agent) {
    // All registrations of one process say the same. A late one of an earlier process must not be taken for newer.
    return isNewProcess ? { kind: 'keep', sequence: order } : { kind: 'keep' };
  }
  return {
    kind: 'update',
    parts: {
      ...(next !== current.metadata && { metadata: next }),
      ...(observed !== current.observed && { observed }),
    },
    placement: agent,
    sequence: order,
  };
}

/** A machine whose agent has started is not shutting down any more, whatever became of the agent before. KEP-6249. */
const withoutShutdown = (status: NodeStatus): NodeStatus =>
  isConditionTrue(status, SHUTTING_DOWN)
    ? { ...status, conditions: (status.conditions ?? []).filter(({ type }) => type !== SHUTTING_DOWN) }
    : status;

/** A condition whose status did not change keeps the time of its last transition. */
function mergeNodeStatus(stored: NodeStatus, reported: NodeStatus): NodeStatus {
  const before = new Map(stored.conditions?.map((condition) => [condition.type, condition]));
  const conditions = (reported.conditions ?? []).map((condition): NodeCondition => {
    const known = before.get(condition.type);
    before.delete(condition.type);
    const unchanged = known?.status === condition.status && Boolean(known.lastTransitionTime);
    return unchanged ? { ...condition, lastTransitionTime: known.lastTransitionTime as string } : condition;
  });
  return { ...stored, ...reported, conditions: [...conditions, ...before.values()] };
}
