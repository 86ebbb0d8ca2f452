import { isIP } from 'node:net';
import type { FieldError } from '../field-error.js';
import type { Node } from '../kinds/api-types.js';
import { AGENT_ANNOTATION } from '../record.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { duplicate, forbidden, internalError, invalidFor, invalidValue } from './field-errors.js';
import { dnsLabelMessages } from './names.js';
import { validateAmount } from './resource-requirements.js';
import { validateTaints } from './toleration.js';

const CIDR_MESSAGE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const family = isIP(address);
  return rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

const validateAmounts = (amounts: Record<string, string> | undefined, field: string): FieldError[] =>
  Object.entries(amounts ?? {}).flatMap(([name, amount]) => validateAmount(name, amount, `${field}.${name}`));

/** One network of each family, each once. */
function networkErrors(cidrs: readonly string[], field: string): FieldError[] {
  const errors = cidrs.flatMap((cidr, at) =>
    isCidr(cidr) ? [] : [invalidValue(`${field}[${at}]`, cidr, CIDR_MESSAGE)],
  );
  if (cidrs.length < 2) return errors;
  const bad = cidrs.findIndex((cidr) => !isCidr(cidr));
  if (bad >= 0) {
    const reason = `invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${cidrs[bad]})`;
    errors.push(internalError(field, `invalid PodCIDRs. failed to check with dual stack with error:${reason}`));
  }
  const families = new Set(cidrs.map((cidr) => isIP(cidr.split('/')[0] ?? '')));
  if (bad >= 0 || families.size < 2 || cidrs.length > 2) {
    errors.push(invalidValue(field, cidrs, 'may specify no more than one CIDR for each IP family'));
  }
  for (const [at, cidr] of cidrs.entries()) {
    if (cidrs.indexOf(cidr) < at) errors.push(duplicate(`${field}[${at}]`, cidr));
  }
  return errors;
}

const AGENT_FIELD = `metadata.annotations[${AGENT_ANNOTATION}]`;

/** pkg/apis/core/validation ValidateNode: taints, pod networks, capacity. */
export function validateNode(node: Node): FieldError[] {
  const { taints = [], podCIDRs = [] } = node.spec ?? {};
  const agent = node.metadata?.annotations?.[AGENT_ANNOTATION];
  const errors = [
    ...(agent === undefined ? [] : invalidFor(AGENT_FIELD, agent, dnsLabelMessages(agent))),
    // Upstream's path of taints is the wrong one.
    ...validateTaints(taints, 'metadata.taints'),
    ...validateAmounts(node.status?.capacity, 'status.capacity'),
    ...validateAmounts(node.status?.allocatable, 'status.allocatable'),
  ];
  const addresses = new Set<string>();
  for (const [index, { type, address }] of (node.status?.addresses ?? []).entries()) {
    const key = JSON.stringify([type, address]);
    if (addresses.has(key)) errors.push(duplicate(`status.addresses[${index}]`, { Type: type, Address: address }));
    addresses.add(key);
  }
  return [...errors, ...networkErrors(podCIDRs, 'spec.podCIDRs')];
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
