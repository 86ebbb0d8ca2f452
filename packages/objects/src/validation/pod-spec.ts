import type { FieldError } from '../field-error.js';
import type { PodSpec, PodTemplateSpec } from '../kinds/api-types.js';
import { validateAddress } from './addresses.js';
import { validateAffinity } from './affinity.js';
import { type ContainerContext, validateContainers } from './container.js';
import { validateVariableFiles } from './env.js';
import { validateEphemeralContainers } from './ephemeral-containers.js';
import {
  append,
  duplicate,
  forbidden,
  invalidFor,
  invalidValue,
  notSupported,
  oneOf,
  required,
  tooLong,
  withinRange,
} from './field-errors.js';
import { goResourceClaim } from './go-values.js';
import { dnsLabelMessages, dnsSubdomainMessages, labelKeyMessages, searchPathMessages } from './names.js';
import { validateAnnotations, validateLabels } from './object-meta.js';
import { validateProfilesMatch, validateSpecAnnotations } from './pod-annotations.js';
import { validateHostUsers, validatePodSecurity } from './pod-security.js';
import { validatePodResources, validateResources } from './resource-requirements.js';
import { validateTolerations } from './toleration.js';
import { validateSpread } from './topology-spread.js';
import { validateVolumes } from './volume.js';
import { validateHostProcesses, validateOtherSystem } from './windows.js';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const MAX_INT32 = 2 ** 31 - 1;
/** Limits of the resolver in libc. */
const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_LIST = 2048;
const MAX_HOSTNAME = 64;

/** The pod that a spec belongs to; undefined for a template. */
type Owner = { name?: string } | undefined;

/** On the host's network a container port is the host's. Source: validatePodHostNetworkDeps. */
function validateHostNetwork(spec: PodSpec, pod: Owner, field: string): FieldError[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap(({ ports }, index) =>
    (ports ?? []).flatMap(({ containerPort, hostPort = 0 }, at) => {
      if ((!pod && hostPort === 0) || hostPort === containerPort) return [];
      const path = `${field}.containers[${index}].ports[${at}].hostPort`;
      return [invalidValue(path, hostPort, 'must match `containerPort` when `hostNetwork` is true')];
    }),
  );
}

/** Source: validatePodDNSConfig. */
function validateDns({ dnsPolicy, dnsConfig }: PodSpec, field: string): FieldError[] {
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  if (dnsPolicy === 'None') {
    if (!dnsConfig) return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (nameservers.length === 0) {
      const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return [required(`${field}.nameservers`, detail)];
    }
  }
  const errors: FieldError[] = [];
  if (nameservers.length > MAX_SERVERS) {
    const detail = `must not have more than ${MAX_SERVERS} nameservers`;
    errors.push(invalidValue(`${field}.nameservers`, nameservers, detail));
  }
  append(
    errors,
    nameservers.flatMap((server, at) => validateAddress(`${field}.nameservers[${at}]`, server)),
  );
  const tooMuch = (detail: string) => errors.push(invalidValue(`${field}.searches`, searches, detail));
  if (searches.length > MAX_SEARCHES) tooMuch(`must not have more than ${MAX_SEARCHES} search paths`);
  if (Buffer.byteLength(searches.join(' ')) > MAX_SEARCH_LIST) {
    tooMuch(`must not have more than ${MAX_SEARCH_LIST} characters (including spaces) in the search list`);
  }
  for (const [at, path] of searches.entries()) {
    if (path === '.') continue;
    const name = path.replace(/\.$/, '');
    append(errors, invalidFor(`${field}.searches[${at}]`, name, searchPathMessages(name)));
  }
  for (const [at, { name }] of options.entries()) {
    if (!name) errors.push(required(`${field}.options[${at}]`, 'must not be empty'));
  }
  return errors;
}

/** Source: validatePodResourceClaim. */
function validateClaims({ resourceClaims = [] }: PodSpec, field: string): FieldError[] {
  const names = new Set<string>();
  return resourceClaims.flatMap((claim, index) => {
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    const path = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(`${path}.name`));
    else if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    else append(errors, invalidFor(`${path}.name`, name, dnsLabelMessages(name)));
    names.add(name);
    const count = Number(resourceClaimName !== undefined) + Number(resourceClaimTemplateName !== undefined);
    if (count === 2) {
      const detail = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.push(invalidValue(path, goResourceClaim(claim), detail));
    } else if (count === 0) {
      const detail = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      errors.push(invalidValue(path, goResourceClaim(claim), detail));
    }
    for (const [member, value] of Object.entries({ resourceClaimName, resourceClaimTemplateName })) {
      if (value !== undefined) append(errors, invalidFor(`${path}.${member}`, value, dnsSubdomainMessages(value)));
    }
    return errors;
  });
}

/** Names that come as a list, with an error at each that comes twice where `unique`. */
function validateNames(names: readonly string[], place: (at: number) => string, unique: boolean): FieldError[] {
  return names.flatMap((name, at) => [
    ...invalidFor(place(at), name, labelKeyMessages(name)),
    ...(unique && names.indexOf(name) < at ? [duplicate(place(at), name)] : []),
  ]);
}

/** Names in a spec, each with its rule, in upstream's order. */
const NAMES = [
  ['serviceAccountName', dnsSubdomainMessages],
  ['nodeName', dnsSubdomainMessages],
  ['hostname', dnsLabelMessages],
  ['subdomain', dnsLabelMessages],
  ['priorityClassName', dnsSubdomainMessages],
] as const;

