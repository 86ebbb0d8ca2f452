import type { PolicyRule } from '@everynode/objects';
import type { Attributes, ResourceAttributes } from '../attributes.js';

const ALL = '*';

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes(value) || list.includes(ALL));

// `*`, the resource with its subresource, or that subresource of all resources: `pods/log`, `*/scale`.
function matchesResource(resources: readonly string[] | undefined, { resource, subresource }: ResourceAttributes) {
  if (!resources) return false;
  if (subresource === '') return has(resources, resource);
  const combined = `${resource}/${subresource}`;
  for (const one of resources) {
    if (one === ALL || one === combined) return true;
    if (one.startsWith('*/') && one.length === subresource.length + 2 && one.endsWith(subresource)) return true;
  }
  return false;
}

/** A rule that names objects does not match a request without a name: a create, and the list of a whole collection. */
const matchesName = (names: readonly string[] | undefined, name: string): boolean =>
  !names || names.length === 0 || names.includes(name);

/** True when a path of a rule, which may end with `*`, matches. */
export function matchesPath(rulePath: string, path: string): boolean {
  if (rulePath === ALL || rulePath === path) return true;
  return rulePath.endsWith(ALL) && path.startsWith(rulePath.replace(/\*+$/, ''));
}

/** Source: pkg/apis/rbac/v1/evaluation_helpers.go, and plugin/pkg/auth/authorizer/rbac, RuleAllows. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.kind === 'path') return (rule.nonResourceURLs ?? []).some((one) => matchesPath(one, attributes.path));
  return (
    has(rule.apiGroups, attributes.group) &&
    matchesResource(rule.resources, attributes) &&
    matchesName(rule.resourceNames, attributes.name)
  );
}

export const rulesAllow = (rules: readonly PolicyRule[], attributes: Attributes): boolean =>
  rules.some((rule) => ruleAllows(rule, attributes));
