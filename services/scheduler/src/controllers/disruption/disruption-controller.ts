import { isChangeOf, type ObjectCache, type ObjectChange, type ReconcileResult } from '@everynode/list-watch';
import {
  DISRUPTION_TIMEOUT_MS,
  guards,
  isPodReady,
  keyOf,
  type Pod,
  type PodDisruptionBudget,
  type Stored,
} from '@everynode/objects';
import type { Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { keysOf, ShardedQueue } from '../sharded-queue.js';
import { decideBudgetStatus } from './decide-budget-status.js';

const WORKERS = 4;

/** Keeps the status of disruption budgets: how many of the pods they guard may be evicted now. */
export class DisruptionController implements Controller {
  readonly name = 'disruption';
  readonly #context: SchedulerContext;
  readonly #queue: ShardedQueue;
  readonly #budgets: ObjectCache<Stored<PodDisruptionBudget>>;

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#budgets = context.reflector.cache('poddisruptionbudgets.policy');
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => keysOf(this.#budgets),
    });
    context.reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #onChanges(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      if (isChangeOf(change, 'pods')) this.#onPod(change);
      else if (isChangeOf(change, 'poddisruptionbudgets.policy') && change.type !== 'DELETED') {
        this.#queue.add(keyOf(change.current.record));
      }
    }
  }

  #onPod(change: ObjectChange<Stored<Pod>>): void {
    const { previous, current } = change;
    // Few namespaces have budgets, and all have pods.
    const budgets = [...this.#budgets.list(current.record.namespace)];
    if (budgets.length === 0 || !affectsBudgets(change)) return;
    for (const { object: budget, record } of budgets) {
      const isGuarded = [previous, current].some((pod) => pod && guards(budget, pod.object));
      if (isGuarded) this.#queue.add(keyOf(record));
    }
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const cached = this.#budgets.getByKey(key);
    if (!cached) return undefined;
    const budget = cached.object;
    const now = Date.now();
    const pods = this.#context.reflector.cache('pods').list(cached.record.namespace);
    const guarded = Array.from(pods, ({ object }) => object).filter((pod) => guards(budget, pod));
    await this.#context.store.write({
      key: cached.record,
      reads: 'observed',
      fence,
      decide: (current) => decideBudgetStatus(current, budget, guarded, now),
    });
    // An eviction that did not happen is taken off the status by time only.
    return budget.status?.disruptedPods ? { requeueAfterMs: DISRUPTION_TIMEOUT_MS } : undefined;
  }
}

/** True when a change of a pod may change what a budget allows. */
function affectsBudgets({ type, previous, current }: ObjectChange<Stored<Pod>>): boolean {
  if (!previous || type !== 'MODIFIED') return true;
  return (
    isPodReady(previous.object) !== isPodReady(current.object) ||
    previous.metadata.deletionTimestamp !== current.metadata.deletionTimestamp ||
    JSON.stringify(previous.metadata.labels) !== JSON.stringify(current.metadata.labels)
  );
}
