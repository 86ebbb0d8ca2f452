import type { CachedObject } from '@everynode/list-watch';
import { ApiError, STATUS_REASONS, type StatusReason, type StoredKinds } from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import { type Attributes, deniedSubject } from '../dynamic/attributes.js';
import type { Notes } from '../notes.js';
import { boundPolicies, withParams } from './bound-policies.js';
import { compiledPolicy } from './compiled-policy.js';
import { POLICIES, specOf } from './stored-policies.js';

const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';
const MAX_ANNOTATION = 10 * 1024;
const MAX_FAILURES = 50;

type Policy = CachedObject<StoredKinds[typeof POLICIES]>;
type Binding = CachedObject<StoredKinds[typeof BINDINGS]>;
type Bound = ReturnType<typeof boundPolicies<Policy, Binding>>[number];

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
  const all = policies.list() as Iterable<Policy>;
  const bound = boundPolicies(context, all, context.reflector.cache(BINDINGS).list() as Iterable<Binding>, attributes);
  for (const { policy, bindings } of bound) checkPolicy({ policy, variables, notes, denials, failures }, bindings);
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
  policy: Policy;
  variables: Record<string, unknown>;
  notes: Notes;
  /** Found so far, of all policies. */
  denials: Denial[];
  failures: Failure[];
}

function checkPolicy(check: Check, bindings: Bound['bindings']): void {
  const { policy, variables, notes, denials } = check;
  const { name } = policy.record;
  const { paramKind, failurePolicy } = specOf(policy) ?? {};
  const annotations = new Map<string, Set<string>>();
  for (const { binding, params, fault } of bindings) {
    const { validationActions = [] } = specOf(binding) ?? {};
    if (fault !== undefined && failurePolicy !== 'Ignore') {
      denials.push({ policy: name, binding: binding.record.name, message: fault, reason: '' });
    }
    for (const param of params) {
      const given = withParams(variables, paramKind, param);
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

function denied(attributes: Attributes, { policy, binding, message, reason }: Denial): ApiError {
  const bound = binding === undefined ? '' : ` with binding '${binding}'`;
  const text = `ValidatingAdmissionPolicy '${policy}'${bound} denied request: ${message}`;
  const { definition } = attributes;
  const { name, group, plural } = deniedSubject(attributes);
  const qualified = group ? `${plural}.${group}` : plural;
  const known = (reason in STATUS_REASONS ? reason : 'Invalid') as StatusReason;
  return new ApiError(known, `${qualified} ${JSON.stringify(name)} is forbidden: ${text}`, {
    name,
    ...(definition.group && { group: definition.group }),
    kind: plural,
    causes: [{ message: text }],
  });
}
