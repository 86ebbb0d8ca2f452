import type { NodeRegistration, PodStatusItem } from '@everynode/contract';
import { isKubeletLabel } from '@everynode/contract/kubelet-labels';
import {
  ApiError,
  canonicalValue,
  DecodeError,
  decodeObject,
  fieldErrorMessage,
  maybeUnstorable,
  type Node,
  nulErrors,
  type PodStatus,
  QuantityError,
  resourceByStorage,
  type Stored,
} from '@everynode/objects';
import type { Decision } from '@everynode/store';
import { ReportRefusedError } from './report-refused-error.js';

/** The longest JSON text of a pod's status and of a node's, in UTF-16 units. */
export const MAX_POD_STATUS = 64 * 1024;
export const MAX_NODE_STATUS = 256 * 1024;

const POD_STATUS = 'io.k8s.api.core.v1.PodStatus';
const nodes = resourceByStorage('nodes');

/**
 * Reads the status of a report with the decoder that the api uses for PUT pods/status, which returns it in canonical
 * form: wrong types, times and quantities are refused, and unknown fields dropped.
 * @throws ReportRefusedError
 */
export function readPodStatus({ status, ...item }: PodStatusItem): PodStatusItem {
  if (status === undefined) return item;
  const read = refusing(() => canonicalValue(POD_STATUS, status)) as PodStatus;
  for (const list of CONTAINER_LISTS) checkNamed(read[list], 'name', list);
  checkNamed(read.conditions, 'type', 'conditions');
  return { ...item, status: read as Record<string, unknown> };
}

/** A registration in canonical form, and the labels that it may not set. */
export interface ReadRegistration {
  registration: NodeRegistration;
  refusedLabels: string[];
}

/**
 * Reads a registration with the decoder and the rules that the api has for a new node. Of the labels of Kubernetes
 * itself only those of a kubelet are taken.
 * @throws ReportRefusedError
 */
export function readRegistration(sent: NodeRegistration): ReadRegistration {
  const { name, labels, annotations, taints = [], status } = sent;
  const entries = Object.entries(labels ?? {});
  const allowed = Object.fromEntries(entries.filter(([key]) => isKubeletLabel(key)));
  const value = { metadata: { name, labels: allowed, annotations }, spec: { taints }, status };
  const read = refusing(() => {
    const { object } = decodeObject({ value }, nodes);
    const [error] = nodes.validate(object);
    if (error) throw new ReportRefusedError(fieldErrorMessage(error));
    const node = object as Stored<Node>;
    checkNamed(node.status?.conditions, 'type', 'conditions');
    return node;
  });
  return {
    registration: {
      ...sent,
      ...(labels && { labels: allowed }),
      taints: read.spec?.taints ?? [],
      status: (read.status ?? {}) as Record<string, unknown>,
    },
    refusedLabels: entries.map(([key]) => key).filter((key) => !isKubeletLabel(key)),
  };
}

/**
 * The decision, unless it would store a status that is too long, or text that Postgres cannot hold.
 * @throws ReportRefusedError
 */
export function checkedDecision(decision: Decision, maxStatus: number): Decision {
  if (!('parts' in decision)) return decision;
  for (const [part, text] of Object.entries(decision.parts ?? {})) {
    if (text === null) continue;
    if (part === 'observed' && text.length > maxStatus) {
      throw new ReportRefusedError(`the status is longer than ${maxStatus} characters`);
    }
    const [error] = maybeUnstorable(text) ? nulErrors(JSON.parse(text), part === 'observed' ? 'status' : part) : [];
    if (error) throw new ReportRefusedError(fieldErrorMessage(error));
  }
  return decision;
}

const CONTAINER_LISTS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const;

/** The decoder reads null as an item of zero values, as Go does. No kubelet sends an item without its name. */
function checkNamed<K extends string>(
  list: readonly { [key in K]?: string }[] | undefined,
  key: K,
  field: string,
): void {
  const index = list?.findIndex((item) => !item[key]) ?? -1;
  if (index >= 0) throw new ReportRefusedError(`status.${field}[${index}].${key}: Required value`);
}

function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const isRefusal = cause instanceof ApiError || cause instanceof DecodeError || cause instanceof QuantityError;
    throw isRefusal ? new ReportRefusedError(cause.message, { cause }) : cause;
  }
}
