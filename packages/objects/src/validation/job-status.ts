import { type FieldError, OMITTED } from '../field-error.js';
import type { Job, JobStatus, UncountedTerminatedPods } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { duplicate, invalidValue, nonNegative, required } from './field-errors.js';
import { countIndexes, indexIntervals } from './indexes.js';

const COUNTS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

type ConditionType = 'Complete' | 'Failed' | 'FailureTarget' | 'SuccessCriteriaMet';

const has = ({ conditions = [] }: JobStatus, wanted: ConditionType | 'Suspended', value: 'True' | 'False'): boolean =>
  conditions.some(({ type, status }) => type === wanted && status === value);

const isTrue = (status: JobStatus, wanted: ConditionType | 'Suspended'): boolean => has(status, wanted, 'True');

const isFinished = (status: JobStatus): boolean => isTrue(status, 'Complete') || isTrue(status, 'Failed');

/**
 * The faults of a Job's status that a client writes. What a rule is about must have changed for most of them: a status
 * from before a rule stays valid. Source: pkg/apis/batch/validation ValidateJobStatusUpdate, pkg/registry/batch/job
 * getStatusValidationOptions.
 */
export function validateJobStatusUpdate(job: Job, current: Job): FieldError[] {
  const { status = {} } = job;
  const { status: before = {} } = current;
  const changed = changesOf(status, before);
  return [
    ...COUNTS.flatMap((name) => nonNegative(`status.${name}`, status[name])),
    ...uncountedErrors(status.uncountedTerminatedPods),
    ...timeErrors(status, changed),
    ...finishedErrors(job, status, changed),
    ...indexErrors(job, status, changed),
    ...criteriaErrors(job, status),
    ...transitionErrors(job, status, before),
  ];
}

/** What a status changes, by the names of its fields and of its conditions. */
type Changes = (...names: (keyof JobStatus | ConditionType | 'finished')[]) => boolean;

function changesOf(status: JobStatus, before: JobStatus): Changes {
  const differs = (name: Parameters<Changes>[number]): boolean => {
    switch (name) {
      case 'finished':
        return isFinished(status) !== isFinished(before);
      case 'Complete':
      case 'Failed':
      case 'FailureTarget':
      case 'SuccessCriteriaMet':
        return isTrue(status, name) !== isTrue(before, name);
      default:
        return !semanticallyEqual(status[name] ?? ZEROS[name], before[name] ?? ZEROS[name]);
    }
  };
  return (...names) => names.some(differs);
}

/** Fields that are no pointers in Go. */
const ZEROS: Partial<Record<keyof JobStatus, unknown>> = { active: 0, completedIndexes: '' };

const wrongConditions = (detail: string): FieldError => invalidValue('status.conditions', OMITTED, detail);

function uncountedErrors(pods: UncountedTerminatedPods | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const name of ['succeeded', 'failed'] as const) {
    for (const [at, uid] of (pods?.[name] ?? []).entries()) {
      const field = `status.uncountedTerminatedPods.${name}[${at}]`;
      if (uid === '') errors.push(invalidValue(field, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(field, uid));
      seen.add(uid);
    }
  }
  return errors;
}

function timeErrors(status: JobStatus, changed: Changes): FieldError[] {
  const errors: FieldError[] = [];
  const { completionTime, startTime } = status;
  const field = 'status.completionTime';
  const isComplete = isTrue(status, 'Complete');
  if (changed('Complete', 'Failed') && isComplete && isTrue(status, 'Failed')) {
    errors.push(wrongConditions('cannot set Complete=True and Failed=true conditions'));
  }
  if (changed('Complete', 'FailureTarget') && isComplete && isTrue(status, 'FailureTarget')) {
    errors.push(wrongConditions('cannot set Complete=True and FailureTarget=true conditions'));
  }
  if (changed('Complete', 'completionTime') && completionTime !== undefined && !isComplete) {
    const detail = 'cannot set completionTime when there is no Complete=True condition';
    errors.push(invalidValue(field, completionTime, detail));
  }
  if (changed('Complete', 'completionTime') && completionTime === undefined && isComplete) {
    errors.push(required(field, 'completionTime is required for Complete jobs'));
  }
  const isEarly = startTime !== undefined && completionTime !== undefined && completionTime < startTime;
  if (changed('startTime', 'completionTime') && isEarly) {
    errors.push(invalidValue(field, completionTime, 'completionTime cannot be set before startTime'));
  }
  return errors;
}

