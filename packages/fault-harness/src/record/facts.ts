import type { DaemonSetFacts, Facts, NodeFacts, PodFacts } from '@everynode/history-checker';

export interface JournalRow {
  revision: string;
  previous: string;
  type: number;
  resource: string;
  namespace: string;
  name: string;
  uid: string;
  at: number;
  metadata: string;
  desired: string;
  observed: string | null;
}

/** Finalizers of this domain are the items of a list that clients append to. */
export const ITEM_DOMAIN = 'faults.everynode.test/';
/** Only labels of this domain and those of nodes' topology are recorded: selectors use no others. */
export const LABEL_DOMAIN = 'faults.everynode.test/';

/** Names the last edit of an object that others write, too. */
export const EDIT = 'faults.everynode.test/edit';

interface Metadata {
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  finalizers?: string[];
  deletionTimestamp?: string;
  generation?: number;
  ownerReferences?: { uid: string; controller?: boolean }[];
}

/**
 * Taints that daemon pods tolerate by themselves (pkg/controller/daemon/util, AddOrUpdateDaemonPodTolerations). They
 * stay on a node that is not heard of (NoExecute), and none is started there (NoSchedule): the node is not eligible.
 */
const TOLERATED =
  /^node\.kubernetes\.io\/((not-ready|unreachable) NoExecute|(disk-pressure|memory-pressure|pid-pressure|unschedulable) NoSchedule)$/;

/** The parts of an object that the checks look at. */
export function factsOf(row: JournalRow): Facts {
  switch (row.resource) {
    case 'configmaps':
      return { ...labelsOf(row), ...clientValue(row) };
    case 'pods':
      return { ...labelsOf(row), pod: podFacts(row) };
    case 'nodes':
      return { ...labelsOf(row), ...editOf(row), node: nodeFacts(row) };
    case 'daemonsets.apps':
      return { ...labelsOf(row), ...editOf(row), daemonSet: daemonSetFacts(row) };
    case 'controllerrevisions.apps':
      return templateFacts(row);
    default:
      return {};
  }
}

const metadataOf = (row: JournalRow) => JSON.parse(row.metadata) as Metadata;
const desiredOf = <T>(row: JournalRow) => JSON.parse(row.desired) as T;
const observedOf = <T>(row: JournalRow) => JSON.parse(row.observed ?? '{}') as T;
const ownerOf = ({ ownerReferences = [] }: Metadata) => ownerReferences.find(({ controller }) => controller)?.uid ?? '';

function labelsOf(row: JournalRow): Pick<Facts, 'labels'> {
  const { labels = {} } = metadataOf(row);
  const kept = Object.entries(labels).filter(([key]) => key.startsWith(LABEL_DOMAIN));
  return kept.length === 0 ? {} : { labels: Object.fromEntries(kept) };
}

function editOf(row: JournalRow): Pick<Facts, 'value'> {
  const value = metadataOf(row).annotations?.[EDIT];
  return value === undefined ? {} : { value };
}

function clientValue(row: JournalRow): Pick<Facts, 'value'> {
  const { finalizers = [] } = metadataOf(row);
  const { data } = desiredOf<{ data?: Record<string, string> }>(row);
  const value = valueFrom(data, finalizers);
  return value === undefined ? {} : { value };
}

/** The value of a ConfigMap of the clients: its `value`, followed by the items that were appended to it. */
export function valueFrom(data: Record<string, string> | undefined, finalizers: string[] = []): string | undefined {
  if (data?.value === undefined) return undefined;
  const items = finalizers.filter((one) => one.startsWith(ITEM_DOMAIN)).map((one) => one.slice(ITEM_DOMAIN.length));
  return [data.value, ...items].join(',');
}

function podFacts(row: JournalRow): PodFacts {
  const metadata = metadataOf(row);
  const { phase = '', conditions = [] } = observedOf<{
    phase?: string;
    conditions?: { type: string; status: string }[];
  }>(row);
  const { nodeName = '' } = desiredOf<{ spec?: { nodeName?: string } }>(row).spec ?? {};
  return {
    owner: ownerOf(metadata),
    node: nodeName,
    hash: metadata.labels?.['controller-revision-hash'] ?? '',
    deleting: metadata.deletionTimestamp !== undefined,
    finished: phase === 'Succeeded' || phase === 'Failed',
    ready: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
  };
}

function nodeFacts(row: JournalRow): NodeFacts {
  const { taints = [], unschedulable = false } =
    desiredOf<{ spec?: { taints?: { key: string; effect: string }[]; unschedulable?: boolean } }>(row).spec ?? {};
  const { conditions = [] } = observedOf<{ conditions?: { type: string; status: string }[] }>(row);
  return {
    ready: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    unschedulable,
    taints: taints
      .filter(({ key, effect }) => effect !== 'PreferNoSchedule' && !TOLERATED.test(`${key} ${effect}`))
      .map(({ key }) => key),
  };
}

interface DaemonSetSpec {
  template: { spec?: { nodeSelector?: Record<string, string> } };
  updateStrategy?: {
    type?: string;
    rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string };
  };
}

function daemonSetFacts(row: JournalRow): DaemonSetFacts {
  const { generation = 0, deletionTimestamp } = metadataOf(row);
  const { template, updateStrategy = {} } = desiredOf<{ spec: DaemonSetSpec }>(row).spec;
  const status = observedOf<Record<string, number | undefined>>(row);
  return {
    nodeSelector: template.spec?.nodeSelector ?? {},
    maxUnavailable: String(updateStrategy.rollingUpdate?.maxUnavailable ?? 1),
    maxSurge: String(updateStrategy.rollingUpdate?.maxSurge ?? 0),
    generation,
    deleting: deletionTimestamp !== undefined,
    rolling: updateStrategy.type !== 'OnDelete',
    status: {
      generation: status.observedGeneration ?? 0,
      desired: status.desiredNumberScheduled ?? 0,
      current: status.currentNumberScheduled ?? 0,
      updated: status.updatedNumberScheduled ?? 0,
      ready: status.numberReady ?? 0,
      available: status.numberAvailable ?? 0,
      misscheduled: status.numberMisscheduled ?? 0,
    },
  };
}

function templateFacts(row: JournalRow): Facts {
  const metadata = metadataOf(row);
  const { revision = 0 } = desiredOf<{ revision?: number }>(row);
  const hash = metadata.labels?.['controller-revision-hash'] ?? '';
  return { template: { owner: ownerOf(metadata), number: revision, hash } };
}
