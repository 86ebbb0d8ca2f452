import type { FieldError } from '../field-error.js';
import type { ClusterRole, PolicyRule, RoleBinding, Subject } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { invalidFor, invalidValue, notSupported, required } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { dnsSubdomainMessages, pathSegmentMessages } from './names.js';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** pkg/apis/rbac/validation, ValidatePolicyRule. */
export function validateRules(rules: readonly PolicyRule[] | null | undefined, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, at) => {
    const field = `rules[${at}]`;
    const errors =
      (rule.verbs ?? []).length === 0 ? [required(`${field}.verbs`, 'verbs must contain at least one value')] : [];
    const { nonResourceURLs: urls = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
    if (urls.length === 0) {
      if (apiGroups.length === 0) {
        errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
      }
      if (resources.length === 0) {
        errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
      }
      return errors;
    }
    const refuse = (message: string): void => void errors.push(invalidValue(`${field}.nonResourceURLs`, urls, message));
    if (namespaced) refuse('namespaced rules cannot apply to non-resource URLs');
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      refuse('rules cannot apply to both regular resources and non-resource URLs');
    }
    return errors;
  });
}

export function validateClusterRole({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors = validateRules(rules, false);
  if (!aggregationRule) return errors;
  const field = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    return [...errors, required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  }
  const selectorErrors = selectors.flatMap((selector, at) => {
    const found = validateLabelSelector(selector, `${field}[${at}]`);
    // Upstream prints the selector that it could not make.
    return found.length === 0 ? [] : [...found, invalidValue(`${field}[${at}]`, null, 'invalid label selector.')];
  });
  return [...errors, ...selectorErrors];
}

/** What the bindings of roles and of cluster roles have in common. */
type Binding = Pick<RoleBinding, 'roleRef' | 'subjects'>;

/** pkg/apis/rbac/validation, ValidateRoleBinding and ValidateClusterRoleBinding. */
export function validateBinding(
  { roleRef, subjects }: Binding,
  kinds: readonly string[],
  namespaced: boolean,
): FieldError[] {
  const { apiGroup, kind, name } = roleRef ?? {};
  return [
    ...(apiGroup === RBAC_GROUP ? [] : [notSupported('roleRef.apiGroup', apiGroup, [RBAC_GROUP])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name
      ? pathSegmentMessages(name).map((message) => invalidValue('roleRef.name', name, message))
      : [required('roleRef.name')]),
    ...(subjects ?? []).flatMap((subject, at) => validateSubject(subject, `subjects[${at}]`, namespaced)),
  ];
}

const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

function validateSubject(
  { kind, name, namespace, apiGroup = '' }: Subject,
  field: string,
  namespaced: boolean,
): FieldError[] {
  const errors = name ? [] : [required(`${field}.name`)];
  if (!SUBJECT_KINDS.includes(kind)) return [...errors, notSupported(`${field}.kind`, kind, SUBJECT_KINDS)];
  const isAccount = kind === 'ServiceAccount';
  if (isAccount && name) errors.push(...invalidFor(`${field}.name`, name, dnsSubdomainMessages(name)));
  const group = isAccount ? '' : RBAC_GROUP;
  if (apiGroup !== group) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [group]));
  if (isAccount && !namespaced && !namespace) errors.push(required(`${field}.namespace`));
  return errors;
}

/** The role of a binding cannot change. */
export function validateBindingUpdate(after: Binding, before: Binding): FieldError[] {
  const same = semanticallyEqual(after.roleRef, before.roleRef);
  const { apiGroup: APIGroup = '', kind: Kind, name: Name } = after.roleRef;
  // Printed with the names that the fields have in Go.
  return same ? [] : [invalidValue('roleRef', { APIGroup, Kind, Name }, 'cannot change roleRef')];
}