function finishedErrors({ spec }: Job, status: JobStatus, changed: Changes): FieldError[] {
  const errors: FieldError[] = [];
  // Upstream looks at the indexes where it could look at the target.
  if (changed('Failed', 'failedIndexes') && isTrue(status, 'Failed') && !isTrue(status, 'FailureTarget')) {
    errors.push(wrongConditions('cannot set Failed=True condition without the FailureTarget=true condition'));
  }
  if (
    changed('Complete', 'SuccessCriteriaMet') &&
    isTrue(status, 'Complete') &&
    !isTrue(status, 'SuccessCriteriaMet')
  ) {
    errors.push(wrongConditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition'));
  }
  if (!isFinished(status)) return errors;
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = status;
  if (changed('finished', 'active') && active > 0) {
    errors.push(invalidValue('status.active', active, 'active>0 is invalid for finished job'));
  }
  // A suspended Job that is to complete nothing is complete, and never starts.
  const mayLackStart = spec?.suspend === true && spec.completions === 0;
  if (changed('finished', 'startTime') && startTime === undefined && !mayLackStart) {
    errors.push(required('status.startTime', 'startTime is required for finished job'));
  }
  const { succeeded = null, failed = null } = uncounted ?? {};
  const isLeft = (succeeded?.length ?? 0) + (failed?.length ?? 0) > 0;
  if (changed('finished', 'uncountedTerminatedPods') && isLeft) {
    const detail = 'uncountedTerminatedPods needs to be empty for finished job';
    // Go's names: upstream validates its internal type.
    errors.push(invalidValue('status.uncountedTerminatedPods', { Succeeded: succeeded, Failed: failed }, detail));
  }
  return errors;
}

function indexErrors({ spec }: Job, status: JobStatus, changed: Changes): FieldError[] {
  const errors: FieldError[] = [];
  const { completions, backoffLimitPerIndex, completionMode } = spec ?? {};
  const { completedIndexes = '', failedIndexes, terminating = 0, active = 0, ready = 0 } = status;
  const isWrong = (name: 'completedIndexes' | 'failedIndexes', text: string): void => {
    const counted = countIndexes(text, completions ?? 0);
    if (typeof counted === 'number') return;
    errors.push(invalidValue(`status.${name}`, text, `error parsing ${name}: ${counted.error}`));
  };
  if (changed('completedIndexes') && completions !== undefined) isWrong('completedIndexes', completedIndexes);
  const isLimited = completions !== undefined && backoffLimitPerIndex !== undefined;
  if (changed('failedIndexes') && isLimited && failedIndexes !== undefined) isWrong('failedIndexes', failedIndexes);
  if (changed('completedIndexes') && completedIndexes !== '' && completionMode !== 'Indexed') {
    const detail = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    errors.push(invalidValue('status.completedIndexes', completedIndexes, detail));
  }
  if (changed('failedIndexes') && backoffLimitPerIndex === undefined && failedIndexes !== undefined) {
    const detail = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    errors.push(invalidValue('status.failedIndexes', failedIndexes, detail));
  }
  const both =
    changed('failedIndexes', 'completedIndexes') && completions !== undefined && failedIndexes !== undefined
      ? firstCommonIndex(completedIndexes, failedIndexes, completions)
      : undefined;
  if (both !== undefined) {
    const detail = `failedIndexes and completedIndexes overlap at index: ${both}`;
    errors.push(invalidValue('status.failedIndexes', failedIndexes, detail));
  }
  if (changed('finished', 'terminating') && terminating > 0 && isFinished(status)) {
    errors.push(invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job'));
  }
  if (changed('ready', 'active') && ready > active) {
    errors.push(invalidValue('status.ready', ready, 'cannot set more ready pods than active'));
  }
  return errors;
}

/** Source: validateFailedIndexesNotOverlapCompleted. Both texts are in order, or are refused for it. */
function firstCommonIndex(completed: string, failed: string, completions: number): number | undefined {
  const ended = indexIntervals(completed, completions).values();
  const broken = indexIntervals(failed, completions).values();
  let [end, fault] = [ended.next().value, broken.next().value];
  while (end && fault) {
    if (end[0] <= fault[1] && fault[0] <= end[1]) return Math.max(end[0], fault[0]);
    if (end[0] <= fault[0]) end = ended.next().value;
    else fault = broken.next().value;
  }
  return undefined;
}

function criteriaErrors({ spec }: Job, status: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  const isMet = isTrue(status, 'SuccessCriteriaMet');
  for (const other of ['Failed', 'FailureTarget'] as const) {
    if (!isMet || !isTrue(status, other)) continue;
    errors.push(wrongConditions(`cannot set SuccessCriteriaMet=True and ${other}=true conditions`));
  }
  if (spec?.successPolicy && !isMet && isTrue(status, 'Complete')) {
    const detail = 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True';
    errors.push(wrongConditions(detail));
  }
  return errors;
}

/** What a later status may not take back. */
function transitionErrors({ spec }: Job, status: JobStatus, before: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  for (const type of ['Failed', 'Complete', 'FailureTarget'] as const) {
    if (!isTrue(before, type) || isTrue(status, type)) continue;
    errors.push(wrongConditions(`cannot disable the terminal ${type}=True condition`));
  }
  const { failed = 0, succeeded = 0, completionTime, startTime } = status;
  if (failed < (before.failed ?? 0)) {
    errors.push(invalidValue('status.failed', failed, 'cannot decrease the failed counter'));
  }
  const mayShrink = spec?.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  if (!mayShrink && succeeded < (before.succeeded ?? 0)) {
    errors.push(invalidValue('status.succeeded', succeeded, 'cannot decrease the succeeded counter'));
  }
  const hadCompleted = before.completionTime !== undefined && before.completionTime !== completionTime;
  if (completionTime !== undefined && hadCompleted) {
    errors.push(invalidValue('status.completionTime', completionTime, 'completionTime cannot be mutated'));
  }
  const isResumed = isTrue(before, 'Suspended') && has(status, 'Suspended', 'False');
  if (before.startTime !== undefined && before.startTime !== startTime && !spec?.suspend && !isResumed) {
    errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  }
  const wasMet = isTrue(before, 'SuccessCriteriaMet');
  const isMet = isTrue(status, 'SuccessCriteriaMet');
  if (wasMet && !isMet) errors.push(wrongConditions('cannot disable the SuccessCriteriaMet=True condition'));
  if (isTrue(before, 'Complete') && !wasMet && isMet) {
    const detail = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions';
    errors.push(wrongConditions(detail));
  }
  return errors;
}
