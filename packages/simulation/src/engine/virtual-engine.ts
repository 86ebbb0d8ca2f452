import type { AssignedPod } from '@everynode/kubelet';
import {
  alreadyExists,
  controllerOf,
  type DaemonSet,
  type KubeObject,
  keyOf,
  type Node,
  type NodeSpec,
  type Pod,
  type Stored,
  timestamp,
} from '@everynode/objects';
import { seededRandom } from '@everynode/pod-runtime';
import { NO_DELAY, type SimulationSettings } from '@everynode/pod-runtime/simulated';
import { RolloutMeasure } from '../report/rollout-measure.js';
import { appliedDaemonSet, completeDaemonSet } from '../scenario/complete-object.js';
import type { ScenarioBehaviour, ScenarioGroup } from '../scenario/schema.js';
import { admissionFacts } from './admission.js';
import { Behaviour } from './behaviour.js';
import { blockedNodes } from './blocked-nodes.js';
import { chooseNodes, type NodeChoice } from './choose-nodes.js';
import { DaemonSetLoop } from './daemonset-loop.js';
import { checkNode, nodesOf, occupant } from './fleet.js';
import { NodeMonitor } from './node-monitor.js';
import { PodPlacement } from './pod-placement.js';
import type { Snapshot } from './snapshot.js';
import type { Part } from './versions.js';
import { NO_DELAYS, VirtualAgents } from './virtual-agents.js';
import { VirtualClock } from './virtual-clock.js';
import { VirtualCluster } from './virtual-cluster.js';

/** How soon it is looked at again what nodes wait for: after this, in ms, or after this share of the time so far. */
const LOOK_MS = 30_000;
const LOOK_SHARE = 0.25;
/** What is there from the start gets this long to come up, in ms. */
const WARM_UP_MS = 600_000;

/** A cluster in virtual time: its nodes, agents and controllers, and what is measured of them. */
export class VirtualEngine {
  readonly #clock: VirtualClock;
  readonly #cluster: VirtualCluster;
  readonly #agents: VirtualAgents;
  readonly #monitor: NodeMonitor;
  readonly #loop: DaemonSetLoop;
  readonly #random: () => number;
  readonly #measures = new Map<string, RolloutMeasure>();
  readonly #background = new Set<string>();
  /** How the pods of a dump fail that do: what a rule says of failures is about new pods. */
  readonly #dumped: ReadonlyMap<string, SimulationSettings['failure'] | undefined>;
  readonly #groups = new Map<string, number>();
  /** What keeps nodes away, and has not ended. */
  readonly #losses = new Map<string, Set<object>>();
  #behaviour: Behaviour | undefined;
  #beganMs = 0;
  #hasBegun = false;
  #made = 0;

