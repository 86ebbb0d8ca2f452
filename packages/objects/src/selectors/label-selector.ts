import { ApiError } from '../api-error.js';
import type { LabelSelector } from '../kinds/api-types.js';
import {
  formatRequirements,
  type Labels,
  matchesRequirements,
  newRequirement,
  type Requirement,
  type SelectorOperator,
} from './requirement.js';

const OPERATORS: ReadonlyMap<string, SelectorOperator> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
]);

/**
 * The requirements of a selector in object form. An empty selector has none, so it matches everything. A *missing*
 * selector matches nothing: use {@link matchesLabelSelector}, or handle it before.
 * @throws ApiError BadRequest for an unknown operator, a bad key or value, or a wrong number of values.
 */
export function labelSelectorRequirements(selector: LabelSelector): Requirement[] {
  const requirements = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    newRequirement(key, '=', [value]),
  );
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = OPERATORS.get(operator);
    if (known === undefined) {
      throw new ApiError('BadRequest', `${JSON.stringify(operator)} is not a valid label selector operator`);
    }
    requirements.push(newRequirement(key, known, values ?? []));
  }
  return requirements;
}

/**
 * True when a selector in object form selects these labels. A missing selector selects nothing, an empty one
 * everything.
 * @throws ApiError BadRequest when the selector does not parse.
 */
export function matchesLabelSelector(selector: LabelSelector | null | undefined, labels: Labels | undefined): boolean {
  return selector != null && matchesRequirements(labelSelectorRequirements(selector), labels);
}

/**
 * {@link matchesLabelSelector} for many sets of labels: the selector is parsed once.
 * @throws ApiError BadRequest when the selector does not parse.
 */
export function compileLabelSelector(
  selector: LabelSelector | null | undefined,
): (labels: Labels | undefined) => boolean {
  if (selector == null) return () => false;
  const requirements = labelSelectorRequirements(selector);
  return (labels) => matchesRequirements(requirements, labels);
}

/** True for a selector without any condition, which selects every object. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

/** The text form of a selector that parses; empty for one without conditions, and for one that does not parse. */
export function textOfLabelSelector(selector: LabelSelector): string {
  try {
    return formatRequirements(labelSelectorRequirements(selector));
  } catch (error) {
    if (error instanceof ApiError) return '';
    throw error;
  }
}

/** `e,foo=bar,tier in (a,z),!x` as `kubectl get` shows it; `<none>` when empty, `<error>` when it does not parse. */
export function formatLabelSelector(selector: LabelSelector | null | undefined): string {
  if (selector == null) return '<none>';
  try {
    return formatRequirements(labelSelectorRequirements(selector)) || '<none>';
  } catch (error) {
    if (error instanceof ApiError) return '<error>';
    throw error;
  }
}
