import type { FieldError } from '../field-error.js';
import type { Job } from '../kinds/api-types.js';
import { nonNegative, notSupported, required } from './field-errors.js';
import { validateUnchanged } from './object-meta.js';

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
] as const;

/** pkg/apis/batch/validation validateJobSpec, as far as the facts of the types do not tell it. */
export function validateJob({ spec }: Job): FieldError[] {
  if (!spec) return [];
  const errors = COUNTS.flatMap((name) => nonNegative(`spec.${name}`, spec[name]));
  if (spec.completionMode === 'Indexed' && spec.completions === undefined) {
    errors.push(required('spec.completions', 'when completion mode is Indexed'));
  }
  const { restartPolicy } = spec.template.spec ?? {};
  const field = 'spec.template.spec.restartPolicy';
  if (restartPolicy === undefined || restartPolicy === '' || restartPolicy === 'Always') {
    errors.push(required(field, 'valid values: "OnFailure", "Never"'));
  } else if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') {
    errors.push(notSupported(field, restartPolicy, ['OnFailure', 'Never']));
  }
  return errors;
}

/** pkg/apis/batch/validation ValidateJobUpdate: a suspended Job that has not begun may get another template. */
export function validateJobUpdate({ spec }: Job, { spec: before, status }: Job): FieldError[] {
  const isElastic = spec?.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  const mayChangeTemplate = before?.suspend === true && status?.startTime === undefined;
  const fixed = [
    'selector',
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
  ] as const;
  return [
    ...(isElastic ? [] : validateUnchanged('spec.completions', spec?.completions, before?.completions)),
    ...fixed.flatMap((name) => validateUnchanged(`spec.${name}`, spec?.[name], before?.[name])),
    ...(mayChangeTemplate ? [] : validateUnchanged('spec.template', spec?.template, before?.template)),
  ];
}
