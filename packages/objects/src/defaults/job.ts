import type { CronJob, Job, JobSpec } from '../kinds/api-types.js';

/** pkg/apis/batch/v1 SetDefaults_Job. What the schema declares is set already. */
export function setJobDefaults({ metadata, spec }: Job): void {
  if (!spec) return;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  setPatternDefaults(spec);
  spec.manualSelector ??= false;
  if (spec.manualSelector === false) delete spec.manualSelector;
  const labels = spec.template.metadata?.labels;
  if (metadata && labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

/** pkg/apis/batch/v1 SetDefaults_PodFailurePolicyOnPodConditionsPattern. */
function setPatternDefaults({ podFailurePolicy }: JobSpec): void {
  for (const { onPodConditions } of podFailurePolicy?.rules ?? []) {
    for (const pattern of onPodConditions ?? []) pattern.status ||= 'True';
  }
}

/** pkg/apis/batch/v1 SetDefaults_CronJob. */
export function setCronJobDefaults({ spec }: CronJob): void {
  if (spec.jobTemplate.spec) setPatternDefaults(spec.jobTemplate.spec);
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
}

const UID = 'controller-uid';
const NAME = 'job-name';
const GROUP = 'batch.kubernetes.io/';

/**
 * Gives a new Job a selector of its own, and its pods the labels of that. Labels that the client has set stay; where
 * they do not match, validation refuses them. Source: pkg/registry/batch/job/strategy.go, generateSelector.
 */
export function setJobSelector({ metadata, spec }: Job): void {
  if (!spec || spec.manualSelector === true) return;
  const { name = '', uid = '' } = metadata ?? {};
  const own = { [UID]: uid, [GROUP + UID]: uid, [NAME]: name, [GROUP + NAME]: name };
  const { template, selector } = spec;
  template.metadata = { ...template.metadata, labels: { ...own, ...template.metadata?.labels } };
  spec.selector = { ...selector, matchLabels: { [GROUP + UID]: uid, ...selector?.matchLabels } };
}
