import type { FieldError } from '../field-error.js';
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from '../kinds/api-types.js';
import { familyOf, validateAddress } from './addresses.js';
import {
  duplicate,
  forbidden,
  IMMUTABLE,
  internalError,
  invalidFor,
  invalidValue,
  notSupported,
  withinRange,
} from './field-errors.js';
import { dnsSubdomainMessages, labelKeyMessages } from './names.js';
import { validateAnnotationUpdate } from './pod-annotations.js';

const MAX_ID = 2 ** 31 - 1;
const NOT_COUNTED = 'must be a non-negative integer';
/** Conditions of the system itself. */
const SYSTEM: ReadonlySet<string> = new Set(['PodScheduled', 'Ready', 'Initialized']);

function conditionErrors({ conditions = [], observedGeneration }: PodStatus): FieldError[] {
  const errors = conditions.flatMap(({ type, observedGeneration: seen }, at) => {
    const field = `status.conditions[${at}]`;
    return [
      ...(seen !== undefined && seen < 0 ? [invalidValue(`${field}.observedGeneration`, seen, NOT_COUNTED)] : []),
      ...(SYSTEM.has(type) ? [] : invalidFor(`${field}.Type`, type, labelKeyMessages(type))),
    ];
  });
  if (observedGeneration !== undefined && observedGeneration < 0) {
    errors.push(invalidValue('status.observedGeneration', observedGeneration, NOT_COUNTED));
  }
  return errors;
}

/** A container that has ended for good does not begin again. Source: ValidateContainerStateTransition. */
function transitionErrors(
  after: readonly ContainerStatus[] | undefined,
  before: readonly ContainerStatus[] | undefined,
  mayRestart: (status: ContainerStatus) => boolean,
  field: string,
): FieldError[] {
  return (before ?? []).flatMap((old, at) => {
    if (!old.state?.terminated || mayRestart(old)) return [];
    const runs = (after ?? []).filter(({ name, state }) => name === old.name && !state?.terminated);
    return runs.map(() => forbidden(`${field}[${at}].state`, 'may not be transitioned to non-terminated state'));
  });
}

const hasRule = ({ restartPolicyRules = [] }: Container, exitCode: number, action: string): boolean => {
  const rule = restartPolicyRules.find(({ exitCodes }) => {
    const isNamed = exitCodes?.values?.includes(exitCode) ?? false;
    return exitCodes?.operator === 'In' ? isNamed : exitCodes?.operator === 'NotIn' && !isNamed;
  });
  return rule?.action === action;
};

/** A rule that starts every container again lets each of them begin again. Source: AllContainersCouldRestart. */
const mayRestartAll = (spec: PodSpec): boolean =>
  [...(spec.containers ?? []), ...(spec.initContainers ?? [])].some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  );

/**
 * Which ended containers may run again, by the pod's policy and, where the container has one, its own.
 * Source: pkg/api/v1/pod ContainerShouldRestart.
 */
function restarts(spec: PodSpec, list: 'containers' | 'initContainers'): (status: ContainerStatus) => boolean {
  if (mayRestartAll(spec)) return () => true;
  return ({ name, state }) => {
    const container = spec[list]?.find((each) => each.name === name);
    if (!container) return false;
    const exitCode = state?.terminated?.exitCode ?? 0;
    if (container.restartPolicy !== undefined && hasRule(container, exitCode, 'Restart')) return true;
    const policy = container.restartPolicy ?? spec.restartPolicy;
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  };
}

/** One address of each family. Source: validatePodIPs, validateHostIPs. */
function addressErrors(addresses: readonly { ip?: string }[], field: string): FieldError[] {
  const texts = addresses.map(({ ip = '' }) => ip);
  const errors = texts.flatMap((ip, at) => validateAddress(`${field}[${at}]`, ip));
  if (texts.length < 2) return errors;
  const asGo = addresses.map(({ ip = '' }) => ({ IP: ip }));
  const families = new Set(texts.map(familyOf));
  const bad = texts.findIndex((ip) => familyOf(ip) === 0);
  if (bad >= 0) {
    const reason = `failed to check for dual stack with error:invalid IP[${bad}]: ${texts[bad]}`;
    errors.push(internalError(field, reason));
  }
  if (bad >= 0 || texts.length > 2 || families.size < 2) {
    errors.push(invalidValue(field, asGo, 'may specify no more than one IP for each IP family'));
  }
  return errors;
}

const LISTS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const;
const HEALTH = ['Healthy', 'Unhealthy', 'Unknown'];

/** The user of a container's process. Source: validateContainerStatusUsers. */
function userErrors(statuses: readonly ContainerStatus[], isWindows: boolean, field: string): FieldError[] {
  return statuses.flatMap(({ user }, at) => {
    const linux = user?.linux;
    const path = `${field}[${at}].user.linux`;
    if (!linux) return [];
    if (isWindows) return [forbidden(path, 'cannot be set for a windows pod')];
    return [
      ...withinRange(`${path}.uid`, linux.uid, 0, MAX_ID),
      ...withinRange(`${path}.gid`, linux.gid, 0, MAX_ID),
      ...(linux.supplementalGroups ?? []).flatMap((group, i) =>
        withinRange(`${path}.supplementalGroups[${i}]`, group, 0, MAX_ID),
      ),
    ];
  });
}

