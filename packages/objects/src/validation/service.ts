import type { FieldError } from '../field-error.js';
import type { Service, ServicePort, ServiceSpec } from '../kinds/api-types.js';
import { isExternallyAccessible, needsHealthCheck } from '../services/external-access.js';
import { familyOf, validateAddress, validateCidr, validateNonSpecialAddress } from './addresses.js';
import {
  duplicate,
  forbidden,
  IMMUTABLE,
  invalidFor,
  invalidValue,
  notSupported,
  oneOf,
  required,
  withinRange,
} from './field-errors.js';
import {
  dnsLabelMessages,
  dnsSubdomainMessages,
  labelKeyMessages,
  portNameMessages,
  portNumberMessages,
} from './names.js';
import { validateLabels } from './object-meta.js';
import { validateServiceFamilies } from './service-families.js';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const MAX_AFFINITY_SECONDS = 86_400;
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';
const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';
const RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const OF_LOAD_BALANCERS = "may only be used when `type` is 'LoadBalancer'";

const isHeadless = ({ clusterIPs = [] }: ServiceSpec): boolean => clusterIPs.length === 1 && clusterIPs[0] === 'None';

/** pkg/apis/core/validation ValidateService. */
export function validateService(service: Service): FieldError[] {
  const { spec } = service;
  if (!spec) return [required('spec')];
  const { ports = [], type, externalIPs = [] } = spec;
  const names = new Set<string>();
  return [
    ...topologyErrors(service),
    ...(ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName' ? [required('spec.ports')] : []),
    ...typeErrors(spec),
    ...ports.flatMap((port, at) => portErrors(port, `spec.ports[${at}]`, ports.length > 1, names)),
    ...(spec.selector ? validateLabels(spec.selector, 'spec.selector') : []),
    ...oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']),
    ...affinityErrors(spec),
    ...(type === 'ExternalName' ? [] : validateServiceFamilies(spec, isHeadless(spec))),
    ...externalIPs.flatMap((ip, at) => {
      const field = `spec.externalIPs[${at}]`;
      return familyOf(ip) === 0 ? validateAddress(field, ip) : validateNonSpecialAddress(field, ip);
    }),
    ...oneOf('spec.type', type, TYPES),
    ...pairErrors(spec),
    ...rangeErrors(service, spec),
    ...loadBalancerErrors(spec),
    ...trafficErrors(spec),
  ];
}

/** The annotation and the one that came before it say the same. */
function topologyErrors({ metadata }: Service): FieldError[] {
  const { [TOPOLOGY_MODE]: mode, [TOPOLOGY_HINTS]: hints } = metadata?.annotations ?? {};
  if (mode === undefined || hints === undefined || mode === hints) return [];
  const detail = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`;
  return [invalidValue(`metadata.annotations[${TOPOLOGY_MODE}]`, mode, detail)];
}

/** What the type of a service forbids and asks for. */
function typeErrors(spec: ServiceSpec): FieldError[] {
  const { type, clusterIPs = [], externalName = '' } = spec;
  const errors: FieldError[] = [];
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  }
  if (type !== 'ExternalName') return errors;
  const detail = 'may not be set for ExternalName services';
  if (clusterIPs.length > 0) errors.push(forbidden('spec.clusterIPs', detail));
  if (spec.ipFamilies?.length) errors.push(forbidden('spec.ipFamilies', detail));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', detail));
  const name = externalName.replace(/\.$/, '');
  if (name === '') return [...errors, required('spec.externalName')];
  return [...errors, ...invalidFor('spec.externalName', name, dnsSubdomainMessages(name))];
}

/** Source: validateServicePort. */
function portErrors(service: ServicePort, field: string, needsName: boolean, names: Set<string>): FieldError[] {
  const { name, port, protocol, targetPort, appProtocol } = service;
  const errors: FieldError[] = [];
  if (!name) {
    if (needsName) errors.push(required(`${field}.name`));
  } else {
    errors.push(...invalidFor(`${field}.name`, name, dnsLabelMessages(name)));
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
  }
  errors.push(...invalidFor(`${field}.port`, port, portNumberMessages(port)));
  errors.push(...oneOf(`${field}.protocol`, protocol, PROTOCOLS));
  if (targetPort !== undefined) {
    const messages = typeof targetPort === 'number' ? portNumberMessages(targetPort) : portNameMessages(targetPort);
    errors.push(...invalidFor(`${field}.targetPort`, targetPort, messages));
  }
  if (appProtocol === undefined) return errors;
  return [...errors, ...invalidFor(`${field}.appProtocol`, appProtocol, labelKeyMessages(appProtocol))];
}

/** No two ports are the same, nor have the same port of nodes. */
function pairErrors({ type, ports = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  for (const [at, { nodePort }] of ports.entries()) {
    if (type === 'ClusterIP' && nodePort) {
      errors.push(forbidden(`spec.ports[${at}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
  }
  const nodePorts = new Set<string>();
  for (const [at, { protocol, nodePort }] of ports.entries()) {
    if (!nodePort) continue;
    const key = `${protocol}/${nodePort}`;
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${at}].nodePort`, nodePort));
    nodePorts.add(key);
  }
  const seen = new Set<string>();
  for (const [at, { protocol, port }] of ports.entries()) {
    const key = `${protocol}/${port}`;
    // Go's names, in its order: upstream prints a port of its internal type with nothing but these two.
    const shown = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    if (seen.has(key)) errors.push(duplicate(`spec.ports[${at}]`, shown));
    seen.add(key);
  }
  return errors;
}

function affinityErrors({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec): FieldError[] {
  const field = 'spec.sessionAffinityConfig';
  if (sessionAffinity !== 'ClientIP') {
    const isNone = sessionAffinity === 'None';
    return config && isNone ? [forbidden(field, 'must not be set when session affinity is None')] : [];
  }
  const seconds = config?.clientIP?.timeoutSeconds;
  return withinRange(`${field}.clientIP.timeoutSeconds`, seconds, 1, MAX_AFFINITY_SECONDS).map(({ field: at, value }) =>
    invalidValue(at, value, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`),
  );
}

