import type { FieldError } from '../field-error.js';
import type { Container, PodSecurityContext, PodSpec, SecurityContext } from '../kinds/api-types.js';
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

const MAX_ID = 2 ** 31 - 1;
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const SYSCTL_MESSAGE =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateIds(
  context: Pick<SecurityContext, 'runAsUser' | 'runAsGroup'> & { fsGroup?: number },
  field: string,
): FieldError[] {
  return [
    ...withinRange(`${field}.runAsUser`, context.runAsUser, 0, MAX_ID),
    ...withinRange(`${field}.runAsGroup`, context.runAsGroup, 0, MAX_ID),
    ...withinRange(`${field}.fsGroup`, context.fsGroup, 0, MAX_ID),
  ];
}

interface Profile {
  type?: string;
  localhostProfile?: string;
}

/** A profile that confines a container: seccompProfile or appArmorProfile. */
function validateProfile(profile: Profile | undefined, member: string, what: string, parent: string): FieldError[] {
  if (!profile) return [];
  const field = `${parent}.${member}`;
  const { type, localhostProfile: path } = profile;
  const errors: FieldError[] = [];
  if (!type) errors.push(required(`${field}.type`, `type is required when ${member} is set`));
  else if (!PROFILES.includes(type)) errors.push(notSupported(`${field}.type`, type, PROFILES));
  if (type === 'Localhost') {
    if (!path) errors.push(required(`${field}.localhostProfile`, `must be set when ${what} type is Localhost`));
    else if (path.startsWith('/')) {
      errors.push(invalidValue(`${field}.localhostProfile`, path, 'must be a relative path'));
    } else if (path.split('/').includes('..')) {
      errors.push(invalidValue(`${field}.localhostProfile`, path, "must not contain '..'"));
    }
  } else if (path !== undefined) {
    const detail = `can only be set when ${what} type is Localhost`;
    errors.push(invalidValue(`${field}.localhostProfile`, path, detail));
  }
  return errors;
}

type Profiled = Pick<PodSecurityContext & SecurityContext, 'appArmorProfile' | 'seccompProfile'>;

const validateProfiles = (context: Profiled, field: string): FieldError[] => [
  ...validateProfile(context.seccompProfile, 'seccompProfile', 'seccomp', field),
  ...validateProfile(context.appArmorProfile, 'appArmorProfile', 'AppArmor', field),
];

function validateSysctls(sysctls: PodSecurityContext['sysctls'], field: string): FieldError[] {
  const seen = new Set<string>();
  return (sysctls ?? []).flatMap(({ name }, index) => {
    const path = `${field}[${index}].name`;
    if (!name) return [required(path)];
    if (name.length > 253 || !SYSCTL.test(name)) return [invalidValue(path, name, SYSCTL_MESSAGE)];
    const errors = seen.has(name) ? [duplicate(path, name)] : [];
    seen.add(name);
    return errors;
  });
}

/** What a pod with a user namespace of its own may not share with its host. */
function validateHostUsers(spec: PodSpec, field: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const shared = [
    ['hostNetwork', spec.hostNetwork],
    ['HostPID', spec.hostPID],
    ['HostIPC', spec.hostIPC],
  ] as const;
  return shared.flatMap(([name, set]) => (set ? [forbidden(`${field}.${name}`, 'when `hostUsers` is false')] : []));
}

/** pkg/apis/core/validation ValidatePodSecurityContext. */
export function validatePodSecurity(spec: PodSpec, field: string): FieldError[] {
  const context = spec.securityContext ?? {};
  const path = `${field}.securityContext`;
  const groups = context.supplementalGroups ?? [];
  const { fsGroupChangePolicy: change, supplementalGroupsPolicy: policy } = context;
  const changes = ['Always', 'OnRootMismatch'];
  const policies = ['Merge', 'Strict'];
  const errors = [
    ...validateIds(context, path),
    ...groups.flatMap((group, at) => withinRange(`${path}.supplementalGroups[${at}]`, group, 0, MAX_ID)),
    ...validateSysctls(context.sysctls, `${path}.sysctls`),
    ...validateProfiles(context, path),
    ...validateHostUsers(spec, field),
  ];
  if (change !== undefined) errors.push(...oneOf(`${path}.fsGroupChangePolicy`, change, changes));
  if (policy !== undefined) errors.push(...oneOf(`${path}.supplementalGroupsPolicy`, policy, policies));
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalidValue(`${field}.shareProcessNamespace`, true, detail));
  }
  return errors;
}

/** pkg/apis/core/validation ValidateSecurityContext. */
export function validateContainerSecurity(context: SecurityContext, field: string): FieldError[] {
  const errors = [...validateIds(context, field), ...validateProfiles(context, field)];
  const { procMount, capabilities } = context;
  const mounts = ['Default', 'Unmasked'];
  if (procMount !== undefined) errors.push(...oneOf(`${field}.procMount`, procMount, mounts));
  if (context.allowPrivilegeEscalation !== false) return errors;
  const without = 'cannot set `allowPrivilegeEscalation` to false and';
  if (context.privileged) errors.push(invalidValue(field, context, `${without} \`privileged\` to true`));
  if (capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    errors.push(invalidValue(field, context, `${without} \`capabilities.Add\` CAP_SYS_ADMIN`));
  }
  return errors;
}

const ON_LINUX_ALONE = ['hostPID', 'hostIPC', 'hostUsers', 'shareProcessNamespace'] as const;
const CONTEXT_ON_LINUX_ALONE = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
] as const;

/** The pod's operating system, and the fields that it does not support (pkg/apis/core/validation validateOS). */
export function validatePodOs(spec: PodSpec, field: string): FieldError[] {
  const { os } = spec;
  if (!os) return [];
  if (!os.name) return [required(`${field}.os.name`, 'cannot be empty')];
  const containers: readonly Container[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  if (os.name === 'linux') {
    const windows = [spec.securityContext, ...containers.map(({ securityContext }) => securityContext)];
    return windows.flatMap((context) =>
      context?.windowsOptions
        ? [forbidden(`${field}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod')]
        : [],
    );
  }
  if (os.name !== 'windows') return [notSupported(`${field}.os`, os.name, ['linux', 'windows'])];
  const set = (value: unknown): boolean => value !== undefined && value !== false;
  const context = spec.securityContext ?? {};
  return [
    ...ON_LINUX_ALONE.filter((name) => set(spec[name])).map((name) => `${field}.${name}`),
    ...CONTEXT_ON_LINUX_ALONE.filter((name) => set(context[name])).map((name) => `${field}.securityContext.${name}`),
  ].map((path) => forbidden(path, 'cannot be set for a windows pod'));
}

/** The names of scheduling gates are unique. */
export function validateGates(
  gates: readonly { name: string }[],
  field: string,
  messagesOf: (name: string) => string[],
) {
  const seen = new Set<string>();
  return gates.flatMap(({ name }, index): FieldError[] => {
    const path = `${field}[${index}]`;
    const errors = invalidFor(path, name, messagesOf(name));
    if (seen.has(name)) errors.push(duplicate(path, name));
    seen.add(name);
    return errors;
  });
}
