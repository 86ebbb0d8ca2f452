import { ApiError, parseLabelSelector } from '@everynode/objects';
import { REQUIRED_AT_STARTUP_ANNOTATION } from '../placement/startup-taint.js';
import { readResourceOverrides } from '../pods/resource-overrides.js';
import * as limits from './rollout-limits.js';
import { readZoneOrder } from './zone-order.js';

/** An annotation of Everynode whose value is not valid. */
interface AnnotationFault {
  key: string;
  value: string;
  detail: string;
}

type Rule = (value: string) => string[];

const flag: Rule = (value) => (value === 'true' || value === 'false' ? [] : ['must be "true" or "false"']);
const atLeast =
  (least: number): Rule =>
  (value) => {
    const number = limits.wholeNumber(value);
    return number !== undefined && number >= least ? [] : [`must be a whole number of at least ${least}`];
  };
const anything: Rule = () => [];

/**
 * Percentages are checked as those of maxUnavailable. Source: pkg/apis/core/validation, ValidatePositiveIntOrPercent
 * and IsNotMoreThan100Percent.
 */
const percentage = (value: string): string[] => (Number.parseInt(value, 10) > 100 ? ['must not exceed 100%'] : []);

const nodesOrPercent: Rule = (value) =>
  limits.numberOrPercent(value) === undefined
    ? ['must be a number of nodes or a percentage']
    : value.endsWith('%')
      ? percentage(value)
      : [];

const zoneBudget: Rule = (value) =>
  limits.numberOrPercent(value) === undefined || /^0+%?$/.test(value)
    ? ['must be a number of nodes or a percentage, above 0']
    : value.endsWith('%')
      ? percentage(value)
      : [];

const CANARY_FORMS = 'must be a number of nodes, a percentage, or a label selector';

/**
 * A label of its own that begins with a digit is refused: `1.5`, `10pct` and `3 ` are misspelt numbers, and as the
 * selector of a label they would hold the update on every node.
 */
const canary: Rule = (value) => {
  if (limits.numberOrPercent(value) !== undefined) return nodesOrPercent(value);
  if (value !== value.trim() || value === '') return [CANARY_FORMS];
  try {
    const isNumberLike = parseLabelSelector(value).some(
      ({ key, operator }) => operator === 'exists' && /^\d/.test(key),
    );
    return isNumberLike ? [CANARY_FORMS] : [];
  } catch (error) {
    if (error instanceof ApiError) return [CANARY_FORMS];
    throw error;
  }
};

/** Every annotation of Everynode that has a meaning on a DaemonSet, with the rule for its value. */
const RULES: Readonly<Record<string, Rule>> = {
  [limits.PAUSED_ANNOTATION]: flag,
  [limits.FROZEN_ANNOTATION]: flag,
  [limits.SKIP_NOT_READY_ANNOTATION]: flag,
  [limits.ROLLBACK_ANNOTATION]: flag,
  [limits.PARTITION_ANNOTATION]: nodesOrPercent,
  [limits.CANARY_ANNOTATION]: canary,
  [limits.CANARY_SECONDS_ANNOTATION]: atLeast(0),
  [limits.RESTARTS_ANNOTATION]: atLeast(1),
  [limits.ZONE_ORDER_ANNOTATION]: (value) =>
    readZoneOrder(value) ? [] : ['must be a label, or label=value,value with the order of its values'],
  [limits.ZONE_BUDGET_ANNOTATION]: zoneBudget,
  [limits.DEADLINE_ANNOTATION]: atLeast(1),
  [limits.CREATE_RATE_ANNOTATION]: atLeast(1),
  [limits.OVERRIDES_ANNOTATION]: (value) => readResourceOverrides(value).faults,
  [REQUIRED_AT_STARTUP_ANNOTATION]: flag,
  [limits.GOOD_REVISION_ANNOTATION]: anything,
  [limits.FAILED_REVISION_ANNOTATION]: anything,
  'everynode.io/conditions': flag,
};

/** Returns the annotations of Everynode on a DaemonSet whose values are not valid. */
export function annotationFaults(annotations: Readonly<Record<string, string>> | undefined): AnnotationFault[] {
  return Object.entries(annotations ?? {}).flatMap(([key, value]) =>
    (RULES[key]?.(value) ?? []).map((detail) => ({ key, value, detail })),
  );
}

/** Returns the keys with Everynode's prefix that have no meaning: they are probably misspelt. */
export function unknownAnnotations(annotations: Readonly<Record<string, string>> | undefined): string[] {
  return Object.keys(annotations ?? {}).filter((key) => key.startsWith('everynode.io/') && !(key in RULES));
}
