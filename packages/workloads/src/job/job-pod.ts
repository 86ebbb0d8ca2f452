import type { EnvVar, PodTemplateSpec } from '@everynode/objects';
import { INDEX_KEY } from './indexes.js';
import { TRACKING_FINALIZER } from './job-tally.js';
import type { NewJobPod } from './plan-job.js';

const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';

/**
 * Returns the template of a Job's pod: with the finalizer that is kept until its end is counted and, for a pod with an
 * index, what tells the pod its index. Source: job_controller.go, manageJob; indexed_job_utils.go.
 */
export function jobPodTemplate(
  template: PodTemplateSpec,
  name: string,
  { index, annotations: facts }: NewJobPod = { index: undefined, annotations: {} },
): PodTemplateSpec {
  const { metadata, spec } = template;
  const finalizers = [...(metadata?.finalizers ?? []), TRACKING_FINALIZER];
  if (index === undefined || !spec) return { ...template, metadata: { ...metadata, finalizers } };
  const key = { [INDEX_KEY]: String(index) };
  const variable: EnvVar = {
    name: INDEX_VARIABLE,
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX_KEY}']` } },
  };
  const told = <C extends { env?: EnvVar[] }>(container: C): C =>
    container.env?.some((one) => one.name === INDEX_VARIABLE)
      ? container
      : { ...container, env: [...(container.env ?? []), variable] };
  return {
    metadata: {
      ...metadata,
      finalizers,
      annotations: { ...metadata?.annotations, ...key, ...facts },
      labels: { ...metadata?.labels, ...key },
    },
    spec: {
      ...spec,
      hostname: `${name}-${index}`,
      containers: spec.containers.map(told),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(told) }),
    },
  };
}
