import { isIP } from 'node:net';
import type { FieldError } from '../field-error.js';
import type { Container, ContainerPort, ContainerResizePolicy, PodSpec } from '../kinds/api-types.js';
import { validateEnv, validateEnvFrom } from './env.js';
import {
  duplicate,
  forbidden,
  invalidFor,
  invalidValue,
  notSupported,
  oneOf,
  required,
  withinRange,
} from './field-errors.js';
import { type ProbeRole, validateLifecycle, validateProbe } from './handler.js';
import { dnsLabelMessages, IP_MESSAGE, portNameMessages } from './names.js';
import { validateContainerSecurity } from './pod-security.js';
import { validateResources } from './resource-requirements.js';
import { validateVolumeMounts } from './volume.js';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['FallbackToLogsOnError', 'File'];
const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const PROBES: readonly ProbeRole[] = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const MAX_PORT = 65535;

/** pkg/apis/core/validation validateContainerPorts. */
function validatePorts(ports: readonly ContainerPort[], field: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name, containerPort, hostPort, hostIP, protocol }, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (name) {
      const messages = portNameMessages(name);
      errors.push(...invalidFor(`${at}.name`, name, messages));
      if (messages.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    if (!containerPort) errors.push(required(`${at}.containerPort`));
    else errors.push(...withinRange(`${at}.containerPort`, containerPort, 1, MAX_PORT));
    if (hostPort) errors.push(...withinRange(`${at}.hostPort`, hostPort, 1, MAX_PORT));
    if (hostIP && isIP(hostIP) === 0) errors.push(invalidValue(`${at}.hostIP`, hostIP, IP_MESSAGE));
    errors.push(...oneOf(`${at}.protocol`, protocol, PROTOCOLS));
    return errors;
  });
}

function validateImage(image: string | undefined, field: string): FieldError[] {
  if (!image) return [required(field)];
  return image.trim() === image ? [] : [invalidValue(field, image, 'must not have leading or trailing whitespace')];
}

/** pkg/apis/core/validation validateResizePolicy. */
function validateResizePolicies(policies: readonly ContainerResizePolicy[], field: string): FieldError[] {
  const seen = new Set<string>();
  return policies.flatMap(({ resourceName = '', restartPolicy }, index) => {
    const errors = seen.has(resourceName) ? [duplicate(`${field}[${index}]`, resourceName)] : [];
    seen.add(resourceName);
    return [
      ...errors,
      ...oneOf(field, resourceName, ['cpu', 'memory']),
      ...oneOf(field, restartPolicy, ['NotRequired', 'RestartContainer']),
    ];
  });
}

/** The rules that all kinds of containers share. */
export function validateContainer(container: Container, volumes: ReadonlySet<string>, field: string): FieldError[] {
  const { name, securityContext, lifecycle, resources } = container;
  return [
    ...(name ? invalidFor(`${field}.name`, name, dnsLabelMessages(name)) : [required(`${field}.name`)]),
    ...validateImage(container.image, `${field}.image`),
    ...(lifecycle ? validateLifecycle(lifecycle, `${field}.lifecycle`) : []),
    ...validatePorts(container.ports ?? [], `${field}.ports`),
    ...validateEnv(container.env ?? [], `${field}.env`),
    ...validateEnvFrom(container.envFrom ?? [], `${field}.envFrom`),
    ...validateVolumeMounts(
      container.volumeMounts ?? [],
      { volumes, privileged: securityContext?.privileged === true },
      `${field}.volumeMounts`,
    ),
    ...oneOf(`${field}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES),
    ...oneOf(`${field}.terminationMessagePolicy`, container.terminationMessagePolicy, MESSAGE_POLICIES),
    ...validateResizePolicies(container.resizePolicy ?? [], `${field}.resizePolicy`),
    ...(resources ? validateResources(resources, `${field}.resources`) : []),
    ...(securityContext ? validateContainerSecurity(securityContext, `${field}.securityContext`) : []),
  ];
}

function validateProbes(container: Container, field: string): FieldError[] {
  return PROBES.flatMap((role) => {
    const probe = container[role];
    return probe ? validateProbe(probe, role, `${field}.${role}`) : [];
  });
}

/** Init containers end before the main ones start, unless they are sidecars (restartPolicy Always). */
function validateInitContainer(container: Container, field: string): FieldError[] {
  const { restartPolicy } = container;
  if (restartPolicy === 'Always') return validateProbes(container, field);
  const errors: FieldError[] = [];
  if (restartPolicy !== undefined && !RESTART_POLICIES.includes(restartPolicy)) {
    errors.push(notSupported(`${field}.restartPolicy`, restartPolicy, RESTART_POLICIES));
  }
  for (const name of ['lifecycle', ...PROBES] as const) {
    if (!container[name]) continue;
    errors.push(forbidden(`${field}.${name}`, 'may not be set for init containers without restartPolicy=Always'));
  }
  return errors;
}

/** Two containers cannot use the same port of the host. */
function validateHostPorts(containers: readonly Container[], field: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports }, index) =>
    (ports ?? []).flatMap(({ hostPort, hostIP, protocol }, at) => {
      if (!hostPort) return [];
      const key = `${protocol}/${hostIP ?? ''}/${hostPort}`;
      if (taken.has(key)) return [duplicate(`${field}[${index}].ports[${at}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

/** Validates all ordinary containers of a pod. Names are unique over containers and init containers. */
export function validateContainers(spec: PodSpec, field: string): FieldError[] {
  const volumes = new Set((spec.volumes ?? []).map((volume) => volume.name));
  const names = new Set<string>();
  const named = (name: string, path: string): FieldError[] => {
    const errors = name && names.has(name) ? [duplicate(`${path}.name`, name)] : [];
    names.add(name);
    return errors;
  };
  const containers: readonly Container[] = spec.containers ?? [];
  const errors = containers.length === 0 ? [required(`${field}.containers`)] : [];
  for (const [index, container] of containers.entries()) {
    const path = `${field}.containers[${index}]`;
    errors.push(...validateContainer(container, volumes, path), ...validateProbes(container, path));
    errors.push(...named(container.name, path));
    const { restartPolicy } = container;
    if (restartPolicy !== undefined && !RESTART_POLICIES.includes(restartPolicy)) {
      errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES));
    }
  }
  errors.push(...validateHostPorts(containers, `${field}.containers`));
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    const path = `${field}.initContainers[${index}]`;
    errors.push(...validateContainer(container, volumes, path), ...validateInitContainer(container, path));
    errors.push(...named(container.name, path));
  }
  return errors;
}
