import { type Container, milliValue, type PodSpec, parseQuantity, wholeValue } from '@everynode/objects';

/** Amounts by resource name: cpu in thousandths, everything else in whole units (bytes, pieces). */
export type Amounts = Map<string, number>;

/** A port that a pod uses on its node. */
export interface HostPort {
  port: number;
  protocol: string;
  ip: string;
}

const ANY_IP = '0.0.0.0';

/** Parses a map of quantities, as in `requests` or `allocatable`. */
export function amountsOf(quantities: Readonly<Record<string, string>> | undefined): Amounts {
  const amounts: Amounts = new Map();
  for (const [name, text] of Object.entries(quantities ?? {})) {
    const quantity = parseQuantity(text);
    amounts.set(name, Number(name === 'cpu' ? milliValue(quantity) : wholeValue(quantity)));
  }
  return amounts;
}

function addTo(total: Amounts, more: Amounts): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0) + amount);
}

function raiseTo(total: Amounts, least: Amounts): void {
  for (const [name, amount] of least) total.set(name, Math.max(total.get(name) ?? 0, amount));
}

const requestsOf = (container: Pick<Container, 'resources'>): Amounts =>
  amountsOf(container.resources?.requests as Record<string, string> | undefined);

const isSidecar = (container: Container): boolean =>
  (container as { restartPolicy?: string }).restartPolicy === 'Always';

/**
 * What a pod requests of its node: the sum of its containers and sidecars, or more while an init container runs beside
 * the sidecars that were started before it; and its overhead. Source: k8s.io/component-helpers/resource, PodRequests.
 */
export function podRequests(spec: PodSpec): Amounts {
  const total: Amounts = new Map();
  for (const container of spec.containers) addTo(total, requestsOf(container));
  const sidecars: Amounts = new Map();
  const atInit: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const now = requestsOf(container);
    if (isSidecar(container)) {
      addTo(sidecars, now);
      raiseTo(atInit, sidecars);
    } else {
      addTo(now, sidecars);
      raiseTo(atInit, now);
    }
  }
  addTo(total, sidecars);
  raiseTo(total, atInit);
  addTo(total, amountsOf(spec.overhead as Record<string, string> | undefined));
  return total;
}

/** Ports of its containers that a pod uses on the host. */
export function hostPorts(spec: PodSpec): HostPort[] {
  return spec.containers.flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostPort, protocol, hostIP }) =>
      hostPort ? [{ port: hostPort, protocol: protocol ?? 'TCP', ip: hostIP || ANY_IP }] : [],
    ),
  );
}

/** Whether two pods on one node cannot both have these. The address of all interfaces conflicts with every address. */
export function portsMeet(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY_IP || b.ip === ANY_IP);
}