/** A name in the place of the pod's own host name. Source: validatePodHostName. */
function validateHostnameOverride(spec: PodSpec, field: string): FieldError[] {
  const { hostnameOverride: name } = spec;
  if (name === undefined) return [];
  const path = `${field}.hostnameOverride`;
  const errors: FieldError[] = [];
  if (spec.setHostnameAsFQDN) errors.push(forbidden(path, 'may not be specified when setHostnameAsFQDN is true'));
  if (spec.hostNetwork) errors.push(forbidden(path, 'may not be specified when hostNetwork is true'));
  if (Buffer.byteLength(name) > MAX_HOSTNAME) errors.push(tooLong(path, MAX_HOSTNAME));
  return [...errors, ...invalidFor(path, name, dnsSubdomainMessages(name))];
}

/** The spec of a pod or of a template after defaulting. Source: pkg/apis/core/validation ValidatePodSpec. */
export function validatePodSpec(spec: PodSpec, field: string, pod?: Owner): FieldError[] {
  const claims = new Set((spec.resourceClaims ?? []).map(({ name }) => name));
  const { errors, valid: volumes } = validateVolumes(spec.volumes ?? [], pod, `${field}.volumes`);
  const { terminationGracePeriodSeconds: grace, restartPolicy, dnsPolicy, os, overhead, preemptionPolicy } = spec;
  const context: ContainerContext = { volumes, claims, grace, restartPolicy, sharesUsers: spec.hostUsers !== false };
  if (spec.resourceClaims) append(errors, validateClaims(spec, `${field}.resourceClaims`));
  append(errors, validateContainers(spec, context, field));
  if (spec.ephemeralContainers) append(errors, validateEphemeralContainers(spec, context, field));
  append(errors, validatePodResources(spec, claims, `${field}.resources`));
  append(errors, validateHostNetwork(spec, pod, field));
  append(errors, oneOf(`${field}.restartPolicy`, restartPolicy, RESTART_POLICIES));
  append(errors, oneOf(`${field}.dnsPolicy`, dnsPolicy, DNS_POLICIES));
  append(errors, validateLabels(spec.nodeSelector, `${field}.nodeSelector`));
  append(errors, validatePodSecurity(spec, field));
  if (spec.affinity) append(errors, validateAffinity(spec.affinity, `${field}.affinity`));
  append(errors, validateDns(spec, `${field}.dnsConfig`));
  const gates = (spec.readinessGates ?? []).map(({ conditionType }) => conditionType);
  append(
    errors,
    validateNames(gates, (at) => `${field}.readinessGates[${at}].conditionType`, false),
  );
  const holds = (spec.schedulingGates ?? []).map(({ name }) => name);
  append(
    errors,
    validateNames(holds, (at) => `${field}.schedulingGates[${at}]`, true),
  );
  append(errors, validateSpread(spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`));
  append(errors, validateHostProcesses(spec, field));
  append(errors, validateHostUsers(spec, field));
  append(errors, withinRange(`${field}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 1, MAX_INT32));
  for (const [name, rule] of NAMES) {
    const value = spec[name];
    if (value) append(errors, invalidFor(`${field}.${name}`, value, rule(value)));
  }
  append(errors, validateHostnameOverride(spec, field));
  append(errors, validateTolerations(spec.tolerations ?? [], `${field}.tolerations`));
  for (const [at, { ip = '', hostnames = [] }] of (spec.hostAliases ?? []).entries()) {
    const path = `${field}.hostAliases[${at}]`;
    append(errors, validateAddress(`${path}.ip`, ip));
    append(
      errors,
      hostnames.flatMap((name, i) => invalidFor(`${path}.hostnames[${i}]`, name, dnsSubdomainMessages(name))),
    );
  }
  const { runtimeClassName: runtime } = spec;
  if (runtime !== undefined)
    append(errors, invalidFor(`${field}.runtimeClassName`, runtime, dnsSubdomainMessages(runtime)));
  if (preemptionPolicy !== undefined) {
    append(errors, oneOf(`${field}.preemptionPolicy`, preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  }
  if (overhead) append(errors, validateResources({ limits: overhead }, `${field}.overhead`));
  if (os) append(errors, validateSystem(spec, os.name, field));
  append(errors, validateVariableFiles(spec, field));
  return errors;
}

function validateSystem(spec: PodSpec, name: string, field: string): FieldError[] {
  if (!name) return [required(`${field}.os.name`)];
  if (name === 'linux' || name === 'windows') return validateOtherSystem(spec, name, field);
  return [notSupported(`${field}.os`, name, ['linux', 'windows'])];
}

/**
 * Upstream reports a template's labels and annotations right under the template, without `metadata`.
 * Source: pkg/apis/core/validation ValidatePodTemplateSpec.
 */
export function validatePodTemplate(template: PodTemplateSpec, field: string): FieldError[] {
  const spec = template.spec ?? { containers: [] };
  const annotations = template.metadata?.annotations;
  const errors = [
    ...validateLabels(template.metadata?.labels, `${field}.labels`),
    ...validateAnnotations(annotations, `${field}.annotations`),
    ...(annotations ? validateSpecAnnotations(annotations, spec, `${field}.annotations`) : []),
    ...validatePodSpec(spec, `${field}.spec`),
    ...validateProfilesMatch(annotations, spec, `${field}.spec`),
  ];
  if (spec.ephemeralContainers?.length) {
    const detail = 'ephemeral containers not allowed in pod template';
    errors.push(forbidden(`${field}.spec.ephemeralContainers`, detail));
  }
  return errors;
}
