import {
  type ApiError,
  forbiddenTo,
  type LimitRange,
  type PodSpec,
  type PriorityFacts,
  resolvePriority,
  type ServiceAccount,
  withServiceAccount,
} from '@everynode/objects';
import { claimFaults, inOrder, limitRangeFaults, type Quantities, setLimitRangeDefaultsOf } from './limit-ranger.js';
import { checkedPod } from './pod-security/check.js';
import { describeViolations, violationsOf } from './pod-security/evaluate.js';
import { exemptionOf, type PodSecurityExemptions } from './pod-security/exemptions.js';
import { type LevelVersion, policyOf } from './pod-security/policy.js';
import { type RuntimeClassFacts, refuseOverhead, withRuntimeClass } from './runtime-class.js';
import { mirrorFault, unmountableSecret, withAccountOf } from './service-account.js';

/** What admission knows of the namespace of a pod, and of the cluster. */
export interface AdmissionFacts {
  /** Undefined for a namespace that is not known: it has no policy then. */
  namespaceLabels: Readonly<Record<string, string>> | undefined;
  limitRanges: readonly LimitRange[];
  exemptions: PodSecurityExemptions;
  /** The user who creates the pod; upstream's DaemonSet controller by default. */
  creator?: string;
  /** Returns the account of that name, if there is one. */
  findAccount(name: string): ServiceAccount | undefined;
  /** Returns the class of that name, if there is one; without a name the class of pods that name none. */
  findPriorityClass(name: string | undefined): PriorityFacts | undefined;
  findRuntimeClass(name: string): RuntimeClassFacts | undefined;
  /** Returns five random letters, for the name of a volume. */
  suffix(): string;
}

/** A pod that is to be created. Its name may be the beginning of one. */
export interface NewPod {
  metadata: { name: string; namespace: string; annotations?: Record<string, string> };
  spec: PodSpec;
}

const refusal = ({ metadata: { name } }: NewPod, why: string): ApiError =>
  forbiddenTo({ group: '', plural: 'pods', name }, why);

/**
 * Completes a pod in place, in the order of upstream's admission: LimitRanger, ServiceAccount, Priority, RuntimeClass.
 * It has its defaults already. @throws ApiError Forbidden for an account or a class that does not exist.
 */
export function admitPod(pod: NewPod, facts: AdmissionFacts): void {
  setLimitRangeDefaultsOf(pod, facts.limitRanges);
  pod.spec = withServiceAccount(pod.spec);
  const account = accountOf(pod, facts);
  pod.spec = withAccountOf(pod.spec, account, facts.suffix);
  refuseUnmountable(pod, account);
  pod.spec = resolvePriority(pod.metadata.name, pod.spec, facts.findPriorityClass);
  pod.spec = withRuntimeClass(pod.metadata.name, pod.spec, facts.findRuntimeClass);
}

/** Refuses secrets that the account of a pod does not name, where it asks for that. @throws ApiError Forbidden */
export function refuseUnmountable(pod: NewPod, account: ServiceAccount): void {
  const fault = unmountableSecret(pod.spec, account);
  if (fault !== undefined) throw refusal(pod, fault);
}

/** Refuses a mirror pod that needs what only the api has: its node runs it without. @throws ApiError Forbidden */
export function refuseMirrorReferences(pod: NewPod): void {
  const fault = mirrorFault(pod.spec);
  if (fault !== undefined) throw refusal(pod, fault);
}

/** @throws ApiError Forbidden where there is no such account. */
export function accountOf(pod: NewPod, { findAccount }: Pick<AdmissionFacts, 'findAccount'>): ServiceAccount {
  const { serviceAccountName: name = '' } = pod.spec;
  const account = findAccount(name);
  if (account) return account;
  const where = `${pod.metadata.namespace}/${name}`;
  throw refusal(pod, `error looking up service account ${where}: serviceaccount "${name}" not found`);
}

/** The account of upstream's controller, which creates daemon pods. */
const DAEMON_SET_CONTROLLER = 'system:serviceaccount:kube-system:daemon-set-controller';

/**
 * Refuses a complete pod of a controller that its namespace does not allow: by a LimitRange, by its pod security
 * policy, or by an overhead of no RuntimeClass. @throws ApiError Forbidden
 */
export function refuseUnallowedPod(
  pod: NewPod,
  facts: Pick<AdmissionFacts, 'namespaceLabels' | 'limitRanges' | 'findRuntimeClass' | 'exemptions' | 'creator'>,
): void {
  refuseBeyond(pod, facts.limitRanges);
  const { namespace } = pod.metadata;
  const { runtimeClassName: runtimeClass } = pod.spec;
  const { creator: user = DAEMON_SET_CONTROLLER, exemptions } = facts;
  const exempt = exemptionOf({ namespace, user, runtimeClass }, exemptions);
  if (exempt === undefined) refuseViolation(pod, policyOf(facts.namespaceLabels).policy.enforce);
  refuseOverhead(pod.metadata.name, pod.spec, facts.findRuntimeClass);
}

/** Refuses a pod whose resources a LimitRange does not allow. @throws ApiError Forbidden */
export function refuseBeyond(pod: NewPod, ranges: readonly LimitRange[]): void {
  const faults = firstFaults(ranges, (range) => limitRangeFaults(pod.spec, range));
  if (faults !== undefined) throw refusal(pod, faults);
}

/** Refuses a claim for storage that a LimitRange does not allow. @throws ApiError Forbidden */
export function refuseClaimBeyond(name: string, requests: Quantities, ranges: readonly LimitRange[]): void {
  const faults = firstFaults(ranges, (range) => claimFaults(requests, range));
  if (faults !== undefined) throw forbiddenTo({ group: '', plural: 'persistentvolumeclaims', name }, faults);
}

/** The faults by the first range that has any, as Go prints several errors. */
function firstFaults(ranges: readonly LimitRange[], faultsOf: (range: LimitRange) => string[]): string | undefined {
  for (const range of inOrder(ranges)) {
    const faults = [...new Set(faultsOf(range))];
    if (faults.length > 0) return faults.length === 1 ? faults[0] : `[${faults.join(', ')}]`;
  }
  return undefined;
}

/** Refuses a pod that a policy does not allow. @throws ApiError Forbidden */
export function refuseViolation(pod: NewPod, policy: LevelVersion): void {
  const violations = violationsOf(policy, checkedPod(pod.metadata.annotations, pod.spec));
  if (violations.length > 0) throw refusal(pod, `violates ${describeViolations(policy, violations)}`);
}
