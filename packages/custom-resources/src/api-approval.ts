import { type CustomResourceDefinition, type FieldError, invalidValue, required } from '@everynode/objects';

type Condition = NonNullable<NonNullable<CustomResourceDefinition['status']>['conditions']>[number];

const ANNOTATION = 'api-approved.kubernetes.io';
const FIELD = `metadata.annotations[${ANNOTATION}]`;
const WHERE = 'see https://github.com/kubernetes/enhancements/pull/1111';
const NEEDED = `protected groups must have approval annotation ${JSON.stringify(ANNOTATION)}`;

/** The reason of the condition for each state. */
type State = 'InvalidAnnotation' | 'MissingAnnotation' | 'ApprovedAnnotation' | 'UnapprovedAnnotation';

/**
 * Whether Kubernetes' community has approved an API of one of its groups; undefined for other groups.
 * Source: apiextensions-apiserver pkg/apihelpers/helpers.go.
 */
function approvalOf({ spec, metadata }: CustomResourceDefinition): { state: State; message: string } | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec.group)) return undefined;
  const text = metadata?.annotations?.[ANNOTATION] ?? '';
  if (text === '') return { state: 'MissingAnnotation', message: `${NEEDED}, ${WHERE}` };
  if (text.startsWith('unapproved')) {
    return { state: 'UnapprovedAnnotation', message: `not approved: ${JSON.stringify(text)}` };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/\s]+/i.test(text))
    return { state: 'ApprovedAnnotation', message: `approved in ${text}` };
  const detail = 'with either a URL or a reason starting with "unapproved"';
  return { state: 'InvalidAnnotation', message: `${NEEDED} ${detail}, ${WHERE}` };
}

/** What an update leaves in its state is not checked again. Source: validateAPIApproval. */
export function approvalFaults(
  crd: CustomResourceDefinition,
  before: CustomResourceDefinition | undefined,
): FieldError[] {
  const approval = approvalOf(crd);
  if (!approval || (before && approvalOf(before)?.state === approval.state)) return [];
  if (approval.state === 'MissingAnnotation') return [required(FIELD, approval.message)];
  if (approval.state !== 'InvalidAnnotation') return [];
  return [invalidValue(FIELD, crd.metadata?.annotations?.[ANNOTATION] ?? '', approval.message)];
}

/** Source: pkg/controller/apiapproval. */
export function approvalCondition(crd: CustomResourceDefinition): Condition | undefined {
  const approval = approvalOf(crd);
  return (
    approval && {
      type: 'KubernetesAPIApprovalPolicyConformant',
      status: approval.state === 'ApprovedAnnotation' ? 'True' : 'False',
      reason: approval.state,
      message: approval.message,
    }
  );
}
