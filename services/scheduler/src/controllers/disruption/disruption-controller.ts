import type { CachedObject, ObjectCache, ObjectChange, ReconcileResult } from '@everynode/list-watch';
import {
  DISRUPTION_TIMEOUT_MS,
  disruptionStatus,
  guards,
  isPodReady,
  keyOf,
  type Pod,
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
} from '@everynode/objects';
import type { Current, Decision, Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { ShardedQueue } from '../sharded-queue.js';

const BUDGETS = 'poddisruptionbudgets.policy';
const WORKERS = 4;

/** Keeps the status of disruption budgets: how many of the pods they guard may be evicted now. */
export class DisruptionController implements Controller {
  readonly name = 'disruption';
  readonly #context: SchedulerContext;
  readonly #queue: ShardedQueue;
  readonly #budgets: ObjectCache;

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#budgets = context.reflector.cache(BUDGETS);
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => [...this.#budgets.list()].map(({ record }) => keyOf(record)),
    });
    context.reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #onChanges(changes: ObjectChange[]): void {
    for (const { type, previous, current } of changes) {
      const { record } = current;
      if (record.resource === BUDGETS && type !== 'DELETED') this.#queue.add(keyOf(record));
      if (record.resource !== 'pods') continue;
      // Few namespaces have budgets, and all have pods.
      const budgets = [...this.#budgets.list(record.namespace)];
      if (budgets.length === 0 || !bearsOnBudgets(previous, current, type)) continue;
      for (const budget of budgets) {
        if ([previous, current].some((pod) => pod && guards(budgetOf(budget), pod.object as Pod))) {
          this.#queue.add(keyOf(budget.record));
        }
      }
    }
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const cached = this.#budgets.getByKey(key);
    if (!cached) return undefined;
    const { namespace } = cached.record;
    const budget = budgetOf(cached);
    const now = Date.now();
    const guarded = [...this.#context.reflector.cache('pods').list(namespace)]
      .map(({ object }) => object as Pod)
      .filter((pod) => guards(budget, pod));
    await this.#context.store.write({
      key: cached.record,
      reads: 'observed',
      fence,
      decide: (current) => decideStatus(current, cached, guarded, now),
    });
    // Evictions that came to nothing are given back by time alone.
    return budget.status?.disruptedPods ? { requeueAfterMs: DISRUPTION_TIMEOUT_MS } : undefined;
  }
}

const budgetOf = ({ object }: CachedObject): PodDisruptionBudget => object as unknown as PodDisruptionBudget;

function bearsOnBudgets(
  previous: CachedObject | undefined,
  current: CachedObject,
  type: ObjectChange['type'],
): boolean {
  if (!previous || type !== 'MODIFIED') return true;
  const [before, after] = [previous.object as Pod, current.object as Pod];
  return (
    isPodReady(before) !== isPodReady(after) ||
    before.metadata?.deletionTimestamp !== after.metadata?.deletionTimestamp ||
    JSON.stringify(before.metadata?.labels) !== JSON.stringify(after.metadata?.labels)
  );
}

/** The stored status may know of evictions that the cache does not. */
function decideStatus(
  current: Current<'observed'> | undefined,
  cached: CachedObject,
  guarded: Pod[],
  now: number,
): Decision {
  if (current?.uid !== cached.record.uid) return { kind: 'keep' };
  const stored = current.observed ? (JSON.parse(current.observed) as PodDisruptionBudgetStatus) : undefined;
  const status = disruptionStatus({ ...budgetOf(cached), ...(stored && { status: stored }) }, guarded, now);
  const text = JSON.stringify(status);
  return text === current.observed ? { kind: 'keep' } : { kind: 'update', parts: { observed: text } };
}
