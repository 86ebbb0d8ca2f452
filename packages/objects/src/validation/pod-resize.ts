import { qosClassOf } from '../defaults/index.js';
import type { FieldError } from '../field-error.js';
import type { Container, Pod, PodSpec, ResourceRequirements } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { forbidden, invalidValue } from './field-errors.js';
import { validatePod } from './pod.js';

type Amounts = Record<string, string> | undefined;

const RESIZABLE = new Set(['cpu', 'memory']);
const MIRROR = 'kubernetes.io/config.mirror';

const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === 'Always';

/** Amounts may be added and changed, but not removed. */
function removedErrors(
  after: ResourceRequirements,
  before: ResourceRequirements,
  field: string,
  what = 'resource',
): FieldError[] {
  return (['requests', 'limits'] as const).flatMap((list) => {
    const kept = after[list] ?? {};
    const removed = Object.keys(before[list] ?? {}).some((name) => !Object.hasOwn(kept, name));
    return removed ? [forbidden(`${field}.${list}`, `${what} ${list} cannot be removed`)] : [];
  });
}

const fixed = (amounts: Amounts): Amounts =>
  Object.fromEntries(Object.entries(amounts ?? {}).filter(([name]) => !RESIZABLE.has(name)));

/** A container without the fields that a resize may change. */
function fixedPart({ resources, ...rest }: Container): unknown {
  const { limits, requests, ...others } = resources ?? {};
  return { ...rest, resources: { ...others, limits: fixed(limits), requests: fixed(requests) } };
}

/** What a resize may change of init containers: nothing but sidecars' amounts. */
function initErrors(after: Container, before: Container, at: number): FieldError[] {
  if (isSidecar(after)) {
    if (semanticallyEqual(fixedPart(after), fixedPart(before))) return [];
    const detail = 'only cpu and memory resources for init or sidecar containers are mutable';
    return [forbidden(`spec.initContainers[${at}]`, detail)];
  }
  return semanticallyEqual(after, before)
    ? []
    : [forbidden('spec', 'resources for non-sidecar init containers are immutable')];
}

/** A node that does not tell of its containers' resources cannot change them. Source: isPodResizeRequestSupported. */
function isSupported({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running);
  return !running || running.resources !== undefined;
}

const asksAsWhole = ({ resources }: PodSpec): boolean =>
  Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0;

/** The resources of the pod as a whole. Source: validatePodLevelResourcesResize. */
function wholeErrors({ resources }: PodSpec, { resources: before }: PodSpec): FieldError[] {
  if (before && !resources) return [forbidden('spec.resources', 'pod-level resources cannot be removed')];
  const errors = before ? removedErrors(resources ?? {}, before, 'spec.resources', 'pod-level resource') : [];
  const others = ({ limits, requests, ...rest }: ResourceRequirements = {}): unknown => ({
    ...rest,
    limits: fixed(limits),
    requests: fixed(requests),
  });
  if (semanticallyEqual(others(resources), others(before))) return errors;
  return [...errors, forbidden('spec', 'only cpu and memory resources are mutable at pod-level')];
}

/** Containers are neither added nor moved nor renamed. Source: validatePodResizeContainerOrdering. */
function orderErrors(spec: PodSpec, before: PodSpec): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((list) => {
    const wanted = spec[list] ?? [];
    const had = before[list] ?? [];
    if (wanted.length !== had.length) {
      return [forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)];
    }
    return had.flatMap(({ name }, at) =>
      wanted[at]?.name === name
        ? []
        : [forbidden(`spec.${list}[${at}].name`, `${list} may not be renamed or reordered on resize`)],
    );
  });
}

/**
 * The rules of a resize: amounts of CPU and memory may be changed and added, within the pod's quality-of-service class.
 * Source: pkg/apis/core/validation ValidatePodResize, with the resize of init containers switched off (alpha).
 */
export function validatePodResize(pod: Pod, current: Pod): FieldError[] {
  const spec = pod.spec ?? { containers: [] };
  const before = current.spec ?? { containers: [] };
  if (Object.hasOwn(current.metadata?.annotations ?? {}, MIRROR)) {
    return [forbidden('[]', 'static pods cannot be resized')];
  }
  if (before.os?.name === 'windows') {
    return [forbidden('[]', 'windows pods cannot be resized')];
  }
  const errors = validatePod(pod);
  if (qosClassOf(spec) !== (current.status?.qosClass ?? qosClassOf(before))) {
    const value = pod.status?.qosClass ?? '';
    errors.push(invalidValue('spec', value, 'Pod QOS Class may not change as a result of resizing'));
  }
  if (!isSupported(current)) errors.push(forbidden('spec', 'Pod running on node without support for resize'));
  if (asksAsWhole(spec) || asksAsWhole(before)) errors.push(...wholeErrors(spec, before));
  const moved = orderErrors(spec, before);
  errors.push(...moved);
  if (moved.length > 0) return errors;
  const initContainers = spec.initContainers ?? [];
  const containers = spec.containers ?? [];
  for (const [at, old] of (before.initContainers ?? []).entries()) {
    if (!isSidecar(old)) continue;
    errors.push(
      ...removedErrors(
        initContainers[at]?.resources ?? {},
        old.resources ?? {},
        `spec.initContainers[${at}].resources`,
      ),
    );
  }
  for (const [at, old] of (before.containers ?? []).entries()) {
    errors.push(
      ...removedErrors(containers[at]?.resources ?? {}, old.resources ?? {}, `spec.containers[${at}].resources`),
    );
  }
  for (const [at, container] of containers.entries()) {
    if (semanticallyEqual(fixedPart(container), fixedPart(before.containers?.[at] ?? container))) continue;
    errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  }
  errors.push(...initContainers.flatMap((each, at) => initErrors(each, before.initContainers?.[at] ?? each, at)));
  return errors;
}
