import type { FieldError } from '../field-error.js';
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
} from '../kinds/api-types.js';
import { duplicate, forbidden, invalidValue, notSupported, required, tooLong, withinRange } from './field-errors.js';
import { goSeccompProfile, goSecurityContext } from './go-values.js';
import { validateRelativePath } from './paths.js';
import { placedContainers, validateWindowsOptions } from './windows.js';

const MAX_ID = 2 ** 31 - 1;
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const SYSCTL_MESSAGE =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
/** The longest path that Linux takes, without its end. */
const MAX_PROFILE = 4095;

/** Source: validateSeccompProfileField. */
function validateSeccomp(profile: SeccompProfile, field: string): FieldError[] {
  const { type, localhostProfile: path } = profile;
  const errors: FieldError[] = [];
  if (!type) errors.push(required(`${field}.type`, 'type is required when seccompProfile is set'));
  else if (!PROFILES.includes(type)) errors.push(notSupported(`${field}.type`, type, PROFILES));
  if (type === 'Localhost') {
    if (path === undefined) {
      errors.push(required(`${field}.localhostProfile`, 'must be set when seccomp type is Localhost'));
    } else errors.push(...validateRelativePath(path, `${field}.localhostProfile`));
  } else if (path !== undefined) {
    const detail = 'can only be set when seccomp type is Localhost';
    errors.push(invalidValue(`${field}.localhostProfile`, goSeccompProfile(profile), detail));
  }
  return errors;
}

/** Source: ValidateAppArmorProfileField. */
function validateAppArmor({ type, localhostProfile: name }: AppArmorProfile, field: string): FieldError[] {
  if (!type) return [required(`${field}.type`, 'type is required when appArmorProfile is set')];
  if (!PROFILES.includes(type)) return [notSupported(`${field}.type`, type, PROFILES)];
  const path = `${field}.localhostProfile`;
  if (type !== 'Localhost') {
    return name === undefined ? [] : [invalidValue(path, name, 'can only be set when AppArmor type is Localhost')];
  }
  const needed = required(path, 'must be set when AppArmor type is Localhost');
  if (name === undefined) return [needed];
  const errors: FieldError[] = [];
  if (name.trim() !== name) errors.push(invalidValue(path, name, 'must not be padded with whitespace'));
  else if (name === '') errors.push(needed);
  if (Buffer.byteLength(name) > MAX_PROFILE) errors.push(tooLong(path, MAX_PROFILE));
  return errors;
}

/** Sysctls that belong to a namespace which the pod shares with its host. Source: ValidateHostSysctl. */
function isOfHost(name: string, { hostNetwork, hostIPC }: PodSpec): string | undefined {
  const dotted = name.replaceAll('/', '.');
  if (hostNetwork && dotted.startsWith('net.')) return 'hostNetwork';
  const isOfIpc = /^(kernel\.(sem|shmall|shmmax|shmmni|shm_rmid_forced|msgmax|msgmnb|msgmni)$|fs\.mqueue\.)/.test(
    dotted,
  );
  return hostIPC && isOfIpc ? 'hostIPC' : undefined;
}

function validateSysctls(
  spec: PodSpec,
  sysctls: NonNullable<PodSecurityContext['sysctls']>,
  field: string,
): FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name }, index) => {
    const path = `${field}[${index}].name`;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(path));
    else if (name.length > 253 || !SYSCTL.test(name)) errors.push(invalidValue(path, name, SYSCTL_MESSAGE));
    else if (seen.has(name)) errors.push(duplicate(path, name));
    seen.add(name);
    const shared = isOfHost(name ?? '', spec);
    if (shared) errors.push(invalidValue(path, name, `may not be specified when '${shared}' is true`));
    return errors;
  });
}

