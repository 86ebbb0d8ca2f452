/** The controllers that can be chosen, each with the names by which upstream's kube-controller-manager knows it. */
const KNOWN = {
  'clusterrole-aggregation': ['clusterrole-aggregation-controller'],
  cronjob: ['cronjob-controller'],
  daemonset: ['daemonset-controller'],
  deployment: ['deployment-controller'],
  disruption: ['disruption-controller'],
  endpoints: ['endpoints-controller'],
  endpointslice: ['endpointslice-controller'],
  endpointslicemirroring: ['endpointslice-mirroring-controller'],
  'garbage-collector': ['garbagecollector', 'garbage-collector-controller'],
  job: ['job-controller'],
  namespace: ['namespace-controller'],
  'node-lifecycle': ['nodelifecycle', 'node-lifecycle-controller'],
  'pod-placement': ['kube-scheduler'],
  replicaset: ['replicaset-controller'],
  replicationcontroller: ['replicationcontroller-controller'],
  resourcequota: ['resourcequota-controller'],
  'startup-taint': [],
  statefulset: ['statefulset-controller'],
} as const satisfies Record<string, readonly string[]>;

export type ControllerName = keyof typeof KNOWN;

export const CONTROLLER_NAMES = Object.keys(KNOWN) as ControllerName[];

/** By any of its names; undefined for a word that is none. */
function controllerNamed(word: string): ControllerName | undefined {
  return CONTROLLER_NAMES.find((name) => name === word || (KNOWN[name] as readonly string[]).includes(word));
}

/**
 * Which controllers run, from a list as `--controllers` of kube-controller-manager takes it: `*` is all, `NAME` that
 * one, `-NAME` all but that one; what is named stands above `*`, and of two words for one the first counts.
 * @throws Error for a word that names nothing.
 */
export function chooseControllers(list: string): ReadonlySet<ControllerName> {
  const words = list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const decided = new Map<ControllerName, boolean>();
  for (const word of words.filter((each) => each !== '*')) {
    const off = word.startsWith('-');
    const name = controllerNamed(off ? word.slice(1) : word);
    if (!name) {
      throw new Error(`"${word}" names no controller; there are ${CONTROLLER_NAMES.join(', ')}`);
    }
    if (!decided.has(name)) decided.set(name, !off);
  }
  const others = words.includes('*');
  return new Set(CONTROLLER_NAMES.filter((name) => decided.get(name) ?? others));
}
