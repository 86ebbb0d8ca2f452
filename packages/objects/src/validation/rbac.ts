import type { FieldError } from '../field-error.js';
import type { ClusterRole, PolicyRule, RoleBinding, Subject } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { invalidValue, notSupported, required } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Names of roles become path segments and may have colons. Source: apimachinery api/validation/path. */
export function pathSegmentMessages(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((mark) => name.includes(mark)).map((mark) => `may not contain '${mark}'`);
}

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
    const message = namespaced
      ? 'namespaced rules cannot apply to non-resource URLs'
      : apiGroups.length + resources.length + resourceNames.length > 0
        ? 'rules cannot apply to both regular resources and non-resource URLs'
        : undefined;
    return message === undefined ? errors : [...errors, invalidValue(`${field}.nonResourceURLs`, urls, message)];
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
  return [...errors, ...selectors.flatMap((selector, at) => validateLabelSelector(selector, `${field}[${at}]`))];
}

/** What the bindings of roles and of cluster roles have in common. */
type Binding = Pick<RoleBinding, 'roleRef' | 'subjects'>;

/** pkg/apis/rbac/validation, ValidateRoleBinding and ValidateClusterRoleBinding. */
export function validateBinding({ roleRef, subjects }: Binding, kinds: readonly string[]): FieldError[] {
  const { apiGroup, kind, name } = roleRef ?? {};
  return [
    ...(apiGroup === RBAC_GROUP ? [] : [notSupported('roleRef.apiGroup', apiGroup, [RBAC_GROUP])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name
      ? pathSegmentMessages(name).map((message) => invalidValue('roleRef.name', name, message))
      : [required('roleRef.name')]),
    ...(subjects ?? []).flatMap((subject, at) => validateSubject(subject, `subjects[${at}]`)),
  ];
}

const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

function validateSubject({ kind, name, namespace, apiGroup = '' }: Subject, field: string): FieldError[] {
  const errors = name ? [] : [required(`${field}.name`)];
  if (!SUBJECT_KINDS.includes(kind)) return [...errors, notSupported(`${field}.kind`, kind, SUBJECT_KINDS)];
  const group = kind === 'ServiceAccount' ? '' : RBAC_GROUP;
  if (apiGroup !== group) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [group]));
  if (kind === 'ServiceAccount' && !namespace) errors.push(required(`${field}.namespace`));
  return errors;
}

/** The role of a binding cannot change. */
export function validateBindingUpdate(after: Binding, before: Binding): FieldError[] {
  const same = semanticallyEqual(after.roleRef, before.roleRef);
  const { apiGroup: APIGroup = '', kind: Kind, name: Name } = after.roleRef;
  // Printed with the names that the fields have in Go.
  return same ? [] : [invalidValue('roleRef', { APIGroup, Kind, Name }, 'cannot change roleRef')];
}
