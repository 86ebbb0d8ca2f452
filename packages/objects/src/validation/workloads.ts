import type { FieldError } from '../field-error.js';
import type {
  Deployment,
  DeploymentStrategy,
  LabelSelector,
  PodTemplateSpec,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../kinds/api-types.js';
import { isEmptySelector } from '../selectors/label-selector.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { append, forbidden, invalidValue, nonNegative, notSupported, required } from './field-errors.js';
import { figureOf, validateAtMostAll, validateIntOrPercent } from './int-or-percent.js';
import { validateLabelSelector } from './label-selector.js';
import { validateUnchanged } from './object-meta.js';
import { validatePodTemplate } from './pod-spec.js';
import { selectsTemplate } from './selects-template.js';

function validateSelector(selector: LabelSelector | undefined, emptyDetail: string): FieldError[] {
  const field = 'spec.selector';
  if (!selector) return [required(field)];
  const errors = validateLabelSelector(selector, field);
  return isEmptySelector(selector) ? [...errors, invalidValue(field, selector, emptyDetail)] : errors;
}

/** Pods of a workload with replicas are started again for ever. Source: core ValidatePodTemplateSpecForReplicaSet. */
function validateTemplate(template: PodTemplateSpec | undefined, selector: LabelSelector | undefined): FieldError[] {
  const field = 'spec.template';
  if (!template) return [required(field)];
  const errors: FieldError[] = [];
  if (selector && !isEmptySelector(selector) && !selectsTemplate({ selector, template })) {
    const labels = template.metadata?.labels ?? null;
    errors.push(invalidValue(`${field}.metadata.labels`, labels, '`selector` does not match template `labels`'));
  }
  append(errors, validatePodTemplate(template, field));
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') {
    errors.push(notSupported(`${field}.spec.restartPolicy`, restartPolicy, ['Always']));
  }
  return activeDeadlineSeconds === undefined ? errors : [...errors, deadline(field)];
}

const deadline = (field: string): FieldError =>
  forbidden(`${field}.spec.activeDeadlineSeconds`, 'activeDeadlineSeconds in ReplicaSet is not Supported');

/** pkg/apis/apps/validation ValidateReplicaSetSpec. */
export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  return [
    ...nonNegative('spec.replicas', spec?.replicas),
    ...nonNegative('spec.minReadySeconds', spec?.minReadySeconds),
    ...validateSelector(spec?.selector, 'empty selector is invalid for deployment'),
    ...validateTemplate(spec?.template, spec?.selector),
  ];
}

/** pkg/apis/core/validation ValidateReplicationControllerSpec. */
export function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  const { selector = {}, template } = spec ?? {};
  return [
    ...nonNegative('spec.minReadySeconds', spec?.minReadySeconds),
    ...(Object.keys(selector).length > 0 ? [] : [required('spec.selector')]),
    ...nonNegative('spec.replicas', spec?.replicas),
    ...validateTemplate(template, { matchLabels: selector }),
  ];
}

/** pkg/apis/apps/validation ValidateDeploymentSpec. */
export function validateDeployment({ spec }: Deployment): FieldError[] {
  const { progressDeadlineSeconds: deadlineSeconds, minReadySeconds = 0 } = spec ?? {};
  const field = 'spec.progressDeadlineSeconds';
  const errors = [
    ...nonNegative('spec.replicas', spec?.replicas),
    ...validateSelector(spec?.selector, 'empty selector is invalid for deployment'),
    ...validateTemplate(spec?.template, spec?.selector),
    ...validateStrategy(spec?.strategy),
    ...nonNegative('spec.minReadySeconds', minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec?.revisionHistoryLimit),
    ...nonNegative(field, deadlineSeconds),
  ];
  if (deadlineSeconds !== undefined && deadlineSeconds <= minReadySeconds) {
    errors.push(invalidValue(field, deadlineSeconds, 'must be greater than minReadySeconds'));
  }
  return errors;
}

