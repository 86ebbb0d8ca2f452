import type { FieldError } from '../field-error.js';
import type { Service, ServicePort, ServiceSpec } from '../kinds/api-types.js';
import { validateAddress } from './addresses.js';
import { duplicate, forbidden, invalidFor, invalidValue, oneOf, required, withinRange } from './field-errors.js';
import { dnsLabelMessages, dnsSubdomainMessages, portNameMessages, portNumberMessages } from './names.js';
import { validateLabels } from './object-meta.js';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_AFFINITY_SECONDS = 86_400;

const isExternal = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';

/** pkg/apis/core/validation ValidateService. */
export function validateService({ spec }: Service): FieldError[] {
  if (!spec) return [required('spec')];
  return [
    ...validatePorts(spec),
    ...(spec.selector ? validateLabels(spec.selector, 'spec.selector') : []),
    ...oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']),
    ...validateAffinity(spec),
    ...validateAddresses(spec),
    ...oneOf('spec.type', spec.type, TYPES),
    ...validateTraffic(spec),
  ];
}

function validatePorts(spec: ServiceSpec): FieldError[] {
  const { ports = [] } = spec;
  const isHeadless = spec.clusterIP === 'None';
  if (ports.length === 0 && !isHeadless && spec.type !== 'ExternalName') return [required('spec.ports')];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const seen = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [at, port] of ports.entries()) {
    const field = `spec.ports[${at}]`;
    errors.push(...validatePort(port, field, ports.length > 1, isHeadless, names));
    const key = `${port.protocol}/${port.port}`;
    if (seen.has(key)) errors.push(duplicate(field, { protocol: port.protocol, port: port.port }));
    seen.add(key);
    if (!port.nodePort) continue;
    if (!isExternal(spec)) {
      errors.push(forbidden(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
      continue;
    }
    const nodeKey = `${port.protocol}/${port.nodePort}`;
    if (nodePorts.has(nodeKey)) errors.push(duplicate(`${field}.nodePort`, port.nodePort));
    nodePorts.add(nodeKey);
  }
  return errors;
}

function validatePort(
  { name, port, protocol, targetPort }: ServicePort,
  field: string,
  needsName: boolean,
  isHeadless: boolean,
  names: Set<string>,
): FieldError[] {
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
  if (typeof targetPort === 'number') {
    const messages = portNumberMessages(targetPort);
    errors.push(...invalidFor(`${field}.targetPort`, targetPort, messages));
    if (messages.length === 0 && isHeadless && targetPort !== port) {
      const detail = "must be equal to the value of 'port' when clusterIP = None";
      errors.push(invalidValue(`${field}.targetPort`, targetPort, detail));
    }
  } else if (targetPort !== undefined) {
    errors.push(...invalidFor(`${field}.targetPort`, targetPort, portNameMessages(targetPort)));
  }
  return errors;
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec): FieldError[] {
  const field = 'spec.sessionAffinityConfig';
  if (sessionAffinity !== 'ClientIP') {
    return config ? [forbidden(field, 'must not be set when session affinity is None')] : [];
  }
  const seconds = config?.clientIP?.timeoutSeconds;
  return withinRange(`${field}.clientIP.timeoutSeconds`, seconds, 1, MAX_AFFINITY_SECONDS).map(({ field: at, value }) =>
    invalidValue(at, value, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`),
  );
}

function validateAddresses(spec: ServiceSpec): FieldError[] {
  const { clusterIP, clusterIPs = [], type, externalName, externalIPs = [] } = spec;
  const errors: FieldError[] = [];
  if (type === 'ExternalName') {
    if (clusterIP) errors.push(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
    const name = (externalName ?? '').replace(/\.$/, '');
    if (name === '') errors.push(required('spec.externalName'));
    else errors.push(...invalidFor('spec.externalName', externalName, dnsSubdomainMessages(name)));
  } else {
    if (clusterIP !== undefined && clusterIP !== '' && clusterIPs[0] !== clusterIP) {
      errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'));
    }
    for (const [at, ip] of clusterIPs.entries()) {
      const field = `spec.clusterIPs[${at}]`;
      if (ip === 'None') {
        if (clusterIPs.length > 1) errors.push(invalidValue(field, ip, "'None' must be the first and only value"));
        else if (isExternal(spec)) {
          const detail = `may not be set to 'None' for ${type} services`;
          errors.push(invalidValue(field, ip, detail));
        }
      } else errors.push(...validateAddress(field, ip));
    }
  }
  for (const [at, ip] of externalIPs.entries()) {
    errors.push(...validateAddress(`spec.externalIPs[${at}]`, ip));
  }
  return errors;
}

function validateTraffic(spec: ServiceSpec): FieldError[] {
  const { externalTrafficPolicy: outer, internalTrafficPolicy: inner, externalIPs = [] } = spec;
  const errors: FieldError[] = [];
  const policies = ['Cluster', 'Local'];
  if (outer !== undefined && !isExternal(spec) && externalIPs.length === 0) {
    errors.push(
      invalidValue('spec.externalTrafficPolicy', outer, 'may only be set for externally-accessible services'),
    );
  } else if (isExternal(spec)) errors.push(...oneOf('spec.externalTrafficPolicy', outer, policies));
  if (inner !== undefined) errors.push(...oneOf('spec.internalTrafficPolicy', inner, policies));
  if (spec.type !== 'LoadBalancer') {
    const detail = "may only be used when `type` is 'LoadBalancer'";
    if (spec.loadBalancerClass) errors.push(forbidden('spec.loadBalancerClass', detail));
    if (spec.loadBalancerSourceRanges?.length) errors.push(forbidden('spec.LoadBalancerSourceRanges', detail));
    if (spec.allocateLoadBalancerNodePorts !== undefined) {
      errors.push(forbidden('spec.allocateLoadBalancerNodePorts', detail));
    }
  }
  return errors;
}

/** What was allocated stays while the service needs it. Source: ValidateServiceUpdate. */
export function validateServiceUpdate({ spec }: Service, { spec: before }: Service): FieldError[] {
  if (!spec || !before || spec.type === 'ExternalName' || before.type === 'ExternalName') return [];
  const [first] = spec.clusterIPs ?? [];
  const [firstBefore] = before.clusterIPs ?? [];
  if (!firstBefore || first === firstBefore) return [];
  return [invalidValue('spec.clusterIPs[0]', spec.clusterIPs ?? [], 'may not change once set')];
}
