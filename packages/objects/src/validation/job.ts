import type { FieldError } from '../field-error.js';
import type { Job, JobSpec, PodSpec, PodTemplateSpec } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { append, invalidValue, nonNegative, notSupported, required, tooLong } from './field-errors.js';
import { validateFailurePolicy, validateSuccessPolicy } from './job-policies.js';
import { dnsLabelMessages } from './names.js';
import { validateUnchanged } from './object-meta.js';
import { validateDomainPrefixedPath } from './paths.js';

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

const MOST_INDEXES = 100_000;
/** What is allowed with more completions than `MOST_INDEXES` and a limit by index. */
const MOST_OF_MANY = 10_000;
const MAX_MANAGED_BY = 63;

/** pkg/apis/batch/validation ValidateJob, as far as the facts of the types do not tell it. */
export function validateJob({ metadata, spec }: Job): FieldError[] {
  if (!spec) return [];
  const errors = validateJobSpec(spec, 'spec');
  const { completionMode, completions = 0 } = spec;
  if (completionMode !== 'Indexed' || completions === 0) return errors;
  const last = `${metadata?.name}-${completions - 1}`;
  if (dnsLabelMessages(last).length > 0) {
    const detail = `will not able to create pod with invalid DNS label: ${last}`;
    errors.push(invalidValue('metadata.name', metadata?.name, detail));
  }
  return errors;
}

/** pkg/apis/batch/validation validateJobSpec, for Jobs and for templates of them. */
export function validateJobSpec(spec: JobSpec, field: string): FieldError[] {
  const errors = COUNTS.flatMap((name) => nonNegative(`${field}.${name}`, spec[name]));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  if (spec.managedBy !== undefined) append(errors, managedByErrors(spec.managedBy, `${field}.managedBy`));
  const isIndexed = spec.completionMode === 'Indexed';
  append(errors, isIndexed ? indexedErrors(spec, field) : plainErrors(spec, field));
  if (spec.podFailurePolicy) append(errors, validateFailurePolicy(spec, `${field}.podFailurePolicy`));
  if (spec.successPolicy) {
    const at = `${field}.successPolicy`;
    const refused = invalidValue(at, spec.successPolicy, 'requires indexed completion mode');
    append(errors, isIndexed ? validateSuccessPolicy(spec, at) : [refused]);
  }
  const replacements = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  const { podReplacementPolicy: replacement } = spec;
  if (replacement !== undefined && !replacements.includes(replacement)) {
    errors.push(notSupported(`${field}.podReplacementPolicy`, replacement, replacements));
  }
  return [...errors, ...restartErrors(spec, `${field}.template.spec.restartPolicy`)];
}

function managedByErrors(value: string, field: string): FieldError[] {
  const errors = validateDomainPrefixedPath(value, field);
  return value.length > MAX_MANAGED_BY ? [...errors, tooLong(field, MAX_MANAGED_BY)] : errors;
}

function indexedErrors(spec: JobSpec, field: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const errors: FieldError[] = [];
  const most = (name: 'parallelism' | 'maxFailedIndexes', count: number, when: string): FieldError =>
    invalidValue(`${field}.${name}`, spec[name], `must be less than or equal to ${count}${when}`);
  if (completions === undefined) errors.push(required(`${field}.completions`, 'when completion mode is Indexed'));
  if (parallelism > MOST_INDEXES) errors.push(most('parallelism', MOST_INDEXES, ' when completion mode is Indexed'));
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions) {
    errors.push(
      invalidValue(`${field}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'),
    );
  }
  if ((maxFailedIndexes ?? 0) > MOST_INDEXES) errors.push(most('maxFailedIndexes', MOST_INDEXES, ''));
  if ((completions ?? 0) <= MOST_INDEXES || backoffLimitPerIndex === undefined) return errors;
  const many = ` when completions are above ${MOST_INDEXES} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined) {
    const detail = `must be specified when completions is above ${MOST_INDEXES}`;
    errors.push(required(`${field}.maxFailedIndexes`, detail));
  }
  if (parallelism > MOST_OF_MANY) errors.push(most('parallelism', MOST_OF_MANY, many));
  if ((maxFailedIndexes ?? 0) > MOST_OF_MANY) errors.push(most('maxFailedIndexes', MOST_OF_MANY, many));
  return errors;
}

/** What only an Indexed Job may ask for. */
function plainErrors(spec: JobSpec, field: string): FieldError[] {
  return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).flatMap((name) =>
    spec[name] === undefined ? [] : [invalidValue(`${field}.${name}`, spec[name], 'requires indexed completion mode')],
  );
}

function restartErrors({ template, podFailurePolicy }: JobSpec, field: string): FieldError[] {
  const { restartPolicy } = template.spec ?? {};
  if (restartPolicy === undefined || restartPolicy === '' || restartPolicy === 'Always') {
    return [required(field, 'valid values: "OnFailure", "Never"')];
  }
  if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') {
    return [notSupported(field, restartPolicy, ['OnFailure', 'Never'])];
  }
  if (!podFailurePolicy || restartPolicy === 'Never') return [];
  return [invalidValue(field, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified')];
}

/** What never changes in a Job. */
const FIXED = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const;

/** pkg/apis/batch/validation ValidateJobSpecUpdate. */
export function validateJobUpdate({ spec }: Job, { spec: before, status }: Job): FieldError[] {
  if (!spec || !before) return [];
  const mayMove = before.suspend === true && status?.startTime === undefined;
  const isSame = mayMove && semanticallyEqual(withoutDirectives(spec.template), withoutDirectives(before.template));
  return [
    ...completionErrors(spec, before),
    ...FIXED.flatMap((name) => validateUnchanged(`spec.${name}`, spec[name], before[name])),
    ...(isSame ? [] : validateUnchanged('spec.template', spec.template, before.template)),
  ];
}

/** An Indexed Job may get more or fewer completions with its parallelism. Source: validateCompletions. */
function completionErrors({ completionMode, completions, parallelism }: JobSpec, before: JobSpec): FieldError[] {
  const field = 'spec.completions';
  if (completionMode !== 'Indexed') return validateUnchanged(field, completions, before.completions);
  const isSame = completions === undefined || completions === before.completions || completions === parallelism;
  return isSame ? [] : [invalidValue(field, completions, 'can only be modified in tandem with spec.parallelism')];
}

/**
 * A template without what it says of the place and the resources of its pods: a queue may set that before it starts a
 * suspended Job. Source: validatePodTemplateUpdate; KEP-2926, KEP-5440.
 */
function withoutDirectives({ metadata, spec, ...template }: PodTemplateSpec): object {
  const { labels: _labels, annotations: _annotations, ...kept } = metadata ?? {};
  const { nodeSelector: _nodes, tolerations: _taints, schedulingGates: _gates, affinity, ...others } = spec ?? {};
  const { nodeAffinity: _affinity, ...peers } = affinity ?? {};
  const bare = (containers: PodSpec['containers'] | undefined): object[] =>
    (containers ?? []).map(({ resources: _resources, ...container }) => container);
  const containers = bare(spec?.containers);
  return { ...template, kept, peers, ...others, containers, initContainers: bare(spec?.initContainers) };
}
