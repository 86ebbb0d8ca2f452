import { CelError } from '@everynode/cel';
import type { CachedObject } from '@everynode/list-watch';
import {
  ApiError,
  type KubeObject,
  type ResourceDefinition,
  STATUS_REASONS,
  type StatusReason,
  type StoredKinds,
  semanticallyEqual,
} from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import { type Attributes, deniedSubject } from '../dynamic/attributes.js';
import { variablesOf } from '../dynamic/conditions.js';
import { boundPolicies, withParams } from './bound-policies.js';
import { compiledMutations } from './compiled-mutations.js';
import { MutationError, withConfiguration, withJsonPatch } from './patch-object.js';
import { MUTATING_BINDINGS, MUTATING_POLICIES, specOf } from './stored-policies.js';

type Policy = CachedObject<StoredKinds[typeof MUTATING_POLICIES]>;
type Binding = CachedObject<StoredKinds[typeof MUTATING_BINDINGS]>;

/** A write of an object that policies may change. */
export interface MutableAttributes extends Attributes {
  definition: ResourceDefinition;
  object: KubeObject;
}

/** Why a request is refused by a policy. */
interface Denial {
  policy: string;
  binding: string;
  message: string;
  reason: StatusReason;
}

/**
 * Evaluates the MutatingAdmissionPolicies that are for a write, in the order of their names, each with what the ones
 * before it have made of the object. Source: apiserver plugin/policy/mutating/dispatcher.go.
 */
export class PolicyMutations {
  readonly #context: ApiContext;
  readonly #dryRun: boolean;
  /** Evaluations with `IfNeeded` that there were, by policy, binding and parameters. */
  readonly #reinvocable = new Set<string>();

  constructor(context: ApiContext, dryRun: boolean) {
    this.#context = context;
    this.#dryRun = dryRun;
  }

  /** Returns the changed object; undefined where no policy has changed it. @throws ApiError */
  mutate(attributes: MutableAttributes): KubeObject | undefined {
    return this.#run(attributes, undefined);
  }

  /**
   * Evaluates once more those with `IfNeeded`, after something has changed the object. Returns the changed object;
   * undefined where they have not changed it. @throws ApiError
   */
  reinvoke(attributes: MutableAttributes): KubeObject | undefined {
    return this.#reinvocable.size === 0 ? undefined : this.#run(attributes, new Set(this.#reinvocable));
  }

  /** @param due the evaluations to make; all where it is undefined. */
  #run(attributes: MutableAttributes, due: ReadonlySet<string> | undefined): KubeObject | undefined {
    const { reflector } = this.#context;
    const policies = reflector.cache(MUTATING_POLICIES);
    if (policies.size === 0) return undefined;
    const denials: Denial[] = [];
    let current = attributes;
    const all = policies.list() as Iterable<Policy>;
    const bindings = reflector.cache(MUTATING_BINDINGS).list() as Iterable<Binding>;
    for (const { policy, bindings: bound } of boundPolicies(this.#context, all, bindings, attributes)) {
      const { failurePolicy, reinvocationPolicy } = specOf(policy) ?? {};
      for (const { binding, params, fault } of bound) {
        const deny = (message: string, reason: StatusReason): void => {
          if (failurePolicy === 'Ignore') return;
          denials.push({ policy: policy.record.name, binding: binding.record.name, message, reason });
        };
        if (fault !== undefined) deny(fault, 'Forbidden');
        for (const param of params) {
          const { namespace, name } = param?.metadata ?? {};
          const key = JSON.stringify([policy.record.name, binding.record.name, namespace, name]);
          if (due && !due.has(key)) continue;
          const evaluated = this.#evaluate(policy, current, param, (message) => deny(message, 'Invalid'));
          if (!evaluated) continue;
          current = { ...current, object: evaluated };
          if (reinvocationPolicy === 'IfNeeded') this.#reinvocable.add(key);
        }
      }
    }
    if (denials.length > 0) throw denied(attributes, denials);
    return semanticallyEqual(current.object, attributes.object) ? undefined : current.object;
  }

  /** Undefined where the conditions do not match. What fails is denied, and the mutations after it go on. */
  #evaluate(
    policy: Policy,
    attributes: MutableAttributes,
    param: KubeObject | undefined,
    deny: (message: string) => void,
  ): KubeObject | undefined {
    const { paramKind } = specOf(policy) ?? {};
    const { conditions, mutations } = compiledMutations(policy);
    const variablesFor = (object: KubeObject): Record<string, unknown> =>
      withParams(variablesOf(this.#context, { ...attributes, object }, this.#dryRun), paramKind, param);
    try {
      if (conditions.unmatched(variablesFor(attributes.object))) return undefined;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      deny(error.message);
      return undefined;
    }
    const { definition } = attributes;
    let { object } = attributes;
    for (const { patchType, evaluate } of mutations) {
      try {
        const value = evaluate(variablesFor(object));
        const patch = patchType === 'JSONPatch' ? withJsonPatch : withConfiguration;
        const patched = patch(object, value, definition);
        if (patched === object) continue;
        definition.setDefaults?.(patched);
        object = patched;
      } catch (error) {
        if (!(error instanceof CelError) && !(error instanceof MutationError)) throw error;
        deny(error.message);
      }
    }
    return object;
  }
}

/**
 * The refusal has the code of one that is forbidden, whatever its reason is, as upstream.
 * Source: apiserver plugin/policy/generic/policy_dispatcher.go.
 */
function denied(attributes: Attributes, denials: readonly Denial[]): ApiError {
  const causes = denials.map(({ policy, binding, message }) => ({
    message: `policy '${policy}' with binding '${binding}' denied request: ${message}`,
  }));
  const { name, plural } = deniedSubject(attributes);
  const { group } = attributes.definition;
  const details = { name, ...(group && { group }), kind: plural, causes };
  return new ApiError(denials[0]?.reason ?? 'Forbidden', causes[0]?.message ?? '', details, {
    code: STATUS_REASONS.Forbidden.code,
  });
}