/** pkg/apis/core/validation validateHostUsers. */
export function validateHostUsers(spec: PodSpec, field: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const shared = [
    ['hostNetwork', spec.hostNetwork],
    ['HostPID', spec.hostPID],
    ['HostIPC', spec.hostIPC],
  ] as const;
  const devices = placedContainers(spec, field).filter(([{ volumeDevices }]) => volumeDevices?.length);
  return [
    ...shared.flatMap(([name, set]) => (set ? [`${field}.${name}`] : [])),
    ...devices.map(([, path]) => `${path}.volumeDevices`),
  ].map((path) => forbidden(path, 'when `hostUsers` is false'));
}

/** A closed list of values, without an error of its own for the empty one. */
const among = (value: string | undefined, values: readonly string[], field: string): FieldError[] =>
  value === undefined || values.includes(value) ? [] : [notSupported(field, value, values)];

/** pkg/apis/core/validation validatePodSpecSecurityContext. The gate SELinuxMount is off, as upstream. */
export function validatePodSecurity(spec: PodSpec, field: string): FieldError[] {
  const { securityContext: context = {} } = spec;
  const path = `${field}.securityContext`;
  const errors = [
    ...withinRange(`${path}.fsGroup`, context.fsGroup, 0, MAX_ID),
    ...withinRange(`${path}.runAsUser`, context.runAsUser, 0, MAX_ID),
    ...withinRange(`${path}.runAsGroup`, context.runAsGroup, 0, MAX_ID),
  ];
  for (const [at, group] of (context.supplementalGroups ?? []).entries()) {
    errors.push(...withinRange(`${path}.supplementalGroups[${at}]`, group, 0, MAX_ID));
  }
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalidValue(`${path}.shareProcessNamespace`, true, detail));
  }
  if (context.sysctls) errors.push(...validateSysctls(spec, context.sysctls, `${path}.sysctls`));
  errors.push(...among(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${path}.fsGroupChangePolicy`));
  const { seccompProfile, appArmorProfile, windowsOptions } = context;
  if (seccompProfile) errors.push(...validateSeccomp(seccompProfile, `${path}.seccompProfile`));
  if (windowsOptions) errors.push(...validateWindowsOptions(windowsOptions, `${path}.windowsOptions`));
  if (appArmorProfile) errors.push(...validateAppArmor(appArmorProfile, `${path}.appArmorProfile`));
  return [
    ...errors,
    ...among(context.supplementalGroupsPolicy, ['Merge', 'Strict'], `${path}.supplementalGroupsPolicy`),
    ...among(context.seLinuxChangePolicy, ['Recursive'], `${path}.seLinuxChangePolicy`),
  ];
}

/** pkg/apis/core/validation ValidateSecurityContext. */
export function validateContainerSecurity(context: SecurityContext, sharesUsers: boolean, field: string): FieldError[] {
  const { procMount, capabilities, seccompProfile, windowsOptions, appArmorProfile } = context;
  const errors = [
    ...withinRange(`${field}.runAsUser`, context.runAsUser, 0, MAX_ID),
    ...withinRange(`${field}.runAsGroup`, context.runAsGroup, 0, MAX_ID),
    ...among(procMount, ['Default', 'Unmasked'], `${field}.procMount`),
  ];
  if (procMount === 'Unmasked' && sharesUsers) {
    errors.push(invalidValue(`${field}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  if (seccompProfile) errors.push(...validateSeccomp(seccompProfile, `${field}.seccompProfile`));
  if (context.allowPrivilegeEscalation === false) {
    const without = 'cannot set `allowPrivilegeEscalation` to false and';
    const refuse = (what: string) => errors.push(invalidValue(field, goSecurityContext(context), `${without} ${what}`));
    if (context.privileged) refuse('`privileged` to true');
    for (const name of capabilities?.add ?? [])
      if (name === 'CAP_SYS_ADMIN') refuse('`capabilities.Add` CAP_SYS_ADMIN');
  }
  if (windowsOptions) errors.push(...validateWindowsOptions(windowsOptions, `${field}.windowsOptions`));
  if (appArmorProfile) errors.push(...validateAppArmor(appArmorProfile, `${field}.appArmorProfile`));
  return errors;
}
