import { type FieldError, invalid } from '@everynode/objects';
import type { Query } from '../http/query.js';

/** The kinds that upstream names in errors about a request's parameters. */
export type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions';

const MAX_MANAGER_BYTES = 128;
const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];

/** Source: apimachinery meta/v1/validation, ValidateFieldManager. */
export function managerErrors(name: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(name) > MAX_MANAGER_BYTES) {
    errors.push({ type: 'FieldValueTooLong', field, detail: `may not be more than ${MAX_MANAGER_BYTES} bytes` });
  }
  let at = 0;
  for (const character of name) {
    if (character !== ' ' && /[\p{C}\p{Z}]/u.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      const detail = `invalid character U+${code} (at position ${at})`;
      errors.push({ type: 'FieldValueInvalid', field, value: name, detail });
    }
    at += Buffer.byteLength(character);
  }
  return errors;
}

/** Only `All` is a dry run. */
export function dryRunErrors(values: readonly string[]): FieldError[] {
  if (values.every((value) => value === 'All')) return [];
  return [{ type: 'FieldValueNotSupported', field: 'dryRun', value: values, detail: 'supported values: "All"' }];
}

function forceErrors(query: Query, isApply: boolean): FieldError[] {
  if (isApply) {
    if (query.text('fieldManager') !== undefined) return [];
    return [{ type: 'FieldValueRequired', field: 'fieldManager', detail: 'is required for apply patch' }];
  }
  if (query.text('force') === undefined) return [];
  return [{ type: 'FieldValueForbidden', field: 'force', detail: 'may not be specified for non-apply patch' }];
}

/**
 * Checks all parameters of a write.
 * @throws ApiError Invalid, in the name of the kind of options. Source: apimachinery meta/v1/validation.
 */
export function checkWriteOptions(kind: OptionsKind, query: Query, isApply = false): void {
  const validation = query.text('fieldValidation') ?? '';
  const errors: FieldError[] = [
    ...(kind === 'PatchOptions' ? forceErrors(query, isApply) : []),
    ...managerErrors(query.text('fieldManager') ?? '', 'fieldManager'),
    ...dryRunErrors(query.texts('dryRun')),
  ];
  if (!VALIDATIONS.includes(validation)) {
    const supported = VALIDATIONS.map((value) => JSON.stringify(value)).join(', ');
    errors.push({
      type: 'FieldValueNotSupported',
      field: 'fieldValidation',
      value: validation,
      detail: `supported values: ${supported}`,
    });
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind, name: '' }, errors);
}
