import type { FieldError } from '../field-error.js';
import type { Taint, Toleration } from '../kinds/api-types.js';
import { duplicate, invalidFor, invalidValue, notSupported, oneOf } from './field-errors.js';
import { goTaint } from './go-values.js';
import { labelKeyMessages, labelValueMessages } from './names.js';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** pkg/apis/core/validation ValidateTolerations, with the comparison operators Lt and Gt switched off (alpha). */
export function validateTolerations(tolerations: readonly Toleration[], field: string): FieldError[] {
  return tolerations.flatMap((toleration, index) => validateToleration(toleration, `${field}[${index}]`));
}

function validateToleration(toleration: Toleration, field: string): FieldError[] {
  const { key, operator, value, effect, tolerationSeconds } = toleration;
  const errors = key ? invalidFor(`${field}.key`, key, labelKeyMessages(key)) : [];
  if (!key && operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalidValue(`${field}.operator`, operator ?? '', detail));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    errors.push(invalidValue(`${field}.effect`, effect ?? '', detail));
  }
  switch (operator) {
    case 'Equal':
    case '':
    case undefined: {
      const messages = labelValueMessages(value ?? '');
      if (messages.length > 0) errors.push(invalidValue(`${field}.operator`, value, messages.join(';')));
      break;
    }
    case 'Exists':
      if (value) {
        errors.push(invalidValue(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'"));
      }
      break;
    case 'Lt':
    case 'Gt':
      errors.push(notSupported(`${field}.operator`, operator, ['Equal', 'Exists', 'Lt', 'Gt']));
      break;
    default:
      errors.push(notSupported(`${field}.operator`, operator, ['Equal', 'Exists']));
  }
  if (effect && !EFFECTS.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, EFFECTS));
  return errors;
}

/** Taints of a node are well-formed, and unique by key and effect. */
export function validateTaints(taints: readonly Taint[], field: string): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const { key, value, effect } = taint;
    const path = `${field}[${index}]`;
    const errors = invalidFor(`${path}.key`, key, labelKeyMessages(key));
    const messages = labelValueMessages(value ?? '');
    if (messages.length > 0) errors.push(invalidValue(`${path}.value`, value, messages.join(';')));
    errors.push(...oneOf(`${path}.effect`, effect, EFFECTS));
    const pair = `${key}:${effect}`;
    if (seen.has(pair)) errors.push(duplicate(path, goTaint(taint), 'taints must be unique by key and effect pair'));
    seen.add(pair);
    return errors;
  });
}
