import type { FieldError } from '../field-error.js';
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  WeightedPodAffinityTerm,
} from '../kinds/api-types.js';
import { invalidFor, invalidValue, required } from './field-errors.js';
import { BAD_OPERATOR, operatorErrors, validateLabelSelector } from './label-selector.js';
import { validateMatchLabelKeys } from './match-label-keys.js';
import { dnsLabelMessages, dnsSubdomainMessages, labelKeyMessages, labelValueMessages } from './names.js';

const WEIGHT_MESSAGE = 'must be in the range 1-100';

/** Values of preferred terms are not checked: a warning tells of those that no node can have. */
function validateExpression(
  { key, operator, values = [] }: NodeSelectorRequirement,
  checksValues: boolean,
  field: string,
): FieldError[] {
  let errors = operatorErrors(operator, values, field);
  if (!errors && (operator === 'Gt' || operator === 'Lt')) {
    const detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
    errors = values.length === 1 ? [] : [required(`${field}.values`, detail)];
  }
  errors ??= [invalidValue(`${field}.operator`, operator, BAD_OPERATOR)];
  errors = [...errors, ...invalidFor(`${field}.key`, key, labelKeyMessages(key))];
  if (!checksValues) return errors;
  return [
    ...errors,
    ...values.flatMap((value, at) => invalidFor(`${field}.values[${at}]`, value, labelValueMessages(value))),
  ];
}

/** metadata.name is the only selectable field of a node, with exactly one value. */
function validateFieldTerm({ key, operator, values = [] }: NodeSelectorRequirement, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalidValue(`${field}.operator`, operator, BAD_OPERATOR));
  } else if (values.length !== 1) {
    const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${field}.values`, detail));
  }
  if (key !== 'metadata.name') {
    errors.push(invalidValue(`${field}.key`, key, 'not a valid field selector key'));
  } else {
    for (const [index, value] of values.entries()) {
      errors.push(...invalidFor(`${field}.values[${index}]`, value, dnsSubdomainMessages(value)));
    }
  }
  return errors;
}

function validateNodeTerm(term: NodeSelectorTerm, checksValues: boolean, field: string): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((each, at) =>
      validateExpression(each, checksValues, `${field}.matchExpressions[${at}]`),
    ),
    ...(term.matchFields ?? []).flatMap((each, at) => validateFieldTerm(each, `${field}.matchFields[${at}]`)),
  ];
}

/** Source: pkg/apis/core/validation, ValidateNodeSelector. */
export function validateNodeSelector({ nodeSelectorTerms: terms = [] }: NodeSelector, field: string): FieldError[] {
  const path = `${field}.nodeSelectorTerms`;
  return [
    ...(terms.length === 0 ? [required(path, 'must have at least one node selector term')] : []),
    ...terms.flatMap((term, index) => validateNodeTerm(term, true, `${path}[${index}]`)),
  ];
}

function validateNodeAffinity(affinity: NodeAffinity, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const needed = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  if (needed) errors.push(...validateNodeSelector(needed, `${field}.requiredDuringSchedulingIgnoredDuringExecution`));
  const path = `${field}.preferredDuringSchedulingIgnoredDuringExecution`;
  for (const [index, preferred] of (affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    if (!(preferred.weight >= 1 && preferred.weight <= 100)) {
      errors.push(invalidValue(`${path}[${index}].weight`, preferred.weight, WEIGHT_MESSAGE));
    }
    errors.push(...validateNodeTerm(preferred.preference, false, `${path}[${index}].preference`));
  }
  return errors;
}

function validatePodTerm(term: PodAffinityTerm, field: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(term.labelSelector, `${field}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${field}.namespaceSelector`),
  ];
  for (const name of term.namespaces ?? []) {
    errors.push(...invalidFor(`${field}.namespace`, name, dnsLabelMessages(name)));
  }
  errors.push(...validateMatchLabelKeys(term, field));
  const { topologyKey = '' } = term;
  if (!topologyKey) errors.push(required(`${field}.topologyKey`, 'can not be empty'));
  return [...errors, ...invalidFor(`${field}.topologyKey`, topologyKey, labelKeyMessages(topologyKey))];
}

interface PodTerms {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
}

function validatePodTerms(terms: PodTerms, field: string): FieldError[] {
  const needed = `${field}.requiredDuringSchedulingIgnoredDuringExecution`;
  const preferred = `${field}.preferredDuringSchedulingIgnoredDuringExecution`;
  return [
    ...(terms.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) =>
      validatePodTerm(term, `${needed}[${index}]`),
    ),
    ...(terms.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ weight, podAffinityTerm }, index) => {
      const path = `${preferred}[${index}]`;
      const errors = weight >= 1 && weight <= 100 ? [] : [invalidValue(`${path}.weight`, weight, WEIGHT_MESSAGE)];
      return [...errors, ...validatePodTerm(podAffinityTerm, `${path}.podAffinityTerm`)];
    }),
  ];
}

/** pkg/apis/core/validation validateAffinity. */
export function validateAffinity(affinity: Affinity, field: string): FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  return [
    ...(nodeAffinity ? validateNodeAffinity(nodeAffinity, `${field}.nodeAffinity`) : []),
    ...(podAffinity ? validatePodTerms(podAffinity, `${field}.podAffinity`) : []),
    ...(podAntiAffinity ? validatePodTerms(podAntiAffinity, `${field}.podAntiAffinity`) : []),
  ];
}
