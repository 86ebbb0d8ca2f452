import type { Container, ContainerPort, EnvVar } from '../kinds/api-types.js';
import { fractionWarnings } from './fraction-warnings.js';

/** A container of a pod and its field path. */
export type Placed = readonly [container: Container, field: string];

const BYTES = ['memory', 'ephemeral-storage'];

/** A later variable of the same name that does not build on the earlier one. */
function envWarnings(env: readonly EnvVar[], field: string): string[] {
  const names = new Set<string>();
  return env.flatMap(({ name, value = '', valueFrom }, at) => {
    if (!names.has(name)) {
      names.add(name);
      return [];
    }
    const reference = `$(${name})`;
    if (!valueFrom && value !== reference && value.includes(reference)) return [];
    const hidden = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`;
    return [`${field}[${at}]: ${hidden}`];
  });
}

/** What one container alone can be warned of, beside its annotations. */
export function containerWarnings([{ resources, env }, field]: Placed): string[] {
  const amounts = BYTES.flatMap((name) =>
    (['limits', 'requests'] as const).flatMap((list) =>
      fractionWarnings(resources?.[list], [name], `${field}.resources.${list}`),
    ),
  );
  return env && env.length > 1 ? [...amounts, ...envWarnings(env, `${field}.env`)] : amounts;
}

type PlacedPort = readonly [port: ContainerPort, field: string];

/** How two definitions of the same container port disturb each other; undefined when they do not. */
function clash(port: ContainerPort, other: ContainerPort): string | undefined {
  const [ip, otherIp] = [port.hostIP ?? '', other.hostIP ?? ''];
  const [hostPort, otherPort] = [port.hostPort ?? 0, other.hostPort ?? 0];
  if (ip === otherIp && hostPort === otherPort) return 'duplicate';
  if (hostPort === 0 || otherPort === 0) return 'overlapping';
  if (hostPort === otherPort && (ip === '') !== (otherIp === '')) return 'dangerously ambiguous';
  return undefined;
}

/** As Go prints the struct with `%+v`. */
const printed = ({ name = '', hostPort = 0, containerPort, protocol = '', hostIP = '' }: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;

/** Headers have room for far fewer warnings than ports may have of each other. */
const MAX_TEXTS = 1000;
const MAX_COMPARED = 10_000_000;

/** Ports of all containers of a pod, which share one network. */
export function portWarnings(containers: readonly Placed[]): string[] {
  const ports: PlacedPort[] = containers.flatMap(([container, field]) =>
    (container.ports ?? []).map((port, at): PlacedPort => [port, `${field}.ports[${at}]`]),
  );
  const seen = new Map<string, PlacedPort[]>();
  const warnings: string[] = [];
  let compared = 0;
  for (const placed of ports) {
    if (warnings.length >= MAX_TEXTS || compared >= MAX_COMPARED) break;
    const [port, field] = placed;
    if (port.hostIP && !port.hostPort) warnings.push(`${field}: hostIP set without hostPort: ${printed(port)}`);
    const key = `${port.containerPort}/${port.protocol}`;
    const others = seen.get(key) ?? [];
    for (const [other, otherField] of others) {
      const how = clash(port, other);
      if (how !== undefined) warnings.push(`${field}: ${how} port definition with ${otherField}`);
    }
    compared += others.length;
    others.push(placed);
    seen.set(key, others);
  }
  return [...warnings, ...portNameWarnings(ports)];
}

function portNameWarnings(ports: readonly PlacedPort[]): string[] {
  const named = new Map<string, string>();
  return ports.flatMap(([{ name }, field]) => {
    if (!name) return [];
    const first = named.get(name);
    if (first === undefined) {
      named.set(name, field);
      return [];
    }
    const users = `services and probes that select ports by name will use ${first}`;
    return [`${field}: duplicate port name ${JSON.stringify(name)} with ${first}, ${users}`];
  });
}
