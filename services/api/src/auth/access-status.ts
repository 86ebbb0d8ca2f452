import type { Attributes, User } from '@everynode/authorization';
import { ApiError, type FieldRequirement, type PolicyRule, parseFieldSelector } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';

/** Shape: authorization.k8s.io/v1, FieldSelectorAttributes. */
interface FieldSelector {
  rawSelector?: string;
  requirements?: { key: string; operator: string; values?: string[] }[];
}

/** What a review asks. Shape: authorization.k8s.io/v1, SubjectAccessReviewSpec. */
export interface AccessSpec {
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
  resourceAttributes?: {
    namespace?: string;
    verb?: string;
    group?: string;
    resource?: string;
    subresource?: string;
    name?: string;
    fieldSelector?: FieldSelector;
    labelSelector?: FieldSelector;
  };
  nonResourceAttributes?: { path?: string; verb?: string };
}

export const subjectOf = ({ user = '', groups = [], uid, extra }: AccessSpec): User => ({
  user,
  groups,
  ...(uid && { uid }),
  ...(extra && { extra }),
});

/** Requirements that cannot be read select nothing: the answer is then for the whole collection, which is more. */
function selectorOf({ rawSelector, requirements = [] }: FieldSelector): FieldRequirement[] {
  if (rawSelector) {
    try {
      return parseFieldSelector(rawSelector);
    } catch (error) {
      if (error instanceof ApiError) return [];
      throw error;
    }
  }
  return requirements.flatMap(({ key, operator, values }): FieldRequirement[] => {
    const [value, ...others] = values ?? [];
    if (value === undefined || others.length > 0) return [];
    if (operator === 'In') return [{ field: key, operator: '=', value }];
    return operator === 'NotIn' ? [{ field: key, operator: '!=', value }] : [];
  });
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: AccessSpec, user: User): Attributes {
  if (!resourceAttributes) {
    const { path = '', verb = '' } = nonResourceAttributes ?? {};
    return { kind: 'path', user, verb, path };
  }
  const { verb = '', group = '', resource = '', subresource = '', namespace = '', name = '' } = resourceAttributes;
  const { fieldSelector } = resourceAttributes;
  const at = { kind: 'resource', user, verb, group, resource, subresource, namespace, name } as const;
  return fieldSelector ? { ...at, fieldSelector: selectorOf(fieldSelector) } : at;
}

/** The status of an access review: what a request of this user would be answered, and why. */
export function accessStatus({ authorization }: ApiContext, spec: AccessSpec, user: User): object {
  const { verdict, reason } = authorization.decide(attributesOf(spec, user));
  return {
    allowed: verdict === 'allow',
    ...(verdict === 'deny' && { denied: true }),
    ...(reason && { reason }),
  };
}

const resourceRule = ({ verbs, apiGroups = [], resources = [], resourceNames }: PolicyRule) => ({
  verbs,
  apiGroups,
  resources,
  ...(resourceNames?.length && { resourceNames }),
});

/** The status of a rules review: all that a user may do in a namespace. */
export function rulesStatus({ authorization }: ApiContext, user: User, namespace: string): object {
  const { rules, incomplete, errors } = authorization.rulesFor(user, namespace);
  return {
    resourceRules: rules.filter(({ resources }) => resources?.length).map(resourceRule),
    nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs }) =>
      nonResourceURLs?.length ? [{ verbs, nonResourceURLs }] : [],
    ),
    incomplete,
    ...(errors.length > 0 && { evaluationError: errors.length === 1 ? errors[0] : `[${errors.join(', ')}]` }),
  };
}