function validateStrategy(strategy: DeploymentStrategy = {}): FieldError[] {
  const field = 'spec.strategy';
  const { type, rollingUpdate } = strategy;
  if (type === 'Recreate') {
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    return rollingUpdate ? [forbidden(`${field}.rollingUpdate`, detail)] : [];
  }
  if (type !== 'RollingUpdate') return [notSupported(field, strategy, ['Recreate', 'RollingUpdate'])];
  if (!rollingUpdate) return [required(`${field}.rollingUpdate`, 'this should be defaulted and never be nil')];
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  const at = `${field}.rollingUpdate`;
  const errors = [
    ...validateIntOrPercent(`${at}.maxUnavailable`, maxUnavailable),
    ...validateIntOrPercent(`${at}.maxSurge`, maxSurge),
  ];
  if (figureOf(maxUnavailable) === 0 && figureOf(maxSurge) === 0) {
    errors.push(invalidValue(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...errors, ...validateAtMostAll(`${at}.maxUnavailable`, maxUnavailable)];
}

/** pkg/apis/apps/validation ValidateStatefulSetSpec. */
export function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  const { podManagementPolicy: policy, updateStrategy, template } = spec ?? {};
  const errors: FieldError[] = [];
  if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    errors.push(invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  if (updateStrategy?.type === 'OnDelete' && updateStrategy.rollingUpdate) {
    const detail = "only allowed for updateStrategy 'RollingUpdate'";
    errors.push(invalidValue('spec.updateStrategy.rollingUpdate', updateStrategy.rollingUpdate, detail));
  } else if (updateStrategy?.type === 'RollingUpdate') {
    const partition = updateStrategy.rollingUpdate?.partition;
    errors.push(...nonNegative('spec.updateStrategy.rollingUpdate.partition', partition));
  } else if (updateStrategy?.type !== 'OnDelete') {
    errors.push(invalidValue('spec.updateStrategy', updateStrategy, "must be 'RollingUpdate' or 'OnDelete'"));
  }
  return [
    ...errors,
    ...nonNegative('spec.replicas', spec?.replicas),
    ...nonNegative('spec.minReadySeconds', spec?.minReadySeconds),
    ...nonNegative('spec.ordinals.start', spec?.ordinals?.start),
    ...nonNegative('spec.revisionHistoryLimit', spec?.revisionHistoryLimit),
    ...validateSelector(spec?.selector, 'empty selector is invalid for statefulset'),
    ...validateTemplate(withClaims(template, spec?.volumeClaimTemplates), spec?.selector),
  ];
}

/** Containers mount the claims of a StatefulSet like volumes of the template. */
function withClaims(
  template: PodTemplateSpec | undefined,
  claims: readonly { metadata?: { name?: string } }[] = [],
): PodTemplateSpec | undefined {
  const { spec } = template ?? {};
  if (!spec || claims.length === 0) return template;
  const names = claims.flatMap(({ metadata }) => metadata?.name ?? []);
  const own = (spec.volumes ?? []).filter(({ name }) => !names.includes(name));
  const claimed = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...spec, volumes: [...own, ...claimed] } };
}

/** What may change in a StatefulSet. */
const CHANGEABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

const CHANGEABLE_MESSAGE = `updates to statefulset spec for fields other than ${CHANGEABLE.slice(0, -1)
  .map((name) => `'${name}'`)
  .join(', ')} and 'minReadySeconds' are forbidden`;

/** pkg/apis/apps/validation ValidateStatefulSetUpdate. */
export function validateStatefulSetUpdate({ spec }: StatefulSet, { spec: before }: StatefulSet): FieldError[] {
  const kept = Object.fromEntries(CHANGEABLE.map((name) => [name, null]));
  if (semanticallyEqual({ ...spec, ...kept }, { ...before, ...kept })) return [];
  return [forbidden('spec', CHANGEABLE_MESSAGE)];
}

/** The selector of a workload in apps/v1 cannot change. */
export function validateSameSelector(
  { spec }: { spec?: { selector?: LabelSelector } },
  { spec: before }: { spec?: { selector?: LabelSelector } },
): FieldError[] {
  return validateUnchanged('spec.selector', spec?.selector, before?.selector);
}
