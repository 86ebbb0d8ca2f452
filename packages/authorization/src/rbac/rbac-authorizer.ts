import type { PolicyRule } from '@everynode/objects';
import type { Attributes, User } from '../attributes.js';
import type { Authorizer, UserRules } from '../authorizer.js';
import { type Decision, NO_OPINION, noOpinion } from '../decision.js';
import { quoted } from '../go-quote.js';
import type { RoleRef } from './objects.js';
import type { AppliedBinding, RbacIndex } from './rbac-index.js';
import { rulesAllow } from './rule-match.js';

/** How a missing role is named. Source: apimachinery NewNotFound of the listers. */
export const missingRole = ({ kind, name }: RoleRef): string =>
  `${kind.toLowerCase()}.rbac.authorization.k8s.io ${quoted(name)} not found`;

/** Source: pkg/registry/rbac/validation/rule.go, describeSubject and the describers of bindings. */
function describe({ binding, subject }: AppliedBinding): string {
  const { name, namespace, roleRef } = binding;
  const bindingName = namespace
    ? `RoleBinding ${quoted(`${name}/${namespace}`)}`
    : `ClusterRoleBinding ${quoted(name)}`;
  const account = subject.kind === 'ServiceAccount' ? `/${subject.namespace || namespace}` : '';
  return `${bindingName} of ${roleRef.kind} ${quoted(roleRef.name)} to ${subject.kind} ${quoted(subject.name + account)}`;
}

/** Several errors as apimachinery's Aggregate prints them. */
function aggregated(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`;
}

/** Allows what roles allow that are bound to the user. Source: plugin/pkg/auth/authorizer/rbac/rbac.go. */
export class RbacAuthorizer implements Authorizer {
  readonly #index: RbacIndex;

  constructor(index: RbacIndex) {
    this.#index = index;
  }

  authorize(attributes: Attributes): Decision {
    const missing: string[] = [];
    const namespace = attributes.kind === 'resource' ? attributes.namespace : '';
    for (const applied of this.#index.bindingsOf(attributes.user, namespace)) {
      const { roleRef, namespace: inside } = applied.binding;
      const rules = this.#index.rulesOf(roleRef, inside);
      if (!rules) missing.push(missingRole(roleRef));
      else if (rulesAllow(rules, attributes)) {
        return { verdict: 'allow', reason: `RBAC: allowed by ${describe(applied)}` };
      }
    }
    return missing.length === 0 ? NO_OPINION : noOpinion(`RBAC: ${aggregated(missing)}`);
  }

  rulesFor(user: User, namespace: string): UserRules {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    for (const { binding } of this.#index.bindingsOf(user, namespace)) {
      const found = this.#index.rulesOf(binding.roleRef, binding.namespace);
      if (found) rules.push(...found);
      else errors.push(missingRole(binding.roleRef));
    }
    return { rules, incomplete: false, errors };
  }
}
