import type { FieldError } from '../field-error.js';
import type { TopologySpreadConstraint } from '../kinds/api-types.js';
import { duplicate, forbidden, invalidFor, invalidValue, notSupported, required } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { labelKeyMessages } from './names.js';

const NOT_POSITIVE = 'must be greater than zero';
const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSION = ['Honor', 'Ignore'];

/** pkg/apis/core/validation validateTopologySpreadConstraints. */
export function validateSpread(constraints: readonly TopologySpreadConstraint[], field: string): FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const { maxSkew, topologyKey, whenUnsatisfiable: action, labelSelector, minDomains } = constraint;
    const path = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (!(maxSkew > 0)) errors.push(invalidValue(`${path}.maxSkew`, maxSkew, NOT_POSITIVE));
    if (!topologyKey) errors.push(required(`${path}.topologyKey`, 'can not be empty'));
    if (!ACTIONS.includes(action)) errors.push(notSupported(`${path}.whenUnsatisfiable`, action, ACTIONS));
    const repeats = (other: TopologySpreadConstraint): boolean =>
      other.topologyKey === topologyKey && other.whenUnsatisfiable === action;
    if (constraints.slice(index + 1).some(repeats)) {
      errors.push(duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${action}}`));
    }
    if (minDomains !== undefined) errors.push(...minDomainsErrors(minDomains, action, `${path}.minDomains`));
    for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[name];
      if (policy !== undefined && !INCLUSION.includes(policy)) {
        errors.push(notSupported(`${path}.${name}`, policy, INCLUSION));
      }
    }
    return [
      ...errors,
      ...labelKeysErrors(constraint, `${path}.matchLabelKeys`),
      ...validateLabelSelector(labelSelector, `${path}.labelSelector`),
    ];
  });
}

function minDomainsErrors(minDomains: number, action: string, field: string): FieldError[] {
  const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
  return [
    ...(minDomains > 0 ? [] : [invalidValue(field, minDomains, NOT_POSITIVE)]),
    ...(action === 'DoNotSchedule' ? [] : [invalidValue(field, minDomains, detail)]),
  ];
}

/** Source: validateMatchLabelKeysInTopologySpread. */
function labelKeysErrors(
  { matchLabelKeys = [], labelSelector }: TopologySpreadConstraint,
  field: string,
): FieldError[] {
  if (matchLabelKeys.length === 0) return [];
  const errors = labelSelector ? [] : [forbidden(field, 'must not be specified when labelSelector is not set')];
  const selected = new Set([
    ...Object.keys(labelSelector?.matchLabels ?? {}),
    ...(labelSelector?.matchExpressions ?? []).map(({ key }) => key),
  ]);
  for (const [at, key] of matchLabelKeys.entries()) {
    errors.push(...invalidFor(`${field}[${at}]`, key, labelKeyMessages(key)));
    if (selected.has(key)) {
      errors.push(invalidValue(`${field}[${at}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    }
  }
  return errors;
}
