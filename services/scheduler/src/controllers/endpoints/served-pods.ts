import type { NamedPort, ServedPod } from '@everynode/endpoints';
import type { CachedObject, ObjectCache } from '@everynode/list-watch';
import { isPodReady, type Pod, type PodSpec, type Service, type Stored } from '@everynode/objects';
import { isPodTerminal } from '@everynode/workloads';
import type { SchedulerContext } from '../../scheduler-context.js';

type CachedPod = CachedObject<Stored<Pod>>;

/** What endpoints need of a pod's spec. */
type SpecFacts = Pick<ServedPod, 'hostname' | 'subdomain' | 'ports'>;

const NOTHING: SpecFacts = { hostname: undefined, subdomain: undefined, ports: [] };

const ipsOf = ({ status }: CachedPod): string[] => {
  const { podIP, podIPs } = status ?? {};
  return podIPs?.length ? podIPs.map(({ ip }) => ip) : podIP ? [podIP] : [];
};

const isSelectedBy = (selector: Record<string, string>, labels: Readonly<Record<string, string>> = {}): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** The services of a namespace that select an object with these labels. */
export function* servicesOf(
  services: ObjectCache<Stored<Service>>,
  { record, labels }: CachedPod,
): Iterable<CachedObject<Stored<Service>>> {
  for (const service of services.list(record.namespace)) {
    const selector = selectorOf(service.object);
    if (selector && isSelectedBy(selector, labels)) yield service;
  }
}

/** Undefined for a service that names no pods, or none here. */
export function selectorOf({ spec }: Stored<Service>): Record<string, string> | undefined {
  const { selector, type } = spec ?? {};
  return selector && type !== 'ExternalName' && Object.keys(selector).length > 0 ? selector : undefined;
}

/** Reads what endpoints tell of pods. What it needs of a spec is kept, and the parsed spec is not: it takes 15 kB. */
export class ServedPods {
  readonly #facts = new Map<string, { text: string; facts: SpecFacts }>();
  readonly #context: Pick<SchedulerContext, 'reflector'>;

  constructor(context: Pick<SchedulerContext, 'reflector'>) {
    this.#context = context;
  }

  forget(uid: string): void {
    this.#facts.delete(uid);
  }

  /** The pods that a service selects and that have an address; ended ones have none. */
  of(service: Stored<Service>): ServedPod[] {
    const selector = selectorOf(service);
    if (!selector) return [];
    const found: ServedPod[] = [];
    for (const pod of this.#context.reflector.cache('pods').list(service.metadata.namespace)) {
      if (!isSelectedBy(selector, pod.labels)) continue;
      const { status } = pod;
      const ips = ipsOf(pod);
      if (ips.length === 0 || isPodTerminal({ status } as Pod)) continue;
      found.push(this.#servedPod(pod, ips, service));
    }
    return found;
  }

  #servedPod(pod: CachedPod, ips: string[], service: Stored<Service>): ServedPod {
    const { uid, name, namespace, placement } = pod.record;
    const nodeName = placement ?? undefined;
    const node = nodeName === undefined ? undefined : this.#context.reflector.cache('nodes').get('', nodeName);
    return {
      uid,
      name,
      namespace,
      ips,
      nodeName,
      zone: node?.labels?.['topology.kubernetes.io/zone'],
      isReady: isPodReady({ status: pod.status } as Pod),
      isTerminating: pod.metadata.deletionTimestamp !== undefined,
      ...this.#factsOf(pod, service),
    };
  }

  #factsOf({ record }: CachedPod, { spec }: Stored<Service>): SpecFacts {
    const named = spec?.ports?.some(({ targetPort }) => typeof targetPort === 'string') ?? false;
    if (!named && !record.desired.includes('"subdomain"')) return NOTHING;
    const known = this.#facts.get(record.uid);
    if (known?.text === record.desired) return known.facts;
    const facts = readFacts((JSON.parse(record.desired) as { spec: PodSpec }).spec);
    this.#facts.set(record.uid, { text: record.desired, facts });
    return facts;
  }
}

/** A sidecar may serve, too; other init containers have ended by then. */
function readFacts({ hostname, subdomain, containers, initContainers = [] }: PodSpec): SpecFacts {
  const serving = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')];
  const ports = serving.flatMap(({ ports: declared = [] }) =>
    declared.flatMap(({ name, containerPort, protocol = 'TCP' }): NamedPort[] =>
      name ? [{ name, port: containerPort, protocol }] : [],
    ),
  );
  return { hostname, subdomain, ports };
}