/** Who may reach a load balancer, by the spec or by the annotation that came before. */
function rangeErrors(
  { metadata }: Service,
  { type, loadBalancerSourceRanges: ranges = [] }: ServiceSpec,
): FieldError[] {
  const annotation = metadata?.annotations?.[RANGES];
  const isIn = ranges.length > 0;
  if (!isIn && annotation === undefined) return [];
  const field = isIn ? 'spec.LoadBalancerSourceRanges' : `metadata.annotations[${RANGES}]`;
  const errors = type === 'LoadBalancer' ? [] : [forbidden(field, OF_LOAD_BALANCERS)];
  if (isIn) return [...errors, ...ranges.flatMap((range, at) => validateCidr(`${field}[${at}]`, range.trim()))];
  const listed = (annotation ?? '').trim();
  if (listed === '') return errors;
  return [...errors, ...listed.split(',').flatMap((range) => validateCidr(field, range.trim()))];
}

function loadBalancerErrors(spec: ServiceSpec): FieldError[] {
  const { type, loadBalancerClass: name, allocateLoadBalancerNodePorts: allocates } = spec;
  if (type === 'LoadBalancer') {
    return name === undefined ? [] : invalidFor('spec.loadBalancerClass', name, labelKeyMessages(name));
  }
  return [
    ...(allocates === undefined ? [] : [forbidden('spec.allocateLoadBalancerNodePorts', OF_LOAD_BALANCERS)]),
    ...(name === undefined ? [] : [forbidden('spec.loadBalancerClass', OF_LOAD_BALANCERS)]),
  ];
}

/** Source: validateServiceExternalTrafficPolicy, validateServiceInternalTrafficFieldsValue and of the distribution. */
function trafficErrors(spec: ServiceSpec): FieldError[] {
  const { externalTrafficPolicy: outer, internalTrafficPolicy: inner, trafficDistribution, type } = spec;
  const errors: FieldError[] = [];
  if (isExternallyAccessible(spec)) errors.push(...oneOf('spec.externalTrafficPolicy', outer, POLICIES));
  else if (outer) {
    const detail = 'may only be set for externally-accessible services';
    errors.push(invalidValue('spec.externalTrafficPolicy', outer, detail));
  }
  const { healthCheckNodePort: port = 0 } = spec;
  if (needsHealthCheck(spec)) {
    if (port === 0) errors.push(required('spec.healthCheckNodePort'));
    else errors.push(...invalidFor('spec.healthCheckNodePort', port, portNumberMessages(port)));
  } else if (port !== 0) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue('spec.healthCheckNodePort', port, detail));
  }
  if (inner === undefined && type !== 'ExternalName') errors.push(required('spec.internalTrafficPolicy'));
  if (inner !== undefined && !POLICIES.includes(inner)) {
    errors.push(notSupported('spec.internalTrafficPolicy', inner, POLICIES));
  }
  if (trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution)) {
    errors.push(notSupported('spec.trafficDistribution', trafficDistribution, DISTRIBUTIONS));
  }
  return errors;
}

/** What was allocated stays while the service needs it. Source: ValidateServiceUpdate. */
export function validateServiceUpdate({ spec }: Service, { spec: before }: Service): FieldError[] {
  if (!spec || !before) return [];
  const errors = addressUpdateErrors(spec, before);
  const isBalanced = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer';
  if (isBalanced && spec.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set'));
  }
  const isChecked = needsHealthCheck(spec) && needsHealthCheck(before);
  if (isChecked && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbidden('spec.healthCheckNodePort', IMMUTABLE));
  }
  return errors;
}

/** Source: validateUpgradeDowngradeClusterIPs and …IPFamilies. There are addresses of one family. */
function addressUpdateErrors(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return [];
  if (isHeadless(spec) && isHeadless(before)) return [];
  const errors: FieldError[] = [];
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const [firstBefore] = before.clusterIPs ?? [];
  if (firstBefore !== undefined && clusterIPs[0] !== firstBefore) {
    const detail = clusterIPs.length === 0 ? 'primary clusterIP can not be unset' : 'may not change once set';
    errors.push(invalidValue('spec.clusterIPs[0]', spec.clusterIPs, detail));
  }
  if (isHeadless(spec) !== isHeadless(before)) return errors;
  const [familyBefore] = before.ipFamilies ?? [];
  if (familyBefore !== undefined && ipFamilies.length > 0 && ipFamilies[0] !== familyBefore) {
    errors.push(invalidValue('spec.ipFamilies[0]', ipFamilies, 'may not change once set'));
  }
  return errors;
}
