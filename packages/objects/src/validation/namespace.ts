import type { FieldError } from '../field-error.js';
import type { Namespace } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { invalidValue } from './field-errors.js';
import { dnsLabelMessages } from './names.js';
import {
  finalizerDomainErrors,
  validateFinalizerName,
  validateObjectMeta,
  validateObjectMetaUpdate,
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
    ...validateObjectMeta(object.metadata, false, dnsLabelMessages),
    ...finalizerDomainErrors(object.metadata),
    ...validateObjectMetaUpdate(object.metadata, current.metadata),
    ...finalizerDomainErrors(object.metadata),
    ...(object.spec?.finalizers ?? []).flatMap((name, at) => validateFinalizerName(name, `spec.finalizers[${at}]`)),
  ];
}
