import type { FieldError } from '../field-error.js';
import type { EphemeralContainer, Pod } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { forbidden } from './field-errors.js';
import { validatePod } from './pod.js';

const FIELD = 'spec.ephemeralContainers';

/** Existing ephemeral containers cannot change. Their order has no meaning: a patch may change it. */
function keptErrors(after: readonly EphemeralContainer[], before: readonly EphemeralContainer[]): FieldError[] {
  return before.flatMap((old) => {
    const now = after.find(({ name }) => name === old.name);
    const what = `existing ephemeral containers ${JSON.stringify(old.name)}`;
    if (!now) return [forbidden(FIELD, `${what} may not be removed\n`)];
    return semanticallyEqual(now, old) ? [] : [forbidden(FIELD, `${what} may not be changed\n`)];
  });
}

/** Source: pkg/apis/core/validation ValidatePodEphemeralContainersUpdate. */
export function validateEphemeralContainersUpdate(pod: Pod, current: Pod): FieldError[] {
  if (Object.hasOwn(current.metadata?.annotations ?? {}, 'kubernetes.io/config.mirror')) {
    return [forbidden('[]', 'static pods do not support ephemeral containers')];
  }
  return [
    ...validatePod(pod),
    ...keptErrors(pod.spec?.ephemeralContainers ?? [], current.spec?.ephemeralContainers ?? []),
  ];
}