/** The health of devices. Source: validateContainerStatusAllocatedResourcesStatus. */
function deviceErrors(statuses: readonly ContainerStatus[], spec: PodSpec, list: string, field: string): FieldError[] {
  const containers = list === 'containerStatuses' ? spec.containers : (spec.initContainers ?? []);
  return statuses.flatMap(({ name, allocatedResourcesStatus: devices = [] }, at) => {
    const path = `${field}[${at}].allocatedResourcesStatus`;
    if (list === 'ephemeralContainerStatuses') {
      return devices.length > 0 ? [forbidden(path, 'must not be specified in container status')] : [];
    }
    const resources = containers.find((each) => each.name === name)?.resources;
    return devices.flatMap((device, index) => {
      const errors: FieldError[] = [];
      const claims = (resources?.claims ?? []).map(
        ({ name: of, request }) => `claim:${of}${request ? `/${request}` : ''}`,
      );
      const known = device.name.startsWith('claim:') ? claims : Object.keys(resources?.requests ?? {});
      if (resources && !known.includes(device.name)) {
        const detail = device.name.startsWith('claim:')
          ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
          : "must match one of the container's resource requests";
        errors.push(invalidValue(`${path}[${index}].name`, device.name, detail));
      }
      const ids = (device.resources ?? []).map(({ resourceID }) => resourceID);
      for (const [i, { health = '', resourceID }] of (device.resources ?? []).entries()) {
        const where = `${path}[${index}].resources[${i}]`;
        if (!HEALTH.includes(health)) errors.push(notSupported(`${where}.health`, health, HEALTH));
        if (ids.indexOf(resourceID) < i) errors.push(duplicate(`${where}.resourceID`, resourceID));
      }
      return errors;
    });
  });
}

/** pkg/apis/core/validation ValidatePodStatusUpdate, in upstream's order. */
export function validatePodStatusUpdate(pod: Pod, current: Pod): FieldError[] {
  const status = pod.status ?? {};
  const before = current.status ?? {};
  const spec = current.spec ?? { containers: [] };
  const errors = validateAnnotationUpdate(
    pod.metadata?.annotations ?? {},
    current.metadata?.annotations ?? {},
    'metadata.annotations',
  );
  errors.push(...conditionErrors(status));
  const { nominatedNodeName: nominated } = status;
  if (nominated && nominated !== before.nominatedNodeName) {
    const field = 'status.nominatedNodeName';
    errors.push(...invalidFor(field, nominated, dnsSubdomainMessages(nominated)));
    if (spec.nodeName) errors.push(forbidden(field, 'may not be set on pods that are already bound to a node'));
  }
  if ((status.qosClass ?? '') !== (before.qosClass ?? '') && before.qosClass !== undefined) {
    errors.push(invalidValue('status.qosClass', status.qosClass ?? '', IMMUTABLE));
  }
  const never = (): boolean => false;
  const policies = {
    containerStatuses: restarts(spec, 'containers'),
    initContainerStatuses: restarts(spec, 'initContainers'),
    ephemeralContainerStatuses: never,
  };
  for (const list of LISTS) {
    errors.push(...transitionErrors(status[list], before[list], policies[list], `status.${list}`));
  }
  errors.push(...claimErrors(status, spec));
  errors.push(...addressErrors(status.podIPs ?? [], 'status.podIPs'));
  const [host] = status.hostIPs ?? [];
  if (host && (host.ip ?? '') !== (status.hostIP ?? '')) {
    errors.push(invalidValue('status.hostIPs[0].ip', host.ip ?? '', 'must be equal to `hostIP`'));
  }
  errors.push(...addressErrors(status.hostIPs ?? [], 'status.hostIPs'));
  for (const list of LISTS) {
    const statuses = status[list];
    if (!statuses) continue;
    errors.push(...userErrors(statuses, spec.os?.name === 'windows', `status.${list}`));
    errors.push(...deviceErrors(statuses, spec, list, `status.${list}`));
  }
  return errors;
}

/** Source: validatePodResourceClaimStatuses. */
function claimErrors({ resourceClaimStatuses: statuses = [] }: PodStatus, spec: PodSpec): FieldError[] {
  return statuses.flatMap(({ name, resourceClaimName }, at) => {
    const field = `status.resourceClaimStatuses[${at}].name`;
    const errors: FieldError[] = [];
    if (!spec.resourceClaims?.some((claim) => claim.name === name)) {
      errors.push(invalidValue(field, name, 'must match the name of an entry in `spec.resourceClaims`'));
    }
    if (statuses.findIndex((other) => other.name === name) < at) errors.push(duplicate(field, name));
    if (resourceClaimName !== undefined) {
      errors.push(...invalidFor(field, resourceClaimName, dnsSubdomainMessages(resourceClaimName)));
    }
    return errors;
  });
}
