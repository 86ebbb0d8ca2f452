import ipaddr from 'ipaddr.js';
import type { Environment } from '../program.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** As Go's netip.ParseAddr, but without zones and without IPv4 addresses in IPv6 form. */
function readAddress(text: string): Address | undefined {
  if (text.includes('%') || text.includes('/')) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return text.split('.').some((part) => /^0\d/.test(part)) ? undefined : ipaddr.IPv4.parse(text);
  }
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? undefined : address;
}

class Ip {
  constructor(readonly address: Address) {}

  toString(): string {
    return this.address.kind() === 'ipv4' ? this.address.toString() : (this.address as ipaddr.IPv6).toRFC5952String();
  }
}

function ipOf(text: string): Ip {
  const address = readAddress(text);
  if (!address) throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return new Ip(address);
}

class Cidr {
  constructor(
    readonly ip: Ip,
    readonly bits: number,
  ) {}

  containsIp({ address }: Ip): boolean {
    return (
      address.kind() === this.ip.address.kind() &&
      (address as ipaddr.IPv4).match(this.ip.address as ipaddr.IPv4, this.bits)
    );
  }

  containsCidr(other: Cidr): boolean {
    return other.bits >= this.bits && this.containsIp(other.ip);
  }

  masked(): Cidr {
    const isV4 = this.ip.address.kind() === 'ipv4';
    const network = isV4
      ? ipaddr.IPv4.networkAddressFromCIDR(this.toString())
      : ipaddr.IPv6.networkAddressFromCIDR(this.toString());
    return new Cidr(new Ip(network), this.bits);
  }

  toString(): string {
    return `${this.ip.toString()}/${this.bits}`;
  }
}

