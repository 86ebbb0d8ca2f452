import {
  type CompiledDaemonSet,
  compileDaemonSet,
  REQUIRED_AT_STARTUP_ANNOTATION,
  type RequiredDaemonSet,
  startupHold,
  startupTaintsOf,
} from '@everynode/daemonset';
import { isChangeOf, type ObjectCache, type ObjectChange, type ReconcileResult } from '@everynode/list-watch';
import { controllerOf, type DaemonSet, isPodReady, type Node, type Pod, type Stored } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import { nodeSubject } from '../../events/event-subject.js';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { NODE_COMPONENT } from '../node-lifecycle/settle-node.js';
import { ShardedQueue } from '../sharded-queue.js';
import { decideStarted } from './decide-started.js';

const WORKERS = 4;

/**
 * Takes the startup taints of a node away when the DaemonSets that are required there are ready: workloads that need a
 * network or a driver come after it (kubernetes#75890). A taint that is gone does not come back when a daemon fails.
 */
export class StartupTaintController implements Controller {
  readonly name = 'startup-taint';
  readonly #context: SchedulerContext;
  readonly #nodes: ObjectCache<Stored<Node>>;
  readonly #daemonSets: ObjectCache<Stored<DaemonSet>>;
  readonly #queue: ShardedQueue;
  /** Nodes with a startup taint. Most clusters have none, and then pods cost nothing here. */
  readonly #starting = new Set<string>();
  readonly #compiled = new WeakMap<DaemonSet, CompiledDaemonSet>();

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#nodes = context.reflector.cache('nodes');
    this.#daemonSets = context.reflector.cache('daemonsets.apps');
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (name, fence) => this.#reconcile(name, fence),
      keys: () => this.#starting,
    });
    context.reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #onChanges(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      if (isChangeOf(change, 'nodes')) this.#onNode(change);
      else if (this.#starting.size === 0) continue;
      else if (isChangeOf(change, 'pods')) this.#onPod(change);
      else if (isChangeOf(change, 'daemonsets.apps') && affectsStart(change)) {
        for (const name of this.#starting) this.#queue.add(name);
      }
    }
  }

  #onNode({ type, current }: ObjectChange<Stored<Node>>): void {
    const { name } = current.record;
    if (type !== 'DELETED' && startupTaintsOf(current.object).length > 0) {
      this.#starting.add(name);
      this.#queue.add(name);
    } else this.#starting.delete(name);
  }

  #onPod({ previous, current, type }: ObjectChange<Stored<Pod>>): void {
    const { placement } = current.record;
    if (placement === null || type === 'DELETED' || !this.#starting.has(placement)) return;
    if (isReady(current) && !(previous && isReady(previous))) this.#queue.add(placement);
  }

  async #reconcile(name: string, fence: Fence): Promise<ReconcileResult> {
    const cached = this.#nodes.get('', name);
    if (!cached) return undefined;
    const startup = startupTaintsOf(cached.object);
    if (startup.length === 0) return undefined;
    const { recorder, store } = this.#context;
    const about = { subject: nodeSubject(cached.record), component: NODE_COMPONENT };
    const hold = startupHold(cached.object, this.#required());
    if (hold) {
      const message = `The node keeps its startup taint: ${hold.because}`;
      if (hold.isMistake) recorder.record({ ...about, type: 'Warning', reason: 'StartupTaintKept', message });
      return undefined;
    }
    const { outcome } = await store.write({
      key: { resource: 'nodes', namespace: '', name },
      reads: 'all',
      decide: (current) => decideStarted(current, cached.record.uid),
      fence,
    });
    if (outcome !== 'updated') return undefined;
    const taints = startup.map(({ key, effect }) => `${key}:${effect}`).join(', ');
    const message = `The DaemonSets that are required at startup are ready, so the node has lost ${taints}`;
    recorder.record({ ...about, type: 'Normal', reason: 'StartupTaintRemoved', message });
    return undefined;
  }

  *#required(): Iterable<RequiredDaemonSet> {
    for (const { record, object } of this.#daemonSets.list()) {
      if (!isRequired(object)) continue;
      yield {
        name: `${record.namespace}/${record.name}`,
        compiled: this.#compile(object),
        isReadyOn: (node) => this.#hasReadyPod(node, record.uid),
      };
    }
  }

  #compile(daemonSet: DaemonSet): CompiledDaemonSet {
    let compiled = this.#compiled.get(daemonSet);
    if (!compiled) {
      compiled = compileDaemonSet(daemonSet);
      this.#compiled.set(daemonSet, compiled);
    }
    return compiled;
  }

  #hasReadyPod(node: string, owner: string): boolean {
    for (const pod of this.#context.reflector.cache('pods').find('byNode', node)) {
      if (controllerOf(pod.metadata)?.uid === owner && isReady(pod)) return true;
    }
    return false;
  }
}

const isReady = ({ status, metadata }: { status: Pod['status']; metadata: Stored<Pod>['metadata'] }): boolean =>
  metadata.deletionTimestamp === undefined && isPodReady({ status } as Pod);

const isRequired = ({ metadata }: Stored<DaemonSet>): boolean =>
  metadata.annotations?.[REQUIRED_AT_STARTUP_ANNOTATION] === 'true' && metadata.deletionTimestamp === undefined;

/** False for a change of the status alone. */
const affectsStart = ({ type, previous, current }: ObjectChange<Stored<DaemonSet>>): boolean =>
  type !== 'MODIFIED' ||
  previous?.record.metadata !== current.record.metadata ||
  previous?.record.desired !== current.record.desired;
