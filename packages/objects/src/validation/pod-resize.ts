import { qosClassOf } from '../defaults/index.js';
import type { FieldError } from '../field-error.js';
import type { Container, Pod, ResourceRequirements } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { forbidden, invalidValue } from './field-errors.js';
import { validatePod } from './pod.js';

type Amounts = Record<string, string> | undefined;
type List = 'containers' | 'initContainers';

const RESIZABLE = new Set(['cpu', 'memory']);
const MIRROR = 'kubernetes.io/config.mirror';

const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === 'Always';

/** Amounts may be added and changed, but not removed. */
function removedErrors(after: ResourceRequirements, before: ResourceRequirements, field: string): FieldError[] {
  return (['requests', 'limits'] as const).flatMap((list) => {
    const kept = after[list] ?? {};
    const removed = Object.keys(before[list] ?? {}).some((name) => !Object.hasOwn(kept, name));
    return removed ? [forbidden(`${field}.${list}`, `resource ${list} cannot be removed`)] : [];
  });
}

const fixed = (amounts: Amounts): Amounts =>
  Object.fromEntries(Object.entries(amounts ?? {}).filter(([name]) => !RESIZABLE.has(name)));

/** A container without the fields that a resize may change. */
function fixedPart({ resources, resizePolicy: _policy, ...rest }: Container): unknown {
  const { limits, requests, ...others } = resources ?? {};
  return { ...rest, resources: { ...others, limits: fixed(limits), requests: fixed(requests) } };
}

function containerErrors(after: Container, before: Container, list: List, at: number): FieldError[] {
  const unchanged = (part: (container: Container) => unknown): boolean => semanticallyEqual(part(after), part(before));
  if (list === 'initContainers' && !isSidecar(before)) {
    const same = unchanged(({ resizePolicy: _policy, ...container }) => container);
    return same ? [] : [forbidden('spec', 'resources for non-sidecar init containers are immutable')];
  }
  const whose = list === 'containers' ? '' : ' for sidecar containers';
  return [
    ...removedErrors(after.resources ?? {}, before.resources ?? {}, `spec.${list}[${at}].resources`),
    ...(unchanged(fixedPart) ? [] : [forbidden('spec', `only cpu and memory resources${whose} are mutable`)]),
  ];
}

/**
 * The rules of a resize: amounts of CPU and memory may be changed and added, within the pod's quality-of-service class.
 * Source: pkg/apis/core/validation ValidatePodResize. That memory limits may decrease is the rule of 1.34.
 */
export function validatePodResize(pod: Pod, current: Pod): FieldError[] {
  const spec = pod.spec ?? { containers: [] };
  const before = current.spec ?? { containers: [] };
  if (Object.hasOwn(current.metadata?.annotations ?? {}, MIRROR)) {
    return [forbidden('', 'static pods cannot be resized')];
  }
  if (before.os?.name === 'windows') {
    return [forbidden('', 'windows pods cannot be resized')];
  }
  const errors = validatePod(pod);
  if (qosClassOf(spec) !== (current.status?.qosClass ?? qosClassOf(before))) {
    const value = pod.status?.qosClass ?? '';
    errors.push(invalidValue('spec', value, 'Pod QOS Class may not change as a result of resizing'));
  }
  for (const list of ['initContainers', 'containers'] as const) {
    const wanted = spec[list] ?? [];
    const had = before[list] ?? [];
    if (wanted.length !== had.length) {
      errors.push(forbidden(`spec.${list}`, `${list} may not be added or removed on resize`));
      continue;
    }
    if (wanted.some(({ name }, at) => name !== had[at]?.name)) {
      errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
      continue;
    }
    errors.push(...had.flatMap((each, at) => containerErrors(wanted[at] ?? each, each, list, at)));
  }
  return errors;
}
