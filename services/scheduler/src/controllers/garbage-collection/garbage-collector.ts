import type { ReconcileResult } from '@everynode/list-watch';
import { resourceKeyOf } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { ShardedQueue } from '../sharded-queue.js';
import { collectObject, type StepContext } from './collect-object.js';
import { ChangeHandler } from './on-changes.js';
import { OwnerGraph } from './owner-graph.js';

/**
 * Objects that are reconciled at once. A reconcile waits until the caches show its commit, and many may be under way.
 */
const WORKERS = 2000;

/**
 * Deletes dependents whose owners are gone, finishes the foreground and orphaning deletion of owners, and removes pods
 * whose node is gone, and those without a node whose deletion has begun. Keys are resource, namespace and name.
 */
export class GarbageCollector implements Controller {
  readonly name = 'garbage-collector';
  readonly #context: StepContext;
  readonly #queue: ShardedQueue;

  constructor(context: SchedulerContext) {
    const { reflector, kinds } = context;
    const graph = new OwnerGraph(reflector, kinds);
    this.#context = { ...context, graph };
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => keysWithWork(graph),
    });
    const handler = new ChangeHandler({
      graph,
      pods: reflector.cache('pods'),
      enqueue: ({ record }) => this.#queue.add(resourceKeyOf(record)),
    });
    reflector.addListener({ onChanges: (changes) => handler.handle(changes) });
    // Owners of a kind that was not known counted as there.
    kinds.onDefined(() => {
      for (const key of keysWithWork(graph)) this.#queue.add(key);
    });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const { graph } = this.#context;
    const object = graph.find(key);
    if (!object) return undefined;
    await caughtUp(this.#context, await collectObject(this.#context, object, fence));
    // If the object had changed, the write may not have done what was meant.
    const after = graph.find(key);
    const hasChanged = after !== undefined && after.record.metadata !== object.record.metadata;
    if (hasChanged && graph.needsWork(after)) this.#queue.add(key);
    return undefined;
  }
}

function* keysWithWork(graph: OwnerGraph): Iterable<string> {
  for (const object of graph.objects()) if (graph.needsWork(object)) yield resourceKeyOf(object.record);
}
