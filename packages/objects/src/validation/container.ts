import type { FieldError } from '../field-error.js';
import type { Container, ContainerPort, ContainerResizePolicy, PodSpec } from '../kinds/api-types.js';
import { validateEnv, validateEnvFrom } from './env.js';
import {
  append,
  duplicate,
  forbidden,
  invalidFor,
  invalidValue,
  oneOf,
  required,
  withinRange,
} from './field-errors.js';
import { type ProbeRole, validateLifecycle, validateProbe } from './handler.js';
import { dnsLabelMessages, portNameMessages } from './names.js';
import { validateContainerSecurity } from './pod-security.js';
import { validateResources } from './resource-requirements.js';
import { validateRestartPolicy } from './restart-rules.js';
import { type Volumes, validateVolumeDevices, validateVolumeMounts } from './volume-mounts.js';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const PROBES: readonly ProbeRole[] = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const MAX_PORT = 65535;

/** What the rules of a container need of its pod. */
export interface ContainerContext {
  volumes: Volumes;
  /** Names of the pod's resource claims. */
  claims: ReadonlySet<string>;
  grace: number | undefined;
  restartPolicy: string | undefined;
  /** True unless the pod has users of its own. */
  sharesUsers: boolean;
}

/** pkg/apis/core/validation validateContainerPorts. */
function validatePorts(ports: readonly ContainerPort[], field: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name, containerPort, hostPort, protocol }, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (name) {
      const messages = portNameMessages(name);
      append(errors, invalidFor(`${at}.name`, name, messages));
      if (messages.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    if (!containerPort) errors.push(required(`${at}.containerPort`));
    else append(errors, withinRange(`${at}.containerPort`, containerPort, 1, MAX_PORT));
    if (hostPort) append(errors, withinRange(`${at}.hostPort`, hostPort, 1, MAX_PORT));
    append(errors, oneOf(`${at}.protocol`, protocol, PROTOCOLS));
    return errors;
  });
}

/** pkg/apis/core/validation validateResizePolicy. */
function validateResizePolicies(
  policies: readonly ContainerResizePolicy[],
  ofPod: string | undefined,
  field: string,
): FieldError[] {
  const seen = new Set<string>();
  return policies.flatMap(({ resourceName = '', restartPolicy }, index) => {
    const errors = seen.has(resourceName) ? [duplicate(`${field}[${index}]`, resourceName)] : [];
    seen.add(resourceName);
    append(errors, oneOf(field, resourceName, ['cpu', 'memory']));
    append(errors, oneOf(field, restartPolicy, ['NotRequired', 'RestartContainer']));
    if (ofPod === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalidValue(field, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
    }
    return errors;
  });
}

/** The rules that all kinds of containers share. Source: validateContainerCommon. */
export function validateContainer(container: Container, context: ContainerContext, field: string): FieldError[] {
  const { name, image, terminationMessagePolicy: policy, ports, env, envFrom } = container;
  const { resources, resizePolicy, securityContext, volumeMounts, volumeDevices } = container;
  const { volumes, claims, restartPolicy, sharesUsers } = context;
  const errors = name ? invalidFor(`${field}.name`, name, dnsLabelMessages(name)) : [required(`${field}.name`)];
  if (!image) errors.push(required(`${field}.image`));
  append(errors, oneOf(`${field}.terminationMessagePolicy`, policy, MESSAGE_POLICIES));
  if (ports) append(errors, validatePorts(ports, `${field}.ports`));
  if (env) append(errors, validateEnv(env, `${field}.env`));
  if (envFrom) append(errors, validateEnvFrom(envFrom, `${field}.envFrom`));
  if (volumeMounts) append(errors, validateVolumeMounts(container, volumes, `${field}.volumeMounts`));
  if (volumeDevices) append(errors, validateVolumeDevices(container, volumes, `${field}.volumeDevices`));
  append(errors, oneOf(`${field}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES));
  if (resources) append(errors, validateResources(resources, `${field}.resources`, claims));
  if (resizePolicy) append(errors, validateResizePolicies(resizePolicy, restartPolicy, `${field}.resizePolicy`));
  if (securityContext) {
    append(errors, validateContainerSecurity(securityContext, sharesUsers, `${field}.securityContext`));
  }
  return errors;
}

/** The actions of a container that lives as long as its pod. */
function validateActions(container: Container, { grace }: ContainerContext, field: string): FieldError[] {
  const { lifecycle } = container;
  const errors = lifecycle ? validateLifecycle(lifecycle, grace, `${field}.lifecycle`) : [];
  for (const role of PROBES) {
    const probe = container[role];
    if (probe) append(errors, validateProbe(probe, role, grace, `${field}.${role}`));
  }
  return errors;
}

/** Init containers end before the main ones start, unless they are sidecars (restartPolicy Always). */
function validateInitContainer(container: Container, context: ContainerContext, field: string): FieldError[] {
  if (container.restartPolicy === 'Always') return validateActions(container, context, field);
  const errors = (['lifecycle', ...PROBES] as const).flatMap((name) =>
    container[name]
      ? [forbidden(`${field}.${name}`, 'may not be set for init containers without restartPolicy=Always')]
      : [],
  );
  for (const [at, { restartPolicy }] of (container.resizePolicy ?? []).entries()) {
    if (restartPolicy !== 'RestartContainer') continue;
    const detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
    errors.push(invalidValue(`${field}.resizePolicy[${at}].restartPolicy`, restartPolicy, detail));
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
export function validateContainers(spec: PodSpec, context: ContainerContext, field: string): FieldError[] {
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
    append(errors, validateContainer(container, context, path));
    append(errors, named(container.name, path));
    append(errors, validateActions(container, context, path));
    append(errors, validateRestartPolicy(container, path));
  }
  append(errors, validateHostPorts(containers, `${field}.containers`));
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    const path = `${field}.initContainers[${index}]`;
    append(errors, validateContainer(container, context, path));
    append(errors, validateRestartPolicy(container, path));
    append(errors, named(container.name, path));
    append(errors, validateHostPorts([container], `${field}.initContainers`));
    append(errors, validateInitContainer(container, context, path));
  }
  return errors;
}
