import { milliValue, type PodSpec, parseQuantity, sumOfPod, wholeValue } from '@everynode/objects';

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

const NUMBERS = { add: (a: number, b: number) => a + b, max: Math.max };

/** What a pod requests of its node. */
export function podRequests(spec: PodSpec): Amounts {
  const overhead = amountsOf(spec.overhead as Record<string, string> | undefined);
  return sumOfPod(
    spec,
    (resources) => amountsOf(resources?.requests as Record<string, string> | undefined),
    overhead,
    NUMBERS,
  );
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
