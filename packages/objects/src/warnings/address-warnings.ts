import { isIP } from 'node:net';
import { standardIpv4 } from '../validation/addresses.js';

/** The text of RFC 5952 of an IPv6 address. */
const canonicalIpv6 = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

/** Source: apimachinery util/validation/ip.go, GetWarningsForIP. */
export function addressWarnings(address: string, field: string): string[] {
  const standard = standardIpv4(address);
  if (standard !== undefined) {
    const quoted = JSON.stringify(address);
    const what = `non-standard IP address ${quoted} will be considered invalid in a future Kubernetes release`;
    return [`${field}: ${what}: use ${JSON.stringify(standard)}`];
  }
  if (isIP(address) !== 6 || address.includes('%')) return [];
  const canonical = canonicalIpv6(address);
  if (canonical === address) return [];
  const form = `should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`;
  return [`${field}: IPv6 address ${JSON.stringify(address)} ${form}`];
}
