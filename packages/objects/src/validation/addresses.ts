import { BlockList, isIP } from 'node:net';
import type { FieldError } from '../field-error.js';
import { invalidValue } from './field-errors.js';

const MESSAGE = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const CIDR_MESSAGE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const FOUR_NUMBERS = /^\d+\.\d+\.\d+\.\d+$/;

/** The IPv4 address in text of an old form: with zeros in front, or mapped into IPv6. Undefined for any other text. */
export function standardIpv4(text: string): string | undefined {
  const mapped = MAPPED.exec(text)?.[1];
  if (mapped !== undefined) return isIP(mapped) === 4 ? mapped : undefined;
  if (!FOUR_NUMBERS.test(text) || isIP(text) === 4) return undefined;
  const standard = text.split('.').map(Number).join('.');
  return isIP(standard) === 4 ? standard : undefined;
}

/** 4 or 6, or 0 for text that is no address. Zones are not allowed. Source: k8s.io/utils/net, ParseIPSloppy. */
export function familyOf(text: string): number {
  if (standardIpv4(text) !== undefined) return 4;
  return text.includes('%') ? 0 : isIP(text);
}

/** Source: apimachinery util/validation/ip.go, IsValidIPForLegacyField. */
export function validateAddress(field: string, address: string): FieldError[] {
  return familyOf(address) === 0 ? [invalidValue(field, address, MESSAGE)] : [];
}

/** Of the name of a host, which no address is. */
export const validateNoAddress = (field: string, host: string): FieldError[] =>
  familyOf(host) === 0 ? [] : [invalidValue(field, host, 'must be a DNS name, not an IP address')];

/** Source: k8s.io/utils/net, ParseCIDRSloppy. */
export function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const family = familyOf(address);
  return rest.length === 0 && family !== 0 && /^\d{1,7}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

/** Source: pkg/apis/core/validation, IsValidCIDRForLegacyField. */
export const validateCidr = (field: string, text: string): FieldError[] =>
  isCidr(text) ? [] : [invalidValue(field, text, CIDR_MESSAGE)];

function partsOf(cidr: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', bits = ''] = cidr.split('/');
  return {
    address: standardIpv4(address) ?? address,
    bits: Number(bits),
    family: familyOf(address) === 4 ? 'ipv4' : 'ipv6',
  };
}

/** True for a network that is smaller than another one, and inside it. Both are valid CIDRs. */
export function isStrictlyWithin(inner: string, outer: string): boolean {
  const [small, large] = [partsOf(inner), partsOf(outer)];
  if (small.family !== large.family || small.bits <= large.bits) return false;
  const block = new BlockList();
  block.addSubnet(large.address, large.bits, large.family);
  return block.check(small.address, small.family);
}

/** Source: pkg/apis/core/validation, ValidateNonSpecialIP. The address is a valid one. */
export function validateNonSpecialAddress(field: string, address: string): FieldError[] {
  const text = standardIpv4(address) ?? address;
  const family = familyOf(text) === 4 ? 'ipv4' : 'ipv6';
  if (UNSPECIFIED.check(text, family)) return [invalidValue(field, address, `may not be unspecified (${address})`)];
  const range = SPECIAL.find(({ block }) => block.check(text, family));
  return range ? [invalidValue(field, address, `may not be in the ${range.name}`)] : [];
}

function blockOf(...networks: [string, number, 'ipv4' | 'ipv6'][]): BlockList {
  const block = new BlockList();
  for (const network of networks) block.addSubnet(...network);
  return block;
}

const UNSPECIFIED = blockOf(['0.0.0.0', 32, 'ipv4'], ['::', 128, 'ipv6']);
const SPECIAL = [
  { name: 'loopback range (127.0.0.0/8, ::1/128)', block: blockOf(['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6']) },
  {
    name: 'link-local range (169.254.0.0/16, fe80::/10)',
    block: blockOf(['169.254.0.0', 16, 'ipv4'], ['fe80::', 10, 'ipv6']),
  },
  {
    name: 'link-local multicast range (224.0.0.0/24, ff02::/10)',
    block: blockOf(
      ['224.0.0.0', 24, 'ipv4'],
      // Whatever its flags are, which are the third digit.
      ...Array.from(
        { length: 16 },
        (_, flags) => [`ff${flags.toString(16)}2::`, 16, 'ipv6'] as [string, number, 'ipv6'],
      ),
    ),
  },
];
