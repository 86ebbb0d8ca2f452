import type { PolicyRule } from '@everynode/objects';
import type { Attributes, User } from './attributes.js';
import { ALLOW, type Decision, noOpinion } from './decision.js';

/** All that a user may do in a namespace, as far as it can be told. */
export interface UserRules {
  rules: PolicyRule[];
  /** True when there may be more than these rules. */
  incomplete: boolean;
  /** Why some rules could not be found. */
  errors: string[];
}

/** Decides what clients may do. It does no I/O: what it needs is in memory. */
export interface Authorizer {
  authorize(attributes: Attributes): Decision;
  /** The rules of a user in a namespace; without one, those for the whole cluster. */
  rulesFor(user: User, namespace: string): UserRules;
}

/** Asks one authorizer after the other. Source: apiserver/pkg/authorization/union. */
export function chain(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(attributes) {
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const decision = authorizer.authorize(attributes);
        if (decision.reason !== '') reasons.push(decision.reason);
        if (decision.verdict === 'noOpinion') continue;
        return reasons.length > 1 ? { ...decision, reason: reasons.join('\n') } : decision;
      }
      return noOpinion(reasons.join('\n'));
    },
    rulesFor(user, namespace) {
      const all = authorizers.map((authorizer) => authorizer.rulesFor(user, namespace));
      return {
        rules: all.flatMap(({ rules }) => rules),
        incomplete: all.some(({ incomplete }) => incomplete),
        errors: all.flatMap(({ errors }) => errors),
      };
    },
  };
}

export const NO_RULES: UserRules = { rules: [], incomplete: false, errors: [] };

/** Members of this group may do everything, whatever roles say. Source: authorizerfactory, builtin.go. */
export const PRIVILEGED_GROUP = 'system:masters';

export const isPrivileged = ({ groups }: User): boolean => groups.includes(PRIVILEGED_GROUP);

export const privilegedGroup: Authorizer = {
  authorize: ({ user }) => (isPrivileged(user) ? ALLOW : { verdict: 'noOpinion', reason: '' }),
  // The group has its rules from a binding of the bootstrap policy.
  rulesFor: () => NO_RULES,
};

/** Every known client may do everything: for simulations alone. Source: authorizerfactory, builtin.go. */
export const alwaysAllow: Authorizer = {
  authorize: () => ALLOW,
  rulesFor: () => ({
    rules: [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ],
    incomplete: false,
    errors: [],
  }),
};