function readCidr(text: string): Cidr | undefined {
  const match = /^(.+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const address = match && readAddress(match[1] ?? '');
  const bits = Number(match?.[2]);
  if (!address || bits > (address.kind() === 'ipv4' ? 32 : 128)) return undefined;
  return new Cidr(new Ip(address), bits);
}

function cidrOf(text: string): Cidr {
  const cidr = readCidr(text);
  if (!cidr) throw new Error(`network address parse error during conversion from string: ${JSON.stringify(text)}`);
  return cidr;
}

/** The namespace of `ip.isCanonical`. */
class IpFunctions {}

const IP = 'net.IP';
const CIDR = 'net.CIDR';
const range =
  (...names: readonly string[]) =>
  ({ address }: Ip): boolean =>
    names.includes(address.range());

/** Source: apiserver pkg/cel/library/ip.go, cidr.go. */
function addAddresses(environment: Environment): void {
  environment
    .registerType(IP, Ip)
    .registerType(CIDR, Cidr)
    .registerType('kubernetes.IPFunctions', IpFunctions)
    .registerConstant('ip', 'kubernetes.IPFunctions', new IpFunctions())
    .registerFunction(`ip(string): ${IP}`, ipOf)
    .registerFunction('isIP(string): bool', (text: string) => readAddress(text) !== undefined)
    .registerFunction(
      'kubernetes.IPFunctions.isCanonical(string): bool',
      (_ip: IpFunctions, text: string) => ipOf(text).toString() === text,
    )
    .registerFunction(`string(${IP}): string`, (one: Ip) => one.toString())
    .registerFunction(`${IP}.family(): int`, ({ address }: Ip) => (address.kind() === 'ipv4' ? 4n : 6n))
    .registerFunction(`${IP}.isUnspecified(): bool`, ({ address }: Ip) =>
      address.toByteArray().every((byte) => byte === 0),
    )
    .registerFunction(`${IP}.isLoopback(): bool`, range('loopback'))
    .registerFunction(`${IP}.isLinkLocalUnicast(): bool`, range('linkLocal'))
    .registerFunction(`${IP}.isLinkLocalMulticast(): bool`, ({ address }: Ip) => {
      const [first = 0, second = 0, third = 0] = address.toByteArray();
      return address.kind() === 'ipv4'
        ? first === 224 && second === 0 && third === 0
        : first === 0xff && (second & 0x0f) === 0x02;
    })
    .registerFunction(`${IP}.isGlobalUnicast(): bool`, (one: Ip) => {
      const isBroadcast = one.toString() === '255.255.255.255';
      return !isBroadcast && !range('unspecified', 'loopback', 'multicast', 'linkLocal')(one);
    })
    .registerOperator(`${IP} == ${IP}`, (a: Ip, b: Ip) => a.toString() === b.toString())
    .registerFunction(`cidr(string): ${CIDR}`, cidrOf)
    .registerFunction('isCIDR(string): bool', (text: string) => readCidr(text) !== undefined)
    .registerFunction(`string(${CIDR}): string`, (one: Cidr) => one.toString())
    .registerFunction(`${CIDR}.ip(): ${IP}`, (one: Cidr) => one.ip)
    .registerFunction(`${CIDR}.prefixLength(): int`, (one: Cidr) => BigInt(one.bits))
    .registerFunction(`${CIDR}.masked(): ${CIDR}`, (one: Cidr) => one.masked())
    .registerFunction(`${CIDR}.containsIP(${IP}): bool`, (one: Cidr, address: Ip) => one.containsIp(address))
    .registerFunction(`${CIDR}.containsIP(string): bool`, (one: Cidr, text: string) => one.containsIp(ipOf(text)))
    .registerFunction(`${CIDR}.containsCIDR(${CIDR}): bool`, (one: Cidr, other: Cidr) => one.containsCidr(other))
    .registerFunction(`${CIDR}.containsCIDR(string): bool`, (one: Cidr, text: string) => one.containsCidr(cidrOf(text)))
    .registerOperator(`${CIDR} == ${CIDR}`, (a: Cidr, b: Cidr) => a.toString() === b.toString());
}

class Url {
  constructor(readonly url: URL) {}
}

/** An absolute URI or an absolute path, as Go's url.ParseRequestURI reads it. */
function readUrl(text: string): URL | undefined {
  const isPath = text.startsWith('/');
  if (!isPath && !/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text)) return undefined;
  return URL.canParse(text, isPath ? 'path://' : undefined) ? new URL(text, isPath ? 'path://' : undefined) : undefined;
}

const NAME = 'kubernetes.URL';

/** Source: apiserver pkg/cel/library/urls.go. */
function addUrls(environment: Environment): void {
  const schemeOf = ({ url }: Url): string => (url.protocol === 'path:' ? '' : url.protocol.slice(0, -1));
  environment
    .registerType(NAME, Url)
    .registerFunction(`url(string): ${NAME}`, (text: string) => {
      const url = readUrl(text);
      if (!url)
        throw new Error(
          `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
        );
      return new Url(url);
    })
    .registerFunction('isURL(string): bool', (text: string) => readUrl(text) !== undefined)
    .registerFunction(`${NAME}.getScheme(): string`, schemeOf)
    .registerFunction(`${NAME}.getHost(): string`, ({ url }: Url) => url.host)
    .registerFunction(`${NAME}.getHostname(): string`, ({ url }: Url) => url.hostname.replace(/^\[(.*)\]$/, '$1'))
    .registerFunction(`${NAME}.getPort(): string`, ({ url }: Url) => url.port)
    .registerFunction(`${NAME}.getEscapedPath(): string`, ({ url }: Url) => url.pathname)
    .registerFunction(`${NAME}.getQuery(): map<string, list<string>>`, ({ url }: Url) =>
      Object.fromEntries([...new Set(url.searchParams.keys())].map((key) => [key, url.searchParams.getAll(key)])),
    )
    .registerOperator(`${NAME} == ${NAME}`, (a: Url, b: Url) => a.url.href === b.url.href);
}

export function addNetwork(environment: Environment): void {
  addAddresses(environment);
  addUrls(environment);
}
