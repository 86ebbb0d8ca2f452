import { type ApiError, canonicalJson, forbiddenTo, type PodSpec, type Toleration } from '@everynode/objects';

/** What a RuntimeClass says of the pods that name it. */
export interface RuntimeClassFacts {
  overhead?: { podFixed?: Record<string, string> };
  scheduling?: { nodeSelector?: Record<string, string>; tolerations?: Toleration[] };
}

type FindRuntimeClass = (name: string) => RuntimeClassFacts | undefined;

const refusal = (pod: string, why: string): ApiError => forbiddenTo({ group: '', plural: 'pods', name: pod }, why);

/**
 * Returns the spec of a pod with what its RuntimeClass adds: the overhead, labels of nodes, and tolerations. `pod` is
 * its name. @throws ApiError Forbidden for a class that does not exist, and for what contradicts the class.
 * Source: plugin/pkg/admission/runtimeclass, Admit.
 */
export function withRuntimeClass(pod: string, spec: PodSpec, find: FindRuntimeClass): PodSpec {
  const found = classOf(pod, spec, find);
  if (!found) return spec;
  const overhead = found.overhead && overheadOf(found);
  if (overhead && spec.overhead && !isSame(overhead, spec.overhead)) throw refusal(pod, MISMATCH);
  const { scheduling } = found;
  return {
    ...spec,
    ...(overhead && { overhead }),
    ...(scheduling && {
      ...mergedSelector(pod, spec.nodeSelector, scheduling.nodeSelector),
      ...mergedTolerations(spec.tolerations, scheduling.tolerations),
    }),
  };
}

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

const isSame = (a: object, b: object): boolean => canonicalJson(a) === canonicalJson(b);

const overheadOf = ({ overhead }: RuntimeClassFacts): Record<string, string> => ({ ...overhead?.podFixed });

/**
 * Refuses an overhead that is not that of the class. @throws ApiError Forbidden
 * Source: plugin/pkg/admission/runtimeclass, Validate.
 */
export function refuseOverhead(pod: string, spec: PodSpec, find: FindRuntimeClass): void {
  const found = classOf(pod, spec, find);
  if (found?.overhead) {
    if (!isSame(overheadOf(found), spec.overhead ?? {})) throw refusal(pod, MISMATCH);
  } else if (spec.overhead) {
    throw refusal(pod, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  }
}

function classOf(pod: string, { runtimeClassName }: PodSpec, find: FindRuntimeClass): RuntimeClassFacts | undefined {
  if (runtimeClassName === undefined) return undefined;
  const found = find(runtimeClassName);
  if (!found) throw refusal(pod, `pod rejected: RuntimeClass ${JSON.stringify(runtimeClassName)} not found`);
  return found;
}

function mergedSelector(
  pod: string,
  own: Record<string, string> | undefined,
  added: Record<string, string> = {},
): Pick<PodSpec, 'nodeSelector'> {
  for (const [key, value] of Object.entries(added)) {
    const mine = own?.[key];
    if (mine === undefined || mine === value) continue;
    const both = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${mine}`;
    throw refusal(pod, `conflict: ${both}`);
  }
  const merged = { ...own, ...added };
  return Object.keys(merged).length > 0 ? { nodeSelector: merged } : {};
}

/**
 * Those of the pod and those of the class, without what another one tolerates already.
 * Source: pkg/util/tolerations, MergeTolerations.
 */
function mergedTolerations(own: Toleration[] = [], added: Toleration[] = []): Pick<PodSpec, 'tolerations'> {
  const all = [...own, ...added];
  const merged: Toleration[] = [];
  for (const [at, one] of all.entries()) {
    const isCovered =
      merged.some((other) => covers(other, one)) ||
      all.slice(at + 1).some((other) => !isSame(other, one) && covers(other, one));
    if (!isCovered) merged.push(one);
  }
  return merged.length > 0 ? { tolerations: structuredClone(merged) } : {};
}

/** True where the first one tolerates all that the other one does. Source: isSuperset of the same file. */
function covers(wide: Toleration, narrow: Toleration): boolean {
  if (isSame(wide, narrow)) return true;
  const operator = wide.operator || 'Equal';
  const isForAnyKey = !wide.key && operator === 'Exists';
  if ((wide.key ?? '') !== (narrow.key ?? '') && !isForAnyKey) return false;
  if (wide.effect && wide.effect !== narrow.effect) return false;
  const { tolerationSeconds: most } = wide;
  const seconds = narrow.tolerationSeconds ?? Number.POSITIVE_INFINITY;
  if (wide.effect === 'NoExecute' && most !== undefined && seconds > most) return false;
  if (operator === 'Exists') return true;
  return operator === 'Equal' && narrow.operator === 'Equal' && (narrow.value ?? '') === (wide.value ?? '');
}
