import type { FieldError } from '../field-error.js';
import type { Namespace } from '../kinds/api-types.js';
import { invalidValue } from './field-errors.js';

/** The phase must agree with the deletionTimestamp (ValidateNamespaceStatusUpdate). */
export function validateNamespaceStatus({ metadata, status }: Namespace): FieldError[] {
  const isGoing = metadata?.deletionTimestamp !== undefined;
  const due = isGoing ? 'Terminating' : 'Active';
  if (status?.phase === due) return [];
  const detail = `may only be '${due}' if \`deletionTimestamp\` is ${isGoing ? 'not ' : ''}empty`;
  return [invalidValue('status.Phase', status?.phase ?? '', detail)];
}
