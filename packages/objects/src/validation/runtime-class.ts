import type { FieldError } from '../field-error.js';
import type { RuntimeClass } from '../kinds/api-types.js';
import { invalidFor } from './field-errors.js';
import { dnsLabelMessages } from './names.js';
import { validateLabels, validateUnchanged } from './object-meta.js';
import { validateResources } from './resource-requirements.js';
import { validateTolerations } from './toleration.js';

/** Source: pkg/apis/node/validation, ValidateRuntimeClass. */
export function validateRuntimeClass({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  return [
    ...invalidFor('handler', handler, dnsLabelMessages(handler)),
    ...(overhead ? validateResources({ limits: overhead.podFixed ?? {} }, 'overhead') : []),
    ...validateLabels(scheduling?.nodeSelector, 'scheduling.nodeSelector'),
    ...validateTolerations(scheduling?.tolerations ?? [], 'scheduling.tolerations'),
  ];
}

/** Source: pkg/apis/node/validation, ValidateRuntimeClassUpdate. */
export const validateRuntimeClassUpdate = (object: RuntimeClass, current: RuntimeClass): FieldError[] =>
  validateUnchanged('handler', object.handler, current.handler);
