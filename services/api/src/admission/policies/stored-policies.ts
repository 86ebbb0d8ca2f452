import type { CachedObject } from '@everynode/list-watch';
import type { KubeObject } from '@everynode/objects';

/** The storage name of ValidatingAdmissionPolicies. */
export const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';

/** The storage names of MutatingAdmissionPolicies and of their bindings. */
export const MUTATING_POLICIES = 'mutatingadmissionpolicies.admissionregistration.k8s.io';
export const MUTATING_BINDINGS = 'mutatingadmissionpolicybindings.admissionregistration.k8s.io';

type WithSpec = KubeObject & { spec?: object };

const specs = new WeakMap<CachedObject, object>();
const objects = new WeakMap<CachedObject, KubeObject>();

/**
 * The spec of a policy or binding. It is parsed once for each version: every write reads all of them, and the caches of
 * the api forget what they parse.
 */
export function specOf<T extends WithSpec>(stored: CachedObject<T>): NonNullable<T['spec']> | undefined {
  const known = specs.get(stored) ?? stored.desired.spec;
  if (known) specs.set(stored, known);
  return known as NonNullable<T['spec']> | undefined;
}

/** An object of parameters, parsed once for each version as well. */
export function paramsIn(stored: CachedObject): KubeObject {
  const known = objects.get(stored) ?? stored.object;
  objects.set(stored, known);
  return known;
}