  constructor(snapshot: Snapshot, seed: number) {
    const clock = new VirtualClock(snapshot.takenAtMs);
    const cluster = new VirtualCluster(snapshot.surroundings);
    const placement = new PodPlacement(cluster, clock);
    const random = seededRandom(seed);
    this.#clock = clock;
    this.#cluster = cluster;
    this.#random = random;
    this.#agents = new VirtualAgents({
      clock,
      cluster,
      seed,
      settingsOf: (pod) => this.#settingsOf(pod),
      isBackground: (uid) => this.#background.has(uid),
    });
    this.#monitor = new NodeMonitor({ clock, cluster });
    this.#loop = new DaemonSetLoop({
      clock,
      cluster,
      placement,
      random,
      isHeardSince: (node, atMs) => this.#agents.isHeardSince(node, atMs),
      factsOf: (namespace) => admissionFacts(cluster.surroundings, namespace, random),
      listener: {
        onActions: (key, actions, state) => this.#measure(key)?.onActions(actions, state, clock.wallTime()),
        onPassed: (key, state) => this.#measure(key)?.onPassed(state, this.now()),
        onStatus: (key, view) => this.#measure(key)?.onStatus(view, this.now()),
        onRollback: (key, from, to) => this.#measure(key)?.onRollback(from, to, this.now()),
        onRefusal: (key, message) => this.#measure(key)?.onRefusal(message),
      },
    });
    // Agents first: a node is hosted before a pod is bound to it.
    for (const listener of [this.#agents, placement, this.#loop]) cluster.addListener(listener);
    cluster.addListener({
      onPod: (before, after) => {
        const owner = controllerOf((after ?? before)?.metadata ?? {});
        const namespace = (after ?? before)?.metadata.namespace ?? '';
        if (owner?.kind === 'DaemonSet') this.#measure(`${namespace}/${owner.name}`)?.onPod(before, after, this.now());
      },
      onNode: () => undefined,
      onDaemonSet: () => undefined,
    });
    this.#dumped = new Map(snapshot.pods.map((pod) => [pod.metadata.uid, failureOf(pod)]));
    this.#restore(snapshot);
  }

  #restore({ nodes, daemonSets, revisions, pods, background }: Snapshot): void {
    const cluster = this.#cluster;
    for (const node of nodes) cluster.addNode(node);
    for (const pod of background) this.#addBackground(pod);
    for (const revision of revisions) cluster.putRevision(controllerOf(revision.metadata)?.uid ?? '', revision);
    for (const pod of pods) cluster.addPod(pod);
    for (const daemonSet of daemonSets) cluster.putDaemonSet(daemonSet);
    for (const { record, object } of cluster.nodes()) {
      const ready = object.status?.conditions?.find(({ type }) => type === 'Ready');
      this.#monitor.taint(record.name);
      if (!ready || ready.status === 'True') continue;
      this.#beginLoss(record.name, 'cut');
      this.#monitor.settlePods(record.name, false);
    }
  }

  #addBackground(pod: Stored<Pod>): void {
    this.#background.add(pod.metadata.uid);
    this.#cluster.addPod(pod);
  }

  /** Ms since the beginning; before it, less than 0. */
  now(): number {
    return this.#clock.now() - this.#beganMs;
  }

  get nodeCount(): number {
    return this.#cluster.nodeCount;
  }

  /** What is there from the start comes up at once and without a fault; later on all is as the rules say. */
  #settingsOf(pod: AssignedPod): SimulationSettings {
    const { labels = {} } = this.#cluster.node(pod.spec.nodeName)?.metadata ?? {};
    const settings = this.#behaviour?.settingsOf(pod, labels, this.now()) ?? NO_DELAYS;
    if (!this.#hasBegun) return { ...settings, start: NO_DELAY, ready: NO_DELAY, failureRate: 0 };
    if (!this.#dumped.has(pod.metadata.uid)) return settings;
    const failure = this.#dumped.get(pod.metadata.uid);
    return failure ? { ...settings, failure, failureRate: 1 } : { ...settings, failureRate: 0 };
  }

  /**
   * Lets what is there come up, and begins: from now on pods behave as the rules say, and all is measured.
   * `warms`: not where the cluster is one that was dumped; that goes on as it was.
   */
  begin(rules: readonly ScenarioBehaviour[], warms: boolean): void {
    this.#behaviour = new Behaviour(rules);
    if (warms) {
      const isUp = () => [...this.#cluster.daemonSets()].every(({ metadata }) => this.#isUp(keyOf(metadata)));
      this.#clock.run(this.#clock.now() + WARM_UP_MS, isUp);
    }
    this.#beganMs = this.#clock.now();
    this.#hasBegun = true;
    for (const { metadata } of this.#cluster.daemonSets()) {
      const key = keyOf(metadata);
      const state = this.#loop.stateOf(key);
      const measure = this.#follow(key);
      if (state) measure.onPassed(state, 0);
    }
    this.#lookAgain();
  }

  #isUp(key: string): boolean {
    const ledger = this.#loop.stateOf(key)?.ledger;
    return ledger !== undefined && ledger.settled === ledger.desired && ledger.old === 0;
  }

  #follow(key: string): RolloutMeasure {
    const known = this.#measures.get(key);
    if (known) return known;
    const measure = new RolloutMeasure(key);
    this.#measures.set(key, measure);
    return measure;
  }

  #measure(key: string): RolloutMeasure | undefined {
    return this.#measures.get(key);
  }

  /** Looks at what nodes wait for, again and again; less often the longer the simulation lasts, because it is slow. */
  #lookAgain(): void {
    const everyMs = Math.max(LOOK_MS, this.now() * LOOK_SHARE);
    this.#clock.after(everyMs, () => {
      for (const { object, metadata } of this.#cluster.daemonSets()) {
        const key = keyOf(metadata);
        const measure = this.#measure(key);
        if (!measure || this.#isUp(key)) continue;
        const blocked = blockedNodes(this.#cluster, this.#loop, object, key, this.#clock.wallTime());
        for (const { node, reason } of blocked) measure.onBlocked(node, reason, everyMs);
      }
      this.#lookAgain();
    });
  }

  /** Lets time pass, at most until `untilMs` since the beginning. Returns whether it is done. */
  run(untilMs: number, isDone: () => boolean = () => false): boolean {
    this.#clock.run(this.#beganMs + untilMs, isDone);
    return isDone();
  }

  measures(): Iterable<[string, RolloutMeasure]> {
    return this.#measures;
  }

  /** The DaemonSet of this name: `name`, in the namespace default, or `namespace/name`. */
  measureOf(name: string): RolloutMeasure | undefined {
    return this.#measures.get(daemonSetKey(name));
  }

  /** Whether every eligible node has an available pod of the newest revision. */
  isRolledOut(name: string): boolean {
    const key = daemonSetKey(name);
    // A pass that is still to come may find more to do.
    return this.#isUp(key) && !this.#loop.isQueued(key);
  }

  /** @throws ApiError for a DaemonSet that an api would refuse. */
  apply(sent: KubeObject): void {
    const cluster = this.#cluster;
    this.#made += 1;
    const made = completeDaemonSet(sent, `daemonset-${this.#made}`, timestamp(this.#clock.wallTime()));
    const key = keyOf(made.metadata);
    const before = cluster.daemonSet(key)?.object;
    cluster.putDaemonSet(before ? appliedDaemonSet(before, made) : made);
    if (this.#hasBegun) this.#follow(key).onApplied();
  }

  /** The DaemonSet as it was last set. */
  daemonSet(name: string): Stored<DaemonSet> | undefined {
    return this.#cluster.daemonSet(daemonSetKey(name))?.object;
  }

  /**
   * Adds the nodes of a group.
   * @throws ApiError AlreadyExists for a name that a node of a dump has, Invalid for nodes that an api would refuse.
   */
  join(group: ScenarioGroup): void {
    const from = this.#groups.get(group.name) ?? 0;
    const atMs = this.#clock.wallTime();
    const nodes = nodesOf(group, atMs, from);
    for (const { metadata } of nodes) {
      const subject = { group: '', plural: 'nodes', name: metadata.name };
      if (this.#cluster.node(metadata.name)) throw alreadyExists(subject);
    }
    this.#groups.set(group.name, from + group.count);
    for (const node of nodes) {
      this.#cluster.addNode(node);
      if (group.occupied) this.#addBackground(occupant(node.metadata.name, 1, group.occupied, atMs));
    }
  }

  choose(choice: NodeChoice): string[] {
    return chooseNodes(this.#cluster, choice, this.#random);
  }

  /**
   * Changes the labels of nodes; null takes one away.
   * @throws ApiError Invalid for labels that an api would refuse; nothing has changed then.
   */
  label(nodes: readonly string[], labels: Readonly<Record<string, string | null>>): void {
    this.#changeNodes(nodes, 'metadata', (current) => {
      const all = Object.entries({ ...current.metadata.labels, ...labels });
      const kept = all.filter((pair): pair is [string, string] => pair[1] !== null);
      return { ...current, metadata: { ...current.metadata, labels: Object.fromEntries(kept) } };
    });
  }

  /**
   * Changes the spec of nodes, and their taints by their conditions and their cordon.
   * @throws ApiError Invalid for taints that an api would refuse; nothing has changed then.
   */
  changeNodeSpecs(nodes: readonly string[], change: (spec: NodeSpec) => NodeSpec): void {
    this.#changeNodes(nodes, 'desired', (current) => ({ ...current, spec: change(current.spec ?? {}) }));
    for (const node of nodes) this.#monitor.taint(node);
  }

  #changeNodes(nodes: readonly string[], part: Part, change: (node: Stored<Node>) => Stored<Node>): void {
    const first = this.#cluster.node(nodes[0] ?? '')?.object;
    // All are changed in the same way.
    if (first) checkNode(change(first));
    for (const node of nodes) this.#cluster.changeNode(node, part, change);
  }

  /** The node is gone for good, with its pods. */
  leave(node: string): void {
    this.#losses.delete(node);
    for (const { record } of [...this.#cluster.podsOn(node)]) this.#cluster.removePod(record.uid);
    this.#cluster.removeNode(node);
  }

  /**
   * The machine goes off, or nothing passes any more between it and the control plane, for `forMs` where it is given. A
   * node that was away already, or that is lost again meanwhile, comes back when the last of these is over.
   */
  lose(node: string, how: 'stop' | 'cut', forMs?: number): void {
    if (!this.#agents.isAway(node)) this.#monitor.silent(node);
    const { losses, loss } = this.#beginLoss(node, how);
    if (forMs === undefined) return;
    this.#clock.after(forMs, () => {
      losses.delete(loss);
      if (losses.size === 0 && this.#losses.get(node) === losses) this.restore(node);
    });
  }

  #beginLoss(node: string, how: 'stop' | 'cut'): { losses: Set<object>; loss: object } {
    const losses = this.#losses.get(node) ?? new Set();
    const loss = {};
    losses.add(loss);
    this.#losses.set(node, losses);
    this.#agents[how](node);
    return { losses, loss };
  }

  /** The node comes back, whatever kept it away. */
  restore(node: string): void {
    if (!this.#agents.isAway(node)) return;
    this.#losses.delete(node);
    this.#agents.restore(node);
    this.#monitor.heard(node);
  }
}

/** What is wrong with a pod as it was dumped; undefined where nothing is. */
function failureOf({ status }: Pod): SimulationSettings['failure'] | undefined {
  const reasons = status?.containerStatuses?.flatMap(({ state }) => state?.waiting?.reason ?? []) ?? [];
  if (reasons.includes('CrashLoopBackOff')) return 'crash';
  return reasons.some((reason) => reason === 'ErrImagePull' || reason === 'ImagePullBackOff')
    ? 'image-error'
    : undefined;
}

/** `name` is in the namespace default; `namespace/name` says which. */
const daemonSetKey = (name: string): string => (name.includes('/') ? name : `default/${name}`);
