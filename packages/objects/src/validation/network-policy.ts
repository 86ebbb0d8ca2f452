import type { FieldError } from '../field-error.js';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../kinds/api-types.js';
import { isCidr, isStrictlyWithin, validateCidr } from './addresses.js';
import { forbidden, invalidFor, invalidValue, notSupported, required } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { portNameMessages, portNumberMessages } from './names.js';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const POLICY_TYPES = ['Ingress', 'Egress'];

/** Source: pkg/apis/networking/validation, ValidateNetworkPolicySpec. */
export function validateNetworkPolicy({ spec }: NetworkPolicy): FieldError[] {
  const { podSelector, ingress = [], egress = [], policyTypes = [] } = spec ?? {};
  const errors = [
    ...validateLabelSelector(podSelector, 'spec.podSelector'),
    ...ingress.flatMap(({ ports, from }, at) => ruleErrors(ports, from, `spec.ingress[${at}]`, 'from')),
    ...egress.flatMap(({ ports, to }, at) => ruleErrors(ports, to, `spec.egress[${at}]`, 'to')),
  ];
  if (policyTypes.length > POLICY_TYPES.length) {
    return [...errors, invalidValue('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes')];
  }
  for (const [at, type] of policyTypes.entries()) {
    if (!POLICY_TYPES.includes(type)) errors.push(notSupported(`spec.policyTypes[${at}]`, type, POLICY_TYPES));
  }
  return errors;
}

const ruleErrors = (
  ports: readonly NetworkPolicyPort[] = [],
  peers: readonly NetworkPolicyPeer[] = [],
  field: string,
  direction: 'from' | 'to',
): FieldError[] => [
  ...ports.flatMap((port, at) => portErrors(port, `${field}.ports[${at}]`)),
  ...peers.flatMap((peer, at) => peerErrors(peer, `${field}.${direction}[${at}]`)),
];

/** Source: ValidateNetworkPolicyPort. */
function portErrors({ protocol, port, endPort }: NetworkPolicyPort, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(`${field}.protocol`, protocol, PROTOCOLS));
  }
  const end = `${field}.endPort`;
  if (typeof port === 'number') {
    errors.push(...invalidFor(`${field}.port`, port, portNumberMessages(port)));
    if (endPort === undefined) return errors;
    if (endPort < port) errors.push(invalidValue(end, endPort, 'must be greater than or equal to `port`'));
    errors.push(...invalidFor(end, endPort, portNumberMessages(endPort)));
  } else if (port === undefined) {
    if (endPort !== undefined) {
      errors.push(invalidValue(end, endPort, 'may not be specified when `port` is not specified'));
    }
  } else {
    if (endPort !== undefined) {
      errors.push(invalidValue(end, endPort, 'may not be specified when `port` is non-numeric'));
    }
    errors.push(...invalidFor(`${field}.port`, port, portNameMessages(port)));
  }
  return errors;
}

/** Source: ValidateNetworkPolicyPeer. */
function peerErrors({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, field: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, `${field}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`),
    ...(ipBlock ? blockErrors(ipBlock, `${field}.ipBlock`) : []),
  ];
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(field, 'must specify a peer'));
  else if (ipBlock && (podSelector || namespaceSelector)) {
    errors.push(forbidden(field, 'may not specify both ipBlock and another peer'));
  }
  return errors;
}

/** Source: ValidateIPBlock. */
function blockErrors({ cidr, except = [] }: NonNullable<NetworkPolicyPeer['ipBlock']>, field: string): FieldError[] {
  if (!cidr) return [required(`${field}.cidr`)];
  if (!isCidr(cidr)) return validateCidr(`${field}.cidr`, cidr);
  return except.flatMap((part, at) => {
    const path = `${field}.except[${at}]`;
    if (!isCidr(part)) return validateCidr(path, part);
    return isStrictlyWithin(part, cidr) ? [] : [invalidValue(path, part, 'must be a strict subset of `cidr`')];
  });
}
