import { isIP } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** Four numbers that old readers of addresses accept with zeros in front. */
const PADDED = /^\d{1,}\.\d{1,}\.\d{1,}\.\d{1,}$/;

/** The text of RFC 5952 of an IPv6 address. */
const canonicalIpv6 = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

/** The IPv4 address that old readers see in text of another form; undefined for text of the usual form. */
function standardIpv4(text: string): string | undefined {
  const mapped = MAPPED.exec(text)?.[1];
  if (mapped !== undefined && isIP(mapped) === 4) return mapped;
  if (!PADDED.test(text) || isIP(text) === 4) return undefined;
  const standard = text.split('.').map(Number).join('.');
  return isIP(standard) === 4 ? standard : undefined;
}

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
