import type { FieldError } from '../field-error.js';
import type { Container, PodSpec, WindowsSecurityContextOptions } from '../kinds/api-types.js';
import { forbidden, invalidFor, invalidValue } from './field-errors.js';
import { dnsSubdomainMessages } from './names.js';

const MAX_SPEC_KIB = 64;
const MAX_DOMAIN = 256;
const MAX_USER = 104;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a name must not have
const CONTROL = /[\u0000-\u001f\u007f]/;
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DOMAIN = /^([a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?\.)*[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/;
const DOTS_AND_SPACES = /^[. ]+$/;
const NOT_IN_USERS = /["/\\:;|=,+*?<>@[\]]/;

/** `user` or `domain\user`. Source: validateWindowsSecurityContextOptions. */
function userErrors(name: string, field: string): FieldError[] {
  const invalid = (detail: string): FieldError => invalidValue(field, name, detail);
  if (name === '') return [invalid('runAsUserName cannot be an empty string')];
  if (CONTROL.test(name)) return [invalid('runAsUserName cannot contain control characters')];
  const parts = name.split('\\');
  if (parts.length > 2) return [invalid('runAsUserName cannot contain more than one backslash')];
  const user = parts.at(-1) ?? '';
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined;
  const errors: FieldError[] = [];
  if ((domain ?? '').length >= MAX_DOMAIN) {
    errors.push(invalid(`runAsUserName's Domain length must be under ${MAX_DOMAIN} characters`));
  }
  if (domain !== undefined && !NETBIOS.test(domain) && !DOMAIN.test(domain)) {
    errors.push(invalid("runAsUserName's Domain doesn't match the NetBios nor the DNS format"));
  }
  if (user === '') errors.push(invalid("runAsUserName's User cannot be empty"));
  else if (user.length > MAX_USER) {
    errors.push(invalid(`runAsUserName's User length must not be longer than ${MAX_USER} characters`));
  }
  if (DOTS_AND_SPACES.test(user)) errors.push(invalid("runAsUserName's User cannot contain only periods or spaces"));
  if (NOT_IN_USERS.test(user)) {
    errors.push(invalid(String.raw`runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]`));
  }
  return errors;
}

export function validateWindowsOptions(options: WindowsSecurityContextOptions, field: string): FieldError[] {
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName } = options;
  const errors: FieldError[] = [];
  if (specName !== undefined) {
    errors.push(...invalidFor(`${field}.gmsaCredentialSpecName`, specName, dnsSubdomainMessages(specName)));
  }
  if (spec === '') {
    const detail = 'gmsaCredentialSpec cannot be an empty string';
    errors.push(invalidValue(`${field}.gmsaCredentialSpec`, spec, detail));
  } else if (spec !== undefined && Buffer.byteLength(spec) > MAX_SPEC_KIB * 1024) {
    const detail = `gmsaCredentialSpec size must be under ${MAX_SPEC_KIB} KiB`;
    errors.push(invalidValue(`${field}.gmsaCredentialSpec`, spec, detail));
  }
  if (runAsUserName !== undefined) errors.push(...userErrors(runAsUserName, `${field}.runAsUserName`));
  return errors;
}

/** All containers of a pod with their field paths, as upstream visits them. */
export function placedContainers(spec: PodSpec, field: string): [container: Container, field: string][] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, at): [Container, string] => [container, `${field}.${list}[${at}]`]),
  );
}

/** Processes of the host: in all containers or in none. Source: validateWindowsHostProcessPod. */
export function validateHostProcesses(spec: PodSpec, field: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const errors: FieldError[] = [];
  let count = 0;
  const containers = placedContainers(spec, field);
  for (const [{ securityContext }, path] of containers) {
    const own = securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && own !== ofPod) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(invalidValue(`${path}.securityContext.windowsOptions.hostProcess`, own, detail));
    }
    if (own ?? ofPod) count += 1;
  }
  if (count === 0) return errors;
  if (count !== containers.length) {
    const detail = 'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.push(invalidValue(field, '', detail));
  }
  if (!spec.hostNetwork) {
    const detail = 'hostNetwork must be true if pod contains any hostProcess containers';
    errors.push(invalidValue(`${field}.hostNetwork`, false, detail));
  }
  return errors;
}

const OF_PODS_ON_LINUX = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const;
const OF_CONTAINERS_ON_LINUX = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

/** True for a field with a value. An empty list of sysctls has none. */
const isGiven = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0);

/** Fields that no pod of the other system may have. Source: validateLinux, validateWindows. */
export function validateOtherSystem(spec: PodSpec, system: string, field: string): FieldError[] {
  const context = spec.securityContext ?? {};
  const containers = placedContainers(spec, field);
  if (system === 'linux') {
    const refused = 'windows options cannot be set for a linux pod';
    return [
      ...(context.windowsOptions ? [`${field}.securityContext`] : []),
      ...containers.flatMap(([{ securityContext }, path]) =>
        securityContext?.windowsOptions ? [`${path}.securityContext`] : [],
      ),
    ].map((path) => forbidden(`${path}.windowsOptions`, refused));
  }
  return [
    ...OF_PODS_ON_LINUX.filter((name) => isGiven(context[name])).map((name) => `${field}.securityContext.${name}`),
    ...(spec.hostUsers === undefined ? [] : [`${field}.hostUsers`]),
    ...(spec.hostPID ? [`${field}.hostPID`] : []),
    ...(spec.hostIPC ? [`${field}.hostIPC`] : []),
    ...(spec.shareProcessNamespace === undefined ? [] : [`${field}.shareProcessNamespace`]),
    ...containers.flatMap(([{ securityContext }, path]) =>
      OF_CONTAINERS_ON_LINUX.filter((name) => securityContext?.[name] !== undefined).map(
        (name) => `${path}.securityContext.${name}`,
      ),
    ),
  ].map((path) => forbidden(path, 'cannot be set for a windows pod'));
}
