import { isIP } from 'node:net';
import type { FieldError } from '../field-error.js';
import type { Node } from '../kinds/api-types.js';
import { parseQuantity } from '../quantity/index.js';
import { AGENT_ANNOTATION } from '../record.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { duplicate, forbidden, invalidFor, invalidValue, NEGATIVE } from './field-errors.js';
import { dnsLabelMessages, qualifiedNameMessages } from './names.js';
import { validateTaints } from './toleration.js';

const CIDR_MESSAGE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const family = isIP(address);
  return rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

function validateAmounts(amounts: Record<string, string> | undefined, field: string): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => {
    const path = `${field}[${name}]`;
    const errors = invalidFor(path, name, qualifiedNameMessages(name));
    if (parseQuantity(amount).nanos < 0n) errors.push(invalidValue(path, amount, NEGATIVE));
    return errors;
  });
}

const AGENT_FIELD = `metadata.annotations[${AGENT_ANNOTATION}]`;

/** pkg/apis/core/validation ValidateNode: taints, pod networks, capacity. */
export function validateNode(node: Node): FieldError[] {
  const { taints = [], podCIDRs = [] } = node.spec ?? {};
  const agent = node.metadata?.annotations?.[AGENT_ANNOTATION];
  const errors = [
    ...(agent === undefined ? [] : invalidFor(AGENT_FIELD, agent, dnsLabelMessages(agent))),
    ...validateTaints(taints, 'spec.taints'),
    ...podCIDRs.flatMap((cidr, index) =>
      isCidr(cidr) ? [] : [invalidValue(`spec.podCIDRs[${index}]`, cidr, CIDR_MESSAGE)],
    ),
    ...validateAmounts(node.status?.capacity, 'status.capacity'),
    ...validateAmounts(node.status?.allocatable, 'status.allocatable'),
  ];
  const addresses = new Set<string>();
  for (const [index, { type, address }] of (node.status?.addresses ?? []).entries()) {
    const key = JSON.stringify([type, address]);
    if (addresses.has(key)) errors.push(duplicate(`status.addresses[${index}]`, { type, address }));
    addresses.add(key);
  }
  if (podCIDRs.length > 2) {
    errors.push(invalidValue('spec.podCIDRs', podCIDRs, 'may specify no more than one CIDR for each IP family'));
  }
  return errors;
}

/** Networks and provider ids are set once (ValidateNodeUpdate). */
export function validateNodeUpdate(node: Node, current: Node): FieldError[] {
  const errors: FieldError[] = [];
  const before = current.spec?.podCIDRs ?? [];
  if (before.length > 0 && !semanticallyEqual(node.spec?.podCIDRs, before)) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  const provider = current.spec?.providerID;
  if (provider && node.spec?.providerID !== provider) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}
