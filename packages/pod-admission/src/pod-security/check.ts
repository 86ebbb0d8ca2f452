import type { Container, EphemeralContainer, PodSecurityContext, PodSpec, SecurityContext } from '@everynode/objects';
import type { Level, PolicyVersion } from './policy.js';

/** What a check reads of a pod, or of the template of pods. */
export interface CheckedPod {
  annotations: Readonly<Record<string, string>>;
  spec: PodSpec;
}

export function checkedPod(annotations: Record<string, string> | undefined, spec: PodSpec | undefined): CheckedPod {
  return { annotations: annotations ?? {}, spec: spec ?? { containers: [] } };
}

/** Why a pod is not allowed. */
export interface Violation {
  /** A few words, the same for all pods that break the rule in the same way. */
  reason: string;
  /** What exactly is at fault in this pod; empty where there is no more to say. */
  detail: string;
}

/** One rule of a level. `restricted` has those of `baseline` and its own. */
export interface Check {
  level: Exclude<Level, 'privileged'>;
  /** A check of `baseline` that asks for less: it need not be made where this one is. */
  includes?: Check;
  /** The forms of the rule with the version of the policy from which each holds, in ascending order. */
  forms: readonly { since: PolicyVersion; violation: FindViolation }[];
}

export type FindViolation = (pod: CheckedPod) => Violation | undefined;

export type AnyContainer = Container | EphemeralContainer;

/** Source: pod-security-admission/policy/visitor.go. */
export function containersOf({ initContainers = [], containers, ephemeralContainers = [] }: PodSpec): AnyContainer[] {
  return [...initContainers, ...containers, ...ephemeralContainers];
}

/** Names of the containers that a predicate holds for. */
export function containersThat(spec: PodSpec, isBad: (container: AnyContainer) => boolean): string[] {
  return containersOf(spec)
    .filter(isBad)
    .map(({ name }) => name);
}

/** `"a", "b"`: quotes within a text stay as they are. */
export function quoted(texts: Iterable<string>): string {
  return [...texts].map((text) => `"${text}"`).join(', ');
}

export function sorted(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort();
}

/** `container "a"`, `containers "a", "b"` */
export function theContainers(names: readonly string[]): string {
  return `${names.length === 1 ? 'container' : 'containers'} ${quoted(names)}`;
}

/**
 * The pod itself and its containers, as far as they set something that they must not: `pod and container "a"`.
 * Undefined where all is well.
 */
export function settersOf(
  spec: PodSpec,
  isBad: (context: PodSecurityContext | SecurityContext) => boolean,
): string | undefined {
  const names = containersThat(spec, ({ securityContext }) => securityContext !== undefined && isBad(securityContext));
  const setters = [
    ...(spec.securityContext && isBad(spec.securityContext) ? ['pod'] : []),
    ...(names.length > 0 ? [theContainers(names)] : []),
  ];
  return setters.length > 0 ? setters.join(' and ') : undefined;
}

/** Windows has none of these settings. Source: policies since 1.25 exempt pods with `os: windows` from them. */
export const isWindows = ({ os }: PodSpec): boolean => os?.name === 'windows';

/**
 * Root within a user namespace is an ordinary user of the node. Source: KEP-127; policies since 1.35.
 */
export const hasOwnUsers = ({ hostUsers }: PodSpec): boolean => hostUsers === false;
