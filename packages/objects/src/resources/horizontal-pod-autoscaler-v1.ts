import { canonicalValue } from '../decode/canonical-value.js';
import { DecodeError } from '../decode/decode-error.js';
import type { KubeObject } from '../kube-object.js';

/** What v1 has no fields for is kept in these annotations, as JSON. Source: pkg/apis/autoscaling/annotations.go. */
const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const METRICS = `${PREFIX}metrics`;
const CURRENT_METRICS = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;
const OWN: readonly string[] = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR];

interface Metric {
  type?: string;
  resource?: { name?: string; target?: { averageUtilization?: number }; current?: { averageUtilization?: number } };
}

type Fields = Record<string, unknown>;

const cpu = (metrics: unknown): Metric | undefined =>
  ((metrics ?? []) as Metric[]).find(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu');

const isPlainCpu = (metric: Metric): boolean =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource.target?.averageUtilization !== undefined;

/** Reads the JSON of an annotation; undefined where it is missing, no JSON, or no value of its type. */
function parsed<T>(text: string | undefined, read: (value: unknown) => T): T | undefined {
  if (text === undefined) return undefined;
  try {
    return read(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Reads a value of a type of autoscaling/v2. */
const readerFor =
  (type: string) =>
  (value: unknown): unknown =>
    canonicalValue(`io.k8s.api.autoscaling.v2.${type}`, value);

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const parsedList = (text: string | undefined, type: string): unknown[] =>
  parsed(text, (value) => listOf(value).map(readerFor(type))) ?? [];

/** An autoscaler of v1 in the form of v2. */
export function toStoredAutoscaler(object: KubeObject): KubeObject {
  const annotations = object.metadata.annotations ?? {};
  const { targetCPUUtilizationPercentage: percentage, ...spec } = (object.spec ?? {}) as Fields;
  const { currentCPUUtilizationPercentage: current, ...status } = (object.status ?? {}) as Fields;
  const target = { type: 'Utilization', averageUtilization: percentage };
  const metrics = [
    ...parsedList(annotations[METRICS], 'MetricSpec'),
    ...(percentage === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target } }]),
  ];
  const currents = [
    ...parsedList(annotations[CURRENT_METRICS], 'MetricStatus'),
    ...(current === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }]),
  ];
  const behavior = parsed(annotations[BEHAVIOR], readerFor('HorizontalPodAutoscalerBehavior'));
  const conditions = parsedList(annotations[CONDITIONS], 'HorizontalPodAutoscalerCondition');
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(object, {}),
    spec: { ...spec, ...(metrics.length > 0 && { metrics }), ...(behavior !== undefined && { behavior }) },
    status: {
      ...status,
      currentMetrics: currents.length > 0 ? currents : null,
      ...(conditions.length > 0 && { conditions }),
    },
  } as KubeObject;
}

/** A stored autoscaler in the form of v1. */
export function fromStoredAutoscaler(object: KubeObject): KubeObject {
  const { metrics, behavior, ...spec } = (object.spec ?? {}) as Fields;
  const { currentMetrics, conditions, ...status } = (object.status ?? {}) as Fields;
  const others = ((metrics ?? []) as Metric[]).filter((metric) => !isPlainCpu(metric));
  const percentage = cpu(metrics)?.resource?.target?.averageUtilization;
  const current = cpu(currentMetrics)?.resource?.current?.averageUtilization;
  const kept = {
    ...(others.length > 0 && { [METRICS]: JSON.stringify(others) }),
    ...(listOf(currentMetrics).length > 0 && { [CURRENT_METRICS]: JSON.stringify(currentMetrics) }),
    ...(listOf(conditions).length > 0 && { [CONDITIONS]: JSON.stringify(conditions) }),
    ...(behavior !== undefined && { [BEHAVIOR]: JSON.stringify(behavior) }),
  };
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(object, kept),
    spec: { ...spec, ...(percentage !== undefined && { targetCPUUtilizationPercentage: percentage }) },
    status: {
      currentReplicas: 0,
      ...status,
      ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
    },
  } as KubeObject;
}

/** The metadata with these of the annotations that hold what v1 has no fields for. */
function withAnnotations({ metadata }: KubeObject, kept: Record<string, string>): KubeObject['metadata'] {
  const { annotations = {}, ...rest } = metadata;
  const others = Object.entries(annotations).filter(([name]) => !OWN.includes(name));
  const all = { ...Object.fromEntries(others), ...kept };
  return { ...rest, ...(Object.keys(all).length > 0 && { annotations: all }) };
}
