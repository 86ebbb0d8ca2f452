import type { FieldError } from '../field-error.js';
import type { TopologySpreadConstraint } from '../kinds/api-types.js';
import { duplicate, invalidValue, notSupported, required } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { validateMatchLabelKeys } from './match-label-keys.js';

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
      ...validateMatchLabelKeys(constraint, path),
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
