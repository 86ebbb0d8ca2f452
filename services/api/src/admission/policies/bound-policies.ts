import { toCel } from '@everynode/cel';
import type { CachedObject } from '@everynode/list-watch';
import type { KubeObject, MatchResources, ParamKind, ParamRef } from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import type { Attributes } from '../dynamic/attributes.js';
import { matchedResource, matchesRule } from '../dynamic/match.js';
import { findParams, ParamsError } from './find-params.js';
import { specOf } from './stored-policies.js';

/** What policies of both kinds have. */
type Policy = CachedObject<KubeObject & { spec?: { matchConstraints?: MatchResources; paramKind?: ParamKind } }>;
type Binding = CachedObject<
  KubeObject & { spec?: { policyName?: string; paramRef?: ParamRef; matchResources?: MatchResources } }
>;

/** A policy that is for a write, with the bindings that are. */
interface BoundPolicy<P, B> {
  policy: P;
  bindings: {
    binding: B;
    /** Why the binding cannot be used; the policy's failurePolicy decides about the request. */
    fault?: string;
    /** The policy is evaluated with each of them; one undefined where it needs none. */
    params: readonly (KubeObject | undefined)[];
  }[];
}

/** Finds the policies that are for a write, by their names. Source: apiserver plugin/policy/generic. */
export function boundPolicies<P extends Policy, B extends Binding>(
  context: ApiContext,
  policies: Iterable<P>,
  bindings: Iterable<B>,
  attributes: Attributes,
): BoundPolicy<P, B>[] {
  const all = inOrder(bindings);
  return inOrder(policies).flatMap((policy) => {
    const bound = all.filter((binding) => specOf(binding)?.policyName === policy.record.name);
    const { matchConstraints, paramKind } = specOf(policy) ?? {};
    if (bound.length === 0 || !matches(context, matchConstraints, attributes, true)) return [];
    const found = bound.flatMap((binding) => {
      const { paramRef, matchResources } = specOf(binding) ?? {};
      if (!matches(context, matchResources, attributes, false)) return [];
      try {
        return [{ binding, params: findParams(context, paramKind, paramRef, attributes.namespace) }];
      } catch (error) {
        if (!(error instanceof ParamsError)) throw error;
        return [{ binding, params: [], fault: `failed to configure binding: ${error.message}` }];
      }
    });
    return [{ policy, bindings: found }];
  });
}

const inOrder = <T extends CachedObject>(list: Iterable<T>): T[] =>
  [...list].toSorted((a, b) => (a.record.name < b.record.name ? -1 : 1));

/** What expressions meet of a policy that has parameters. */
export function withParams(
  variables: Record<string, unknown>,
  kind: ParamKind | undefined,
  params: KubeObject | undefined,
): Record<string, unknown> {
  if (!kind) return variables;
  const all = Object.defineProperties({}, Object.getOwnPropertyDescriptors(variables)) as Record<string, unknown>;
  all.params = params === undefined ? null : toCel(params);
  return all;
}

/** A binding without resources is for all that its policy is for. */
function matches(
  context: ApiContext,
  match: MatchResources | undefined,
  attributes: Attributes,
  isPolicy: boolean,
): boolean {
  if (!match) return !isPolicy;
  const { resourceRules = [], excludeResourceRules = [], matchPolicy, namespaceSelector, objectSelector } = match;
  if (excludeResourceRules.some((rule) => matchesRule(rule, attributes))) return false;
  const rules = resourceRules.length === 0 && !isPolicy ? [EVERYTHING] : resourceRules;
  return matchedResource(context, { rules, matchPolicy, namespaceSelector, objectSelector }, attributes) !== undefined;
}

const EVERYTHING = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*', '*'], scope: '*' };
