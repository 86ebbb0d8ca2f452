import type { CachedObject } from '@everynode/list-watch';
import { formatGoDuration, formatQuantity, timestamp } from '@everynode/objects';
import type { KnownUsage } from './node-usages.js';

interface Metadata {
  name: string;
  namespace?: string;
  creationTimestamp: string;
  labels?: Readonly<Record<string, string>>;
}

interface Usage {
  cpu: string;
  memory: string;
}

interface Used {
  cpuNanocores: number;
  workingSetBytes: number;
}

interface Measured {
  metadata: Metadata;
  timestamp: string;
  window: string;
}

/** What a node or a pod uses, in the form of the group `metrics.k8s.io`; and the sum of that, as tables show it. */
export interface ResourceMetrics {
  object: Measured & ({ usage: Usage } | { containers: { name: string; usage: Usage }[] });
  total: Usage;
}

/** Source: k8s.io/metrics pkg/apis/metrics/v1beta1, NodeMetrics. Undefined where nothing is known. */
export function nodeMetrics(node: CachedObject, usage: KnownUsage | undefined): ResourceMetrics | undefined {
  if (!usage) return undefined;
  const total = amounts(usage);
  return { object: { ...measured(node, usage), usage: total }, total };
}

/** Source: k8s.io/metrics pkg/apis/metrics/v1beta1, PodMetrics. `usage` is that of its node. */
export function podMetrics(pod: CachedObject, usage: KnownUsage | undefined): ResourceMetrics | undefined {
  const own = usage?.pods.get(pod.metadata.uid);
  if (!own) return undefined;
  const containers = own.containers.map(({ name, ...used }) => ({ name, usage: amounts(used) }));
  const sum = (of: keyof Used): number => own.containers.reduce((total, one) => total + one[of], 0);
  const total = amounts({ cpuNanocores: sum('cpuNanocores'), workingSetBytes: sum('workingSetBytes') });
  return { object: { ...measured(pod, own), containers }, total };
}

/** The labels are those of the object. As of metrics-server it is created when it is answered. */
function measured({ record, labels }: CachedObject, { atMs, windowMs }: { atMs: number; windowMs: number }): Measured {
  const { name, namespace } = record;
  const metadata: Metadata = {
    name,
    ...(namespace !== '' && { namespace }),
    creationTimestamp: timestamp(Date.now()),
    ...(labels && Object.keys(labels).length > 0 && { labels }),
  };
  return { metadata, timestamp: timestamp(atMs), window: formatGoDuration(windowMs) };
}

const NANOS = 10n ** 9n;

const amounts = ({ cpuNanocores, workingSetBytes }: Used): Usage => ({
  cpu: formatQuantity({ nanos: BigInt(cpuNanocores), format: 'DecimalSI' }),
  memory: formatQuantity({ nanos: BigInt(workingSetBytes) * NANOS, format: 'BinarySI' }),
});

/** The columns of metrics-server. Source: its pkg/api/table.go. */
export const METRICS_COLUMNS = [
  { name: 'Name', type: 'string', format: 'name', description: 'Name of the resource', priority: 0 },
  ...['cpu', 'memory'].map((name) => ({ name, type: 'string', format: 'quantity', description: '', priority: 0 })),
  { name: 'Window', type: 'string', format: 'duration', description: '', priority: 0 },
];
