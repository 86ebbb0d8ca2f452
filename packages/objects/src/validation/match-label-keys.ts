import type { FieldError } from '../field-error.js';
import type { LabelSelector } from '../kinds/api-types.js';
import { forbidden, invalidFor, invalidValue } from './field-errors.js';
import { labelKeyMessages } from './names.js';

const UNSELECTED = 'must not be specified when labelSelector is not set';

/** Keys of a term of pod affinity or of a spread constraint, whose values are those of the incoming pod. */
interface LabelKeys {
  matchLabelKeys?: readonly string[];
  mismatchLabelKeys?: readonly string[];
  labelSelector?: LabelSelector;
}

/**
 * Source: pkg/apis/core/validation ValidateMatchLabelKeysAndMismatchLabelKeys. The selector of a pod has the
 * requirements that the server made of matchLabelKeys, so a key that comes twice was also in the client's.
 */
export function validateMatchLabelKeys(
  { matchLabelKeys: match = [], mismatchLabelKeys: mismatch = [], labelSelector }: LabelKeys,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, keys] of Object.entries({ matchLabelKeys: match, mismatchLabelKeys: mismatch })) {
    if (keys.length === 0) continue;
    if (!labelSelector) errors.push(forbidden(`${field}.${name}`, UNSELECTED));
    else {
      errors.push(...keys.flatMap((key, at) => invalidFor(`${field}.${name}[${at}]`, key, labelKeyMessages(key))));
    }
  }
  const selected = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const at = match.lastIndexOf(key);
    if (at >= 0 && selected.has(key)) {
      errors.push(invalidValue(`${field}[${at}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    }
    selected.add(key);
  }
  for (const [at, key] of match.entries()) {
    if (!mismatch.includes(key)) continue;
    errors.push(
      invalidValue(`${field}.matchLabelKeys[${at}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'),
    );
  }
  return errors;
}
