import type { FieldError } from '../field-error.js';
import type { Namespace } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { invalidValue } from './field-errors.js';
import {
  finalizerDomainErrors,
  validateChangedMeta,
  validateFinalizerName,
  validateMetaOfUpdate,
} from './object-meta.js';

/** The phase must agree with the deletionTimestamp (ValidateNamespaceStatusUpdate). */
export function validateNamespaceStatus({ metadata, status }: Namespace): FieldError[] {
  const isGoing = metadata?.deletionTimestamp !== undefined;
  const due = isGoing ? 'Terminating' : 'Active';
  if (status?.phase === due) return [];
  const detail = `may only be '${due}' if \`deletionTimestamp\` is ${isGoing ? 'not ' : ''}empty`;
  return [invalidValue('status.Phase', status?.phase ?? '', detail)];
}

/** The finalizers of the spec are named as those of the metadata (ValidateNamespaceFinalizeUpdate). */
export function validateNamespaceFinalizeUpdate(object: Stored<Namespace>, current: Stored<Namespace>): FieldError[] {
  return [
    ...validateMetaOfUpdate(object.metadata, current.metadata),
    ...validateChangedMeta(object.metadata, current.metadata),
    ...finalizerDomainErrors(object.metadata),
    ...(object.spec?.finalizers ?? []).flatMap((name, at) => validateFinalizerName(name, `spec.finalizers[${at}]`)),
  ];
}
