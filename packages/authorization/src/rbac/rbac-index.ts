import type { PolicyRule } from '@everynode/objects';
import type { User } from '../attributes.js';
import type { BindingObject, RoleObject, RoleRef, Subject } from './objects.js';

/** A binding with the subject by which it applies to a user. */
export interface AppliedBinding {
  binding: BindingObject;
  subject: Subject;
}

/** Bindings of one namespace, or those of the cluster, by the key of each subject, then by name. */
type BySubject = Map<string, Map<string, AppliedBinding>>;

const USER = 'user:';
const GROUP = 'group:';

/**
 * The key of a subject; undefined for one that matches no user. A service account without a namespace is one of the
 * binding's. Source: plugin/pkg/auth/authorizer/rbac, and pkg/registry/rbac/validation/rule.go, appliesToUser.
 */
function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string): string | undefined {
  if (kind === 'User') return USER + name;
  if (kind === 'Group') return GROUP + name;
  const inside = namespace || bindingNamespace;
  return kind === 'ServiceAccount' && inside ? `${USER}system:serviceaccount:${inside}:${name}` : undefined;
}

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/**
 * Roles and bindings, found by what a decision asks for: the bindings of a user's name and groups. Each change costs
 * what the changed object has; the number of other bindings does not count.
 */
export class RbacIndex {
  readonly #roles = new Map<string, RoleObject>();
  readonly #bindings = new Map<string, BindingObject>();
  readonly #byNamespace = new Map<string, BySubject>();

  putRole(role: RoleObject): void {
    this.#roles.set(keyOf(role.namespace, role.name), role);
  }

  removeRole(namespace: string, name: string): void {
    this.#roles.delete(keyOf(namespace, name));
  }

  putBinding(binding: BindingObject): void {
    const { namespace, name } = binding;
    this.removeBinding(namespace, name);
    this.#bindings.set(keyOf(namespace, name), binding);
    let inNamespace = this.#byNamespace.get(namespace);
    if (!inNamespace) {
      inNamespace = new Map();
      this.#byNamespace.set(namespace, inNamespace);
    }
    for (const subject of binding.subjects) {
      const key = subjectKey(subject, namespace);
      if (key === undefined) continue;
      let named = inNamespace.get(key);
      if (!named) {
        named = new Map();
        inNamespace.set(key, named);
      }
      if (!named.has(name)) named.set(name, { binding, subject });
    }
  }

  removeBinding(namespace: string, name: string): void {
    const key = keyOf(namespace, name);
    const binding = this.#bindings.get(key);
    const inNamespace = this.#byNamespace.get(namespace);
    if (!binding || !inNamespace) return;
    this.#bindings.delete(key);
    for (const subject of binding.subjects) {
      const subjectsKey = subjectKey(subject, namespace);
      if (subjectsKey === undefined) continue;
      const named = inNamespace.get(subjectsKey);
      named?.delete(name);
      if (named?.size === 0) inNamespace.delete(subjectsKey);
    }
    if (inNamespace.size === 0) this.#byNamespace.delete(namespace);
  }

  /** The bindings that apply to a user: those of the cluster, then those of the namespace where there is one. */
  *bindingsOf(user: User, namespace: string): Iterable<AppliedBinding> {
    yield* appliedIn(this.#byNamespace.get(''), user);
    if (namespace !== '') yield* appliedIn(this.#byNamespace.get(namespace), user);
  }

  /** The rules of the role that a binding in a namespace refers to; undefined for a role that does not exist. */
  rulesOf({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(keyOf(kind === 'ClusterRole' ? '' : namespace, name))?.rules;
  }
}

function* appliedIn(bySubject: BySubject | undefined, { user, groups }: User): Iterable<AppliedBinding> {
  if (!bySubject) return;
  const own = bySubject.get(USER + user);
  if (own) yield* own.values();
  for (const group of groups) {
    const applied = bySubject.get(GROUP + group);
    if (applied) yield* applied.values();
  }
}
