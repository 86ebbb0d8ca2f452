import { toCel } from '@everynode/cel';
import type { CachedObject } from '@everynode/list-watch';
import { ApiError, type MatchResources, STATUS_REASONS, type StatusReason, type StoredKinds } from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import { subjectOf } from '../../write/target.js';
import type { Attributes } from '../dynamic/attributes.js';
import { matchedResource, matchesRule } from '../dynamic/match.js';
import type { Notes } from '../notes.js';
import { compiledPolicy } from './compiled-policy.js';
import { findParams, ParamsError } from './find-params.js';
import { POLICIES, specOf } from './stored-policies.js';

const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';
const MAX_ANNOTATION = 10 * 1024;
const MAX_FAILURES = 50;

type Policy = CachedObject<StoredKinds[typeof POLICIES]>;
type Binding = CachedObject<StoredKinds[typeof BINDINGS]>;

interface Denial {
  policy: string;
  binding: string | undefined;
  message: string;
  reason: string;
}

/** One entry of the audit annotation of failed validations. */
interface Failure {
  message: string;
  policy: string;
  binding: string;
  expressionIndex: number;
  validationActions: readonly string[];
}

/**
 * Checks a write by all policies that are bound.
 * @param variables what expressions meet: see `variablesOf`. Source: apiserver plugin/policy/validating/dispatcher.go.
 * @throws ApiError for the first denial, in the words and with the code of upstream.
 */
export function checkPolicies(
  context: ApiContext,
  attributes: Attributes,
  variables: Record<string, unknown>,
  notes: Notes,
): void {
  const policies = context.reflector.cache(POLICIES);
  if (policies.size === 0) return;
  const denials: Denial[] = [];
  const failures: Failure[] = [];
  const inOrder = <T extends CachedObject>(list: Iterable<T>): T[] =>
    [...list].toSorted((a, b) => (a.record.name < b.record.name ? -1 : 1));
  const bindings = inOrder(context.reflector.cache(BINDINGS).list() as Iterable<Binding>);
  for (const policy of inOrder(policies.list() as Iterable<Policy>)) {
    const bound = bindings.filter((binding) => specOf(binding)?.policyName === policy.record.name);
    if (bound.length > 0) checkPolicy({ context, policy, attributes, variables, notes, denials, failures }, bound);
  }
  if (failures.length > 0) {
    notes.annotate(
      'validation.policy.admission.k8s.io/validation_failure',
      JSON.stringify(failures.slice(0, MAX_FAILURES)),
    );
  }
  const [first] = denials;
  if (first) throw denied(attributes, first);
}

interface Check {
  context: ApiContext;
  policy: Policy;
  attributes: Attributes;
  variables: Record<string, unknown>;
  notes: Notes;
  /** Found so far, of all policies. */
  denials: Denial[];
  failures: Failure[];
}

function checkPolicy(check: Check, bindings: readonly Binding[]): void {
  const { context, policy, attributes, variables, notes, denials } = check;
  const { name } = policy.record;
  const spec = specOf(policy) ?? {};
  if (!matches(context, spec.matchConstraints, attributes, true)) return;
  const annotations = new Map<string, Set<string>>();
  for (const binding of bindings) {
    const { paramRef, matchResources, validationActions = [] } = specOf(binding) ?? {};
    if (!matches(context, matchResources, attributes, false)) continue;
    let params: ReturnType<typeof findParams>;
    try {
      params = findParams(context, spec.paramKind, paramRef, attributes.namespace);
    } catch (error) {
      if (!(error instanceof ParamsError)) throw error;
      if (spec.failurePolicy === 'Ignore') continue;
      const message = `failed to configure binding: ${error.message}`;
      denials.push({ policy: name, binding: binding.record.name, message, reason: '' });
      continue;
    }
    for (const param of params) {
      const given = spec.paramKind ? withParams(variables, param) : variables;
      const verdict = compiledPolicy(policy).judge(given);
      for (const { key, value } of verdict.annotations) {
        annotations.set(key, (annotations.get(key) ?? new Set()).add(value.slice(0, MAX_ANNOTATION)));
      }
      for (const one of verdict.denials) act(check, binding.record.name, validationActions, one);
    }
  }
  for (const [key, values] of annotations) notes.annotate(`${name}/${key}`, [...values].join(', '));
}

function act(
  { policy, denials, failures, notes }: Check,
  binding: string,
  actions: readonly string[],
  { at, message, reason }: { at: number; message: string; reason: string },
): void {
  const { name } = policy.record;
  for (const action of actions) {
    if (action === 'Deny') denials.push({ policy: name, binding, message, reason });
    else if (action === 'Audit') {
      failures.push({ message, policy: name, binding, expressionIndex: at, validationActions: actions });
    } else {
      notes.warn(`Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${binding}': ${message}`);
    }
  }
}

function withParams(variables: Record<string, unknown>, params: unknown): Record<string, unknown> {
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

function denied(attributes: Attributes, { policy, binding, message, reason }: Denial): ApiError {
  const bound = binding === undefined ? '' : ` with binding '${binding}'`;
  const text = `ValidatingAdmissionPolicy '${policy}'${bound} denied request: ${message}`;
  const { definition, object } = attributes;
  const name = attributes.name || object?.metadata.generateName || 'Unknown';
  const { group, plural } = subjectOf({ ...attributes, name });
  const qualified = group ? `${plural}.${group}` : plural;
  const known = (reason in STATUS_REASONS ? reason : 'Invalid') as StatusReason;
  return new ApiError(known, `${qualified} ${JSON.stringify(name)} is forbidden: ${text}`, {
    name,
    ...(definition.group && { group: definition.group }),
    kind: plural,
    causes: [{ message: text }],
  });
}
