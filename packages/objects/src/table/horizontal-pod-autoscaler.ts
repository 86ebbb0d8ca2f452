import type { KubeObject } from '../kube-object.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME, of } from './columns.js';

interface Target {
  averageUtilization?: number;
  averageValue?: string;
  value?: string;
}

interface MetricSource {
  name?: string;
  target?: Target;
  current?: Target;
}

/** A metric of the spec or of the status: its source is the member that its type names. */
interface Metric extends Partial<Record<string, unknown>> {
  type: string;
}

interface Autoscaler extends KubeObject {
  spec?: {
    scaleTargetRef?: { kind?: string; name?: string };
    minReplicas?: number;
    maxReplicas?: number;
    metrics?: Metric[];
  };
  status?: { currentReplicas?: number; currentMetrics?: Metric[] | null };
}

const SHOWN = 2;

const sourceOf = (metric: Metric | undefined): MetricSource => {
  const member = metric && metric.type.charAt(0).toLowerCase() + metric.type.slice(1);
  return ((member && metric[member]) ?? {}) as MetricSource;
};

/** `cpu: 40%/80%`, `<unknown>/10`. */
function target(metric: Metric, current: Metric | undefined): string {
  const { name, target: wanted = {} } = sourceOf(metric);
  const { current: now = {} } = sourceOf(current);
  const label = metric.type.endsWith('Resource') ? `${name ?? ''}: ` : '';
  if (wanted.averageUtilization !== undefined) {
    const utilization = now.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}%`;
    return `${label}${utilization}/${wanted.averageUtilization}%`;
  }
  if (wanted.averageValue !== undefined && metric.type !== 'Resource' && metric.type !== 'Pods') {
    return `${label}${now.averageValue ?? '<unknown>'}/${wanted.averageValue} (avg)`;
  }
  return `${label}${now.averageValue ?? now.value ?? '<unknown>'}/${wanted.averageValue ?? wanted.value ?? '<auto>'}`;
}

function targets({ spec, status }: Autoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, SHOWN).map((metric, at) => target(metric, status?.currentMetrics?.[at]));
  const more = metrics.length - SHOWN;
  return shown.join(', ') + (more > 0 ? ` + ${more} more...` : '');
}

/** `kubectl get horizontalpodautoscalers`. Rule: pkg/printers/internalversion, printHorizontalPodAutoscaler. */
export const horizontalPodAutoscalerTable: TableDefinition = {
  columns: [
    NAME,
    column('Reference', of('autoscaling.v2.HorizontalPodAutoscalerSpec', 'scaleTargetRef')),
    column('Targets', of('autoscaling.v2.HorizontalPodAutoscalerSpec', 'metrics')),
    column('MinPods', of('autoscaling.v2.HorizontalPodAutoscalerSpec', 'minReplicas')),
    column('MaxPods', of('autoscaling.v2.HorizontalPodAutoscalerSpec', 'maxReplicas')),
    column('Replicas', of('autoscaling.v2.HorizontalPodAutoscalerStatus', 'currentReplicas')),
    AGE,
  ],
  row(object, now) {
    const { metadata, spec, status } = object as Autoscaler;
    return {
      cells: [
        metadata.name,
        `${spec?.scaleTargetRef?.kind ?? ''}/${spec?.scaleTargetRef?.name ?? ''}`,
        targets(object as Autoscaler),
        String(spec?.minReplicas ?? '<unset>'),
        spec?.maxReplicas ?? 0,
        status?.currentReplicas ?? 0,
        ageOf(object, now),
      ],
    };
  },
};
