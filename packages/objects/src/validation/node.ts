import type { FieldError } from '../field-error.js';
import type { Node } from '../kinds/api-types.js';
import { AGENT_ANNOTATION } from '../record.js';
import { familyOf, isCidr, validateCidr } from './addresses.js';
import { duplicate, forbidden, internalError, invalidFor, invalidValue } from './field-errors.js';
import { dnsLabelMessages } from './names.js';
import { validateAmount } from './resource-requirements.js';
import { validateTaints } from './toleration.js';

const validateAmounts = (amounts: Record<string, string> | undefined, field: string): FieldError[] =>
  Object.entries(amounts ?? {}).flatMap(([name, amount]) => validateAmount(name, amount, `${field}.${name}`));

/** One network of each family. */
function networkErrors(cidrs: readonly string[], field: string): FieldError[] {
  const errors = cidrs.flatMap((cidr, at) => validateCidr(`${field}[${at}]`, cidr));
  if (cidrs.length < 2) return errors;
  const bad = cidrs.findIndex((cidr) => !isCidr(cidr));
  if (bad >= 0) {
    const reason = `invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${cidrs[bad]})`;
    errors.push(internalError(field, `invalid PodCIDRs. failed to check with dual stack with error:${reason}`));
  }
  const families = new Set(cidrs.map((cidr) => familyOf(cidr.split('/')[0] ?? '')));
  if (bad >= 0 || families.size < 2 || cidrs.length > 2) {
    errors.push(invalidValue(field, cidrs, 'may specify no more than one CIDR for each IP family'));
  }
  return errors;
}

const AGENT_FIELD = `metadata.annotations[${AGENT_ANNOTATION}]`;

const resourceErrors = ({ status }: Node): FieldError[] => [
  ...validateAmounts(status?.capacity, 'status.capacity'),
  ...validateAmounts(status?.allocatable, 'status.allocatable'),
];

/** pkg/apis/core/validation ValidateNode: taints, pod networks, capacity. */
export function validateNode(node: Node): FieldError[] {
  const { taints = [], podCIDRs = [] } = node.spec ?? {};
  const agent = node.metadata?.annotations?.[AGENT_ANNOTATION];
  const swap = node.status?.nodeInfo?.swap?.capacity;
  return [
    ...(agent === undefined ? [] : invalidFor(AGENT_FIELD, agent, dnsLabelMessages(agent))),
    // Upstream's paths of taints and of the swap are wrong ones.
    ...validateTaints(taints, 'metadata.taints'),
    ...resourceErrors(node),
    ...(swap !== undefined && swap <= 0
      ? [invalidValue('metadata.nodeSwapStatus.capacity', swap, 'must be greater than zero')]
      : []),
    ...networkErrors(podCIDRs, 'spec.podCIDRs'),
  ];
}

function addressErrors({ status }: Node): FieldError[] {
  const addresses = new Set<string>();
  return (status?.addresses ?? []).flatMap(({ type, address }, index) => {
    const key = JSON.stringify([type, address]);
    if (addresses.has(key)) return [duplicate(`status.addresses[${index}]`, { Type: type, Address: address })];
    addresses.add(key);
    return [];
  });
}

const fixedOnce = (field: string, name: string): FieldError =>
  forbidden(`spec.${field}`, `node updates may not change ${name} except from "" to valid`);

/** Networks and provider ids are set once. Source: ValidateNodeUpdate, which also looks at writes of the status. */
export function validateNodeUpdate(node: Node, current: Node): FieldError[] {
  const errors = [...resourceErrors(node), ...addressErrors(node)];
  const networks = node.spec?.podCIDRs ?? [];
  const before = current.spec?.podCIDRs ?? [];
  if (before.length > 0 && networks.length !== before.length) errors.push(fixedOnce('podCIDRs', 'podCIDR'));
  else
    for (const [at, cidr] of before.entries()) if (networks[at] !== cidr) errors.push(fixedOnce('podCIDRs', 'podCIDR'));
  const provider = current.spec?.providerID;
  if (provider && node.spec?.providerID !== provider) errors.push(fixedOnce('providerID', 'providerID'));
  errors.push(...validateTaints(node.spec?.taints ?? [], 'metadata.taints'));
  if ((node.spec?.externalID ?? '') !== (current.spec?.externalID ?? '')) {
    errors.push(forbidden('spec.externalID', 'may not be updated'));
  }
  return errors;
}
