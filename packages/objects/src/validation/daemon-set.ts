import type { FieldError } from '../field-error.js';
import type { DaemonSet, DaemonSetSpec, DaemonSetStatus, RollingUpdateDaemonSet } from '../kinds/api-types.js';
import { isEmptySelector } from '../selectors/label-selector.js';
import { append, forbidden, invalidValue, nonNegative, notSupported, required } from './field-errors.js';
import { figureOf, validateAtMostAll, validateIntOrPercent } from './int-or-percent.js';
import { validateLabelSelector } from './label-selector.js';
import { validateUnchanged } from './object-meta.js';
import { validatePodTemplate } from './pod-spec.js';
import { selectsTemplate } from './selects-template.js';

function validateRollingUpdate(rolling: RollingUpdateDaemonSet, field: string): FieldError[] {
  const unavailable = rolling.maxUnavailable ?? 0;
  const surge = rolling.maxSurge ?? 0;
  const errors = [
    ...validateIntOrPercent(`${field}.maxUnavailable`, unavailable),
    ...validateAtMostAll(`${field}.maxUnavailable`, unavailable),
    ...validateIntOrPercent(`${field}.maxSurge`, surge),
    ...validateAtMostAll(`${field}.maxSurge`, surge),
  ];
  const hasUnavailable = figureOf(unavailable) !== 0;
  const hasSurge = figureOf(surge) !== 0;
  if (hasUnavailable && hasSurge) {
    errors.push(invalidValue(`${field}.maxSurge`, surge, 'may not be set when maxUnavailable is non-zero'));
  } else if (!hasUnavailable && !hasSurge) {
    errors.push(required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
  return errors;
}

function validateStrategy(strategy: DaemonSetSpec['updateStrategy'], field: string): FieldError[] {
  switch (strategy?.type) {
    case 'OnDelete':
      return [];
    case 'RollingUpdate':
      if (!strategy.rollingUpdate) return [required(`${field}.rollingUpdate`)];
      return validateRollingUpdate(strategy.rollingUpdate, `${field}.rollingUpdate`);
    default:
      return [notSupported(field, strategy ?? {}, ['RollingUpdate', 'OnDelete'])];
  }
}

/**
 * The spec of a DaemonSet. All errors are returned; none hides another (pkg/apis/apps/validation
 * ValidateDaemonSetSpec).
 */
export function validateDaemonSetSpec(spec: DaemonSetSpec, field = 'spec'): FieldError[] {
  const errors = validateLabelSelector(spec.selector, `${field}.selector`);
  const podSpec = spec.template?.spec;
  if (!selectsTemplate(spec)) {
    const labels = spec.template?.metadata?.labels ?? null;
    const detail = '`selector` does not match template `labels`';
    errors.push(invalidValue(`${field}.template.metadata.labels`, labels, detail));
  }
  if (spec.selector && isEmptySelector(spec.selector)) {
    errors.push(invalidValue(`${field}.selector`, spec.selector, 'empty selector is invalid for daemonset'));
  }
  append(errors, validatePodTemplate(spec.template ?? {}, `${field}.template`));
  if (podSpec?.restartPolicy !== 'Always') {
    errors.push(notSupported(`${field}.template.spec.restartPolicy`, podSpec?.restartPolicy, ['Always']));
  }
  if (podSpec?.activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in DaemonSet is not Supported';
    errors.push(forbidden(`${field}.template.spec.activeDeadlineSeconds`, detail));
  }
  errors.push(
    ...nonNegative(`${field}.minReadySeconds`, spec.minReadySeconds),
    ...validateStrategy(spec.updateStrategy, `${field}.updateStrategy`),
    ...nonNegative(`${field}.revisionHistoryLimit`, spec.revisionHistoryLimit),
  );
  return errors;
}

/** The rules of an update beside those of a create: the selector cannot change. */
export function validateDaemonSetUpdate(daemonSet: DaemonSet, current: DaemonSet): FieldError[] {
  return validateUnchanged('spec.selector', daemonSet.spec?.selector, current.spec?.selector);
}

const COUNTERS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const;

/** Counters are not negative, and the collision count never decreases (ValidateDaemonSetStatusUpdate). */
export function validateDaemonSetStatus(
  status: Partial<DaemonSetStatus> | undefined,
  current: Partial<DaemonSetStatus> | undefined,
): FieldError[] {
  const errors = COUNTERS.flatMap((name) => nonNegative(`status.${name}`, status?.[name]));
  const before = current?.collisionCount;
  const after = status?.collisionCount;
  if (before !== undefined && (after === undefined || after < before)) {
    errors.push(invalidValue('status.collisionCount', after ?? 0, 'cannot be decremented'));
  }
  return errors;
}
