import type { PodSpec } from '@everynode/objects';

/** What names are resolved by. */
interface Resolving {
  servers: string[];
  searches: string[];
  options: string[];
}

/** Reads a file in the format of resolv.conf(5). */
function parseResolvConf(text: string): Resolving {
  const found: Resolving = { servers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [word, ...values] = line.trim().split(/\s+/);
    if (word === 'nameserver' && values[0] !== undefined) found.servers.push(values[0]);
    // The last line counts.
    else if (word === 'search') found.searches = values;
    else if (word === 'options') found.options = values;
  }
  return found;
}

/** With nothing to search in, the engine would take that of the machine. */
const NO_SEARCH = '.';

/**
 * How the engine is to have the containers of a pod resolve names; undefined: as it does by itself, which is what the
 * machine does. What the pod says is added to that, or with the policy `None` is all. Source:
 * pkg/kubelet/network/dns/dns.go, appendDNSConfig.
 */
export function resolvingOf(
  { dnsPolicy, dnsConfig }: Pick<PodSpec, 'dnsPolicy' | 'dnsConfig'>,
  machine: () => string,
): { Dns: string[]; DnsSearch: string[]; DnsOptions: string[] } | undefined {
  if (dnsPolicy !== 'None' && !dnsConfig) return undefined;
  const { servers, searches, options } = parseResolvConf(dnsPolicy === 'None' ? '' : machine());
  const { nameservers, searches: ownSearches, options: ownOptions } = dnsConfig ?? {};
  const allSearches = [...new Set([...searches, ...(ownSearches ?? [])])];
  const byName = new Map(options.map((option) => [option.split(':')[0] ?? option, option]));
  for (const { name = '', value } of ownOptions ?? []) byName.set(name, value ? `${name}:${value}` : name);
  return {
    Dns: [...new Set([...servers, ...(nameservers ?? [])])],
    DnsSearch: allSearches.length > 0 ? allSearches : [NO_SEARCH],
    DnsOptions: [...byName.values()],
  };
}
