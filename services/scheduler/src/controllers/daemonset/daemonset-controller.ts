import type { ObjectCache, ReconcileResult } from '@everynode/list-watch';
import { type DaemonSet, isEmptySelector, type Stored } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { keysOf, ShardedQueue } from '../sharded-queue.js';
import { claimObjects } from './claim.js';
import { DaemonSetEvents } from './daemonset-events.js';
import { DaemonSetStates } from './daemonset-states.js';
import { followManifestApplied } from './follow-manifest-applied.js';
import { managePods } from './manage-pods.js';
import { ChangeHandler } from './on-changes.js';
import { Outages } from './outages.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';
import { syncRevision } from './revision-sync.js';
import { writeStatus } from './status-write.js';
import { thisMoment } from './this-moment.js';

/** DaemonSets that are reconciled at once. Upstream has two workers; here a reconcile mostly waits for commits. */
const WORKERS = 16;

/**
 * Makes each DaemonSet's pods what its manifest asks for. Events mark nodes as dirty and queue the DaemonSet; a
 * reconcile assesses the nodes that are due and acts on them. After its own writes it waits until the caches show them,
 * so the next one never acts twice on the same state.
 */
export class DaemonSetController implements Controller {
  readonly name = 'daemonset';
  readonly #context: StepContext;
  readonly #daemonSets: ObjectCache<Stored<DaemonSet>>;
  readonly #states: DaemonSetStates;
  readonly #queue: ShardedQueue;
  readonly #following: Promise<void>;

  /** `isHeardSince` tells of signs of life of nodes; undefined where this replica does not follow them. */
  constructor(context: SchedulerContext, isHeardSince: StepContext['isHeardSince']) {
    const { reflector, shards, recorder, bus, log } = context;
    this.#context = { ...context, events: new DaemonSetEvents(recorder), outages: new Outages(context), isHeardSince };
    this.#daemonSets = reflector.cache('daemonsets.apps');
    this.#states = new DaemonSetStates({ pods: reflector.cache('pods'), nodes: reflector.cache('nodes') });
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => keysOf(this.#daemonSets),
    });
    const handler = new ChangeHandler({
      states: this.#states,
      daemonSets: this.#daemonSets,
      enqueue: (key) => this.#queue.add(key),
    });
    reflector.addListener({ onChanges: (changes) => handler.handle(changes) });
    shards.addListener({ onLost: () => this.#states.retain((key) => this.#queue.isMine(key)) });
    this.#following = followManifestApplied(bus, log, (key) => this.#queue.add(key));
  }

  /** Call it when the signal has aborted. */
  async close(): Promise<void> {
    await this.#queue.close();
    await this.#following;
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const cached = this.#daemonSets.getByKey(key);
    if (!cached) {
      this.#states.delete(key);
      return undefined;
    }
    const daemonSet = cached.object;
    if (daemonSet.metadata.deletionTimestamp != null) return undefined;
    if (isEmptySelector(daemonSet.spec?.selector ?? {})) {
      this.#context.events.selectsAll(daemonSet);
      return undefined;
    }
    const moment = thisMoment();
    const state = this.#states.acquire(key, cached, moment);
    const pass: ReconcilePass = { daemonSet, cached, state, fence, now: moment.wall, moment };
    const prepared = Math.max(await claimObjects(this.#context, pass), await syncRevision(this.#context, pass));
    if (prepared > 0) {
      await caughtUp(this.#context, prepared);
      this.#queue.add(key);
      return undefined;
    }
    return this.#manageAndReport(key, pass);
  }

  /**
   * Manages pods and writes the status, also when managing fails: a refused pod must show in the counters. Of two
   * failures the first is thrown. Source: pkg/controller/daemon/daemon_controller.go, syncDaemonSet.
   */
  async #manageAndReport(key: string, pass: ReconcilePass): Promise<ReconcileResult> {
    const managed = await settle(managePods(this.#context, pass));
    const reported = await settle(writeStatus(this.#context, pass));
    if ('error' in managed) {
      // The wait after a refusal grows to minutes: a status that is held back for a moment must not wait for that.
      if ('value' in reported && reported.value) this.#queue.addAfter(key, reported.value.requeueAfterMs);
      throw managed.error;
    }
    if ('error' in reported) throw reported.error;
    return earlier(reported.value, managed.value);
  }
}

type Settled<T> = { value: T } | { error: unknown };

async function settle<T>(work: Promise<T>): Promise<Settled<T>> {
  return work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

function earlier(result: ReconcileResult, delayMs: number | undefined): ReconcileResult {
  if (delayMs === undefined) return result;
  return { requeueAfterMs: Math.min(delayMs, result?.requeueAfterMs ?? delayMs) };
}
