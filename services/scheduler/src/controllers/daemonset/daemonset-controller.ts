import {
  type ConditionView,
  claimOf,
  type DeleteReason,
  deadlineAt,
  GOOD_REVISION_ANNOTATION,
  hashOf,
  isPastDeadline,
  isRolledOut,
  ownerReferenceTo,
  permissionOf,
  REVISION_LABEL,
  takeCreates,
  trimHistory,
} from '@everynode/daemonset';
import { type CachedObject, type ObjectChange, type ReconcileResult, Workqueue } from '@everynode/list-watch';
import {
  ApiError,
  type ControllerRevision,
  controllerOf,
  type DaemonSet,
  type DaemonSetStatus,
  isEmptySelector,
  keyOf,
  type Node,
  type Pod,
  priorityClassIn,
} from '@everynode/objects';
import { editMetadata, type Fence, FencedError, type WriteRequest } from '@everynode/store';
import { decideTermination } from '../../pod-termination/terminate-pod.js';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { DaemonPodFactory } from './daemon-pods.js';
import { DaemonSetState } from './daemonset-state.js';
import { decideAdoption, decideRelease } from './decide-ownership.js';
import { decideMark, decideRollback, type RollbackTarget, rollbackTarget } from './decide-rollback.js';
import { decideStatus, isAtRest, newlyToldOf, sameStatus, statusFrom } from './decide-status.js';
import { bearsOnPlacement } from './pods-by-node.js';
import { HashCollisionError, keyOfRevision, REVISIONS, syncCurrentRevision } from './revision-sync.js';

const DAEMONSETS = 'daemonsets.apps';
const COMPONENT = 'daemonset-controller';
/** DaemonSets that are worked on at once. Upstream has two workers; here a pass mostly waits for commits. */
const WORKERS = 16;
/** While pods come and go the status is written this often at most, in ms; where they come to rest, at once. */
const STATUS_INTERVAL_MS = 200;

/** One pass over one DaemonSet. */
interface Pass {
  daemonSet: DaemonSet;
  cached: CachedObject;
  state: DaemonSetState;
  fence: Fence;
  now: number;
  /** Uids of pods whose capacity is reserved until the caches show them. */
  reserved: string[];
}

/**
 * Makes each DaemonSet's pods what its manifest says. Events mark nodes as due and queue the DaemonSet; a pass assesses
 * the nodes that are due and acts on what it finds. After its own writes a pass waits until the caches have them, so the
 * next one never acts twice on the same state (upstream's expectations, by revision instead of by count).
 */
export class DaemonSetController implements Controller {
  readonly name = COMPONENT;
  readonly #context: SchedulerContext;
  readonly #queue: Workqueue;
  readonly #states = new Map<string, DaemonSetState>();
  readonly #keys = new Map<string, string>();
  readonly #statusWrittenAt = new Map<string, number>();

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#queue = new Workqueue({
      workers: WORKERS,
      reconcile: (key) => this.#reconcile(key),
      onError: (key, err, failures) => this.#onError(key, err, failures),
    });
    context.reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
    context.shards.addListener({
      onTaken: () => {
        for (const { record } of context.reflector.cache(DAEMONSETS).list()) this.lookAt(keyOf(record));
      },
      onLost: () => {
        for (const key of [...this.#states.keys()]) if (!context.shards.isMine(key)) this.#forget(key);
      },
    });
  }

  /** Looks at a DaemonSet again: somebody says that it has changed. */
  lookAt(key: string): void {
    if (this.#context.shards.isMine(key)) this.#queue.add(key);
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #onError(key: string, err: unknown, failures: number): void {
    if (err instanceof FencedError) {
      this.#forget(key);
      return;
    }
    this.#context.log.warn({ err, daemonSet: key, failures }, 'a DaemonSet could not be reconciled');
  }

  #forget(key: string): void {
    const state = this.#states.get(key);
    if (state) this.#keys.delete(state.uid);
    this.#states.delete(key);
    this.#statusWrittenAt.delete(key);
    this.#queue.drop(key);
  }

  #onChanges(changes: ObjectChange[]): void {
    for (const change of changes) {
      switch (change.current.record.resource) {
        case DAEMONSETS:
          this.lookAt(keyOf(change.current.record));
          break;
        case 'pods':
          this.#onPod(change);
          break;
        case 'nodes':
          this.#onNode(change);
          break;
        case REVISIONS:
          this.#onRevision(change);
          break;
      }
    }
  }

  #stateOf(object: CachedObject | undefined): [key: string, state: DaemonSetState] | undefined {
    const owner = object && controllerOf(object.metadata);
    const key = owner && this.#keys.get(owner.uid);
    const state = key === undefined ? undefined : this.#states.get(key);
    return key !== undefined && state ? [key, state] : undefined;
  }

  #onPod({ type, previous, current }: ObjectChange): void {
    const before = this.#stateOf(previous);
    const after = type === 'DELETED' ? undefined : this.#stateOf(current);
    if (before && before[1] !== after?.[1]) {
      before[1].removePod(current.record.uid);
      this.#queue.add(before[0]);
    }
    if (after) {
      const [key, state] = after;
      state.putPod(current);
      const isAsLabelled = previous?.record.metadata === current.record.metadata;
      if (!isAsLabelled && state.mustRelease(current)) state.claimsDue = true;
      this.#queue.add(key);
    }
    if (!after && type !== 'DELETED') this.#onOrphan(current);
  }

  /** A pod or revision without a controller may be one that a DaemonSet of its namespace selects. */
  #onOrphan(object: CachedObject): void {
    if (controllerOf(object.metadata)) return;
    for (const { record, object: daemonSet } of this.#context.reflector
      .cache(DAEMONSETS)
      .list(object.record.namespace)) {
      const key = keyOf(record);
      const state = this.#states.get(key);
      if (!state || claimOf(daemonSet as DaemonSet, object) !== 'adopt') continue;
      state.claimsDue = true;
      this.#queue.add(key);
    }
  }

  #onNode(change: ObjectChange): void {
    if (!bearsOnPlacement(change)) return;
    for (const [key, state] of this.#states) {
      state.lookAt(change.current.record.name);
      this.#queue.add(key);
    }
  }

  #onRevision({ type, previous, current }: ObjectChange): void {
    for (const found of [this.#stateOf(previous), this.#stateOf(current)]) {
      if (!found) continue;
      found[1].revisionsDue = true;
      this.#queue.add(found[0]);
    }
    if (type !== 'DELETED') this.#onOrphan(current);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const { reflector, shards } = this.#context;
    const fence = shards.fenceFor(key);
    const [namespace = '', name = ''] = key.split('/');
    const cached = reflector.cache(DAEMONSETS).get(namespace, name);
    if (!fence || !cached) {
      this.#forget(key);
      return undefined;
    }
    const daemonSet = cached.object as DaemonSet;
    if (daemonSet.metadata?.deletionTimestamp != null) return undefined;
    if (isEmptySelector(daemonSet.spec?.selector ?? {})) {
      this.#record(
        daemonSet,
        'Warning',
        'SelectingAll',
        'This daemon set is selecting all pods. A non-empty selector is required.',
      );
      return undefined;
    }
    const pass: Pass = { daemonSet, cached, state: this.#takeState(key, cached), fence, now: Date.now(), reserved: [] };
    pass.state.take(cached);

    const prepared = Math.max(await this.#claim(pass), await this.#syncRevision(pass));
    if (prepared > 0) {
      await this.#waitFor(prepared);
      this.#queue.add(key);
      return undefined;
    }
    const throttledMs = await this.#runDaemons(pass);
    const result = await this.#writeStatus(key, pass);
    return throttledMs === undefined
      ? result
      : { requeueAfterMs: Math.min(throttledMs, result?.requeueAfterMs ?? throttledMs) };
  }

  #takeState(key: string, cached: CachedObject): DaemonSetState {
    const known = this.#states.get(key);
    if (known?.uid === cached.record.uid) return known;
    if (known) this.#forget(key);
    const { reflector } = this.#context;
    const state = new DaemonSetState(cached.record.uid, {
      pods: reflector.cache('pods'),
      nodes: reflector.cache('nodes'),
    });
    this.#states.set(key, state);
    this.#keys.set(state.uid, key);
    return state;
  }

  /** Adopts and releases pods and revisions. Gives the last revision it wrote, 0 for none. */
  async #claim({ daemonSet, cached, state, fence }: Pass): Promise<number> {
    if (!state.claimsDue) return 0;
    const { reflector, store } = this.#context;
    const owner = ownerReferenceTo(daemonSet);
    const requests: WriteRequest<'all'>[] = [];
    for (const resource of ['pods', REVISIONS] as const) {
      for (const object of reflector.cache(resource).list(cached.record.namespace)) {
        const claim = claimOf(daemonSet, object);
        if (claim !== 'adopt' && claim !== 'release') continue;
        const { namespace, name, uid } = object.record;
        requests.push({
          key: { resource, namespace, name },
          reads: 'all',
          fence,
          decide: (current) =>
            claim === 'adopt' ? decideAdoption(current, uid, owner) : decideRelease(current, uid, state.uid),
        });
      }
    }
    state.claimsDue = false;
    if (requests.length === 0) return 0;
    try {
      // The cache may be behind: a DaemonSet that was deleted or made anew must not adopt.
      const stored = await store.get(DAEMONSETS, cached.record.namespace, cached.record.name);
      if (stored?.uid !== cached.record.uid || stored.metadata.includes('"deletionTimestamp"')) {
        throw new Error('the DaemonSet is not what it was any more');
      }
      const results = await Promise.all(requests.map((request) => store.write(request)));
      return Math.max(...results.map((result) => (result.outcome === 'kept' ? 0 : result.revision)));
    } catch (error) {
      state.claimsDue = true;
      throw error;
    }
  }

  async #syncRevision(pass: Pass): Promise<number> {
    const { state, daemonSet, fence, now } = pass;
    if (!state.revisionsDue) return 0;
    const { store } = this.#context;
    const revisions = this.#revisionsOf(state);
    try {
      const { hash, history, written } = await syncCurrentRevision(store, daemonSet, revisions, fence, now);
      if (written > 0) return written;
      state.hash = hash;
      state.revisionsDue = false;
      return await this.#dropDuplicates(pass, history.duplicates, hash);
    } catch (error) {
      if (error instanceof HashCollisionError) await this.#countCollision(pass);
      throw error;
    }
  }

  /** Relabels the pods of revisions that equal the current one, then deletes those revisions. */
  async #dropDuplicates(pass: Pass, duplicates: ControllerRevision[], hash: string): Promise<number> {
    if (duplicates.length === 0) return 0;
    const { store } = this.#context;
    const hashes = new Set(duplicates.map(hashOf));
    const stale = [...pass.state.pods.all()].filter(({ metadata }) =>
      hashes.has(metadata.labels?.[REVISION_LABEL] ?? ''),
    );
    await Promise.all(
      stale.map(({ record }) =>
        store.write({
          key: record,
          reads: 'all',
          fence: pass.fence,
          decide: (current) => {
            if (current?.uid !== record.uid) return { kind: 'keep' };
            return editMetadata(current, (metadata) => ({
              ...metadata,
              labels: { ...metadata.labels, [REVISION_LABEL]: hash },
            }));
          },
        }),
      ),
    );
    return await this.#deleteRevisions(
      pass,
      duplicates.map((duplicate) => duplicate.metadata?.name ?? ''),
    );
  }

  async #deleteRevisions({ daemonSet, fence }: Pass, names: string[]): Promise<number> {
    const results = await Promise.all(
      names.map((name) =>
        this.#context.store.write({
          key: keyOfRevision(daemonSet, name),
          reads: 'head',
          fence,
          decide: (current) => ({ kind: current ? 'delete' : 'keep' }),
        }),
      ),
    );
    return Math.max(0, ...results.map((result) => result.revision));
  }

  async #countCollision({ daemonSet, cached, fence }: Pass): Promise<void> {
    const used = daemonSet.status?.collisionCount ?? 0;
    await this.#context.store.write({
      key: cached.record,
      reads: 'observed',
      fence,
      decide: (current) =>
        decideStatus(current, cached.record.uid, (stored) => ({
          ...(stored as DaemonSetStatus),
          collisionCount: Math.max(stored?.collisionCount ?? 0, used + 1),
        })),
    });
  }

  /**
   * Assesses what is due, creates and deletes, and moves a rollout on. Returns when the caches have what it wrote: how long
   * creations have to wait for the owner's rate, in ms.
   */
  async #runDaemons(pass: Pass): Promise<number | undefined> {
    const { state, cached, daemonSet } = pass;
    const compiled = state.take(cached);
    const due = state.assessDue(compiled, pass.now);
    const wanted = this.#actionsFor(pass, due);
    const { deletes } = wanted;
    const { createOn, nextInMs } = this.#throttle(pass, wanted.createOn);
    try {
      const written = await this.#act(pass, createOn, deletes);
      await this.#waitFor(written);
      if (written === 0) await this.#trim(pass);
      return nextInMs;
    } catch (error) {
      this.#tellIfRefused(daemonSet, error);
      // Nobody will say that these are due: nothing has changed.
      for (const node of due) state.lookAt(node);
      for (const { node } of deletes) state.lookAt(node);
      throw error;
    } finally {
      for (const uid of pass.reserved) this.#context.capacity.release(uid);
    }
  }

  /** Nodes that wait for the owner's rate stay due. */
  #throttle({ state, cached, now }: Pass, wanted: string[]): { createOn: string[]; nextInMs: number | undefined } {
    const { createsPerMinute } = state.take(cached).limits;
    const { granted, allowance, nextInMs } = takeCreates(state.allowance, createsPerMinute, wanted.length, now);
    state.allowance = allowance;
    for (const node of wanted.slice(granted)) state.lookAt(node);
    return { createOn: wanted.slice(0, granted), nextInMs };
  }

  /** What keeps pods from being made at all is the user's to mend. */
  #tellIfRefused(daemonSet: DaemonSet, error: unknown): void {
    if (error instanceof ApiError)
      this.#record(daemonSet, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
  }

  /** Managing goes first; a rollout moves on only from a state in which nothing is left to manage. */
  #actionsFor({ state, cached, daemonSet }: Pass, due: string[]): Actions {
    const actions: Actions = { createOn: [], deletes: [] };
    const { limits } = state.take(cached);
    const permission = permissionOf({ ledger: state.ledger, limits, currentHash: state.hash });
    // When it is let go, its annotations have changed, and every node is looked at again.
    if (!permission.mayManage) return actions;
    for (const node of due) {
      const assessment = state.ledger.get(node);
      if (!assessment) continue;
      if (assessment.create) actions.createOn.push(node);
      for (const { pod, reason } of assessment.deletes) actions.deletes.push({ node, pod, reason });
    }
    if (actions.createOn.length > 0 || actions.deletes.length > 0) return actions;
    const { deletes, createOn } = state.ledger.decide(daemonSet.spec?.updateStrategy, permission);
    return { createOn, deletes: deletes.map(({ node, pod }) => ({ node, pod, reason: 'update' })) };
  }

  async #act(pass: Pass, createOn: string[], deletes: Actions['deletes']): Promise<number> {
    const { daemonSet, fence, now } = pass;
    const { store, reflector } = this.#context;
    const factory = createOn.length > 0 ? this.#factoryFor(pass) : undefined;
    const writes = [
      ...createOn.map(async (node) => {
        if (!factory) return 0;
        const labelled = reflector.cache('nodes').get('', node)?.object as Node | undefined;
        const { name, uid, revision, bound } = await factory.createOn(node, labelled, fence, store);
        pass.reserved.push(uid);
        this.#record(daemonSet, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`);
        if (bound) this.#recordScheduled(daemonSet, name, uid, node);
        return revision;
      }),
      ...deletes.map(async ({ node, pod, reason }) => {
        if (reason === 'failed') this.#noteFailure(pass, node, pod);
        const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
        const result = await store.write({
          key: { resource: 'pods', namespace, name },
          reads: 'all',
          fence,
          decide: (current) => decideTermination(current, uid, now),
        });
        if (result.outcome === 'kept') return 0;
        if (reason === 'succeeded') {
          const message = `Found succeeded daemon pod ${namespace}/${name} on node ${node}, will try to delete it`;
          this.#record(daemonSet, 'Normal', 'SucceededDaemonPod', message);
        }
        this.#record(daemonSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
        return result.revision;
      }),
    ];
    // All are tried, whatever becomes of one; the first error is the pass's.
    const outcomes = await Promise.allSettled(writes);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    return Math.max(0, ...outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 0)));
  }

  #factoryFor({ daemonSet, cached, state, now }: Pass): DaemonPodFactory {
    const { reflector, capacity } = this.#context;
    const classes = reflector.cache('priorityclasses.scheduling.k8s.io');
    const { overrides } = state.take(cached).limits;
    const find = (name: string | undefined) => priorityClassIn(classes, name);
    return new DaemonPodFactory(daemonSet, state.hash, overrides, capacity, find, now);
  }

  #noteFailure({ state, daemonSet, now }: Pass, node: string, pod: Pod): void {
    const { namespace, name } = pod.metadata ?? {};
    state.backoff.note(state.backoffKey(node), now);
    const message = `Found failed daemon pod ${namespace}/${name} on node ${node}, will try to kill it`;
    this.#record(daemonSet, 'Warning', 'FailedDaemonPod', message);
  }

  async #trim(pass: Pass): Promise<void> {
    const { state, daemonSet } = pass;
    const limit = daemonSet.spec?.revisionHistoryLimit ?? 10;
    const old = this.#revisionsOf(state).filter((revision) => hashOf(revision) !== state.hash);
    if (old.length <= limit) return;
    const live = new Set<string>();
    for (const pod of state.pods.all()) live.add(pod.metadata.labels?.[REVISION_LABEL] ?? '');
    const names = trimHistory(
      old.map((revision) => ({
        name: revision.metadata?.name ?? '',
        revision: revision.revision,
        hash: hashOf(revision),
      })),
      limit,
      live,
    );
    await this.#deleteRevisions(pass, names);
  }

  async #writeStatus(key: string, pass: Pass): Promise<ReconcileResult> {
    const { cached, daemonSet, fence, state } = pass;
    const now = Date.now();
    const view = state.conditionView(cached, now);
    const statusOf = (stored: DaemonSetStatus | undefined) => statusFrom(view, stored);
    const recheckAt = Math.min(state.nextRecheckAt ?? Infinity, deadlineAt(view) ?? Infinity);
    const recheck = recheckAt === Infinity ? undefined : { requeueAfterMs: Math.max(0, recheckAt - now) };
    const status = statusOf(daemonSet.status);
    if (daemonSet.status && sameStatus(daemonSet.status, status)) {
      await this.#followUp(pass, view, false);
      return recheck;
    }
    const dueAt = isAtRest(status) ? 0 : (this.#statusWrittenAt.get(key) ?? 0) + STATUS_INTERVAL_MS;
    const waitMs = dueAt - now;
    if (waitMs > 0) return { requeueAfterMs: Math.min(waitMs, recheck?.requeueAfterMs ?? waitMs) };
    this.#statusWrittenAt.set(key, now);
    await this.#context.store.write({
      key: cached.record,
      reads: 'observed',
      fence,
      decide: (current) => decideStatus(current, cached.record.uid, statusOf),
    });
    const news = newlyToldOf(daemonSet.status?.conditions, status.conditions);
    for (const { type, reason, message } of news) this.#record(daemonSet, type, reason, message);
    await this.#followUp(
      pass,
      view,
      news.some(({ reason }) => reason === 'ProgressDeadlineExceeded'),
    );
    return recheck;
  }

  /** What follows from how a rollout went: the revision is marked as good, or rolled back. */
  async #followUp({ daemonSet, cached, fence, state }: Pass, view: ConditionView, firstTime: boolean): Promise<void> {
    if (!view.limits.rollback) return;
    const write = (decide: WriteRequest<'all'>['decide']) =>
      this.#context.store.write({ key: cached.record, reads: 'all', fence, decide });
    if (isRolledOut(view)) {
      if (daemonSet.metadata?.annotations?.[GOOD_REVISION_ANNOTATION] === state.hash) return;
      await write((current) => decideMark(current, cached.record.uid, state.hash));
      return;
    }
    if (!isPastDeadline(view)) return;
    const target = rollbackTarget(daemonSet, this.#revisionsOf(state), state.hash);
    if (!target) {
      if (!firstTime) return;
      this.#record(daemonSet, 'Warning', 'RollbackImpossible', 'There is no good revision to go back to');
      return;
    }
    const result = await write((current) => decideRollback(current, daemonSet, target, state.hash));
    if (result.outcome === 'kept') return;
    this.#record(daemonSet, 'Warning', 'RolledBack', rollbackMessage(state.hash, target));
  }

  #revisionsOf({ uid }: DaemonSetState): ControllerRevision[] {
    return [...this.#context.reflector.cache(REVISIONS).find('byOwner', uid)].map(
      ({ object }) => object as unknown as ControllerRevision,
    );
  }

  /** Until the caches have what was written, or the service stops. */
  async #waitFor(revision: number): Promise<void> {
    if (revision === 0) return;
    const { reflector, signal } = this.#context;
    let stop: (() => void) | undefined;
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
      signal.addEventListener('abort', resolve as () => void, { once: true });
    });
    await Promise.race([reflector.waitFor(revision), stopped]);
    if (stop) signal.removeEventListener('abort', stop);
  }

  #record(daemonSet: DaemonSet, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { name = '', namespace = '', uid = '' } = daemonSet.metadata ?? {};
    this.#context.recorder.record({
      subject: { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace, name, uid },
      type,
      reason,
      message,
      component: COMPONENT,
    });
  }

  #recordScheduled(daemonSet: DaemonSet, pod: string, uid: string, node: string): void {
    const { namespace = '' } = daemonSet.metadata ?? {};
    this.#context.recorder.record({
      subject: { apiVersion: 'v1', kind: 'Pod', namespace, name: pod, uid },
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${namespace}/${pod} to ${node}`,
      component: 'default-scheduler',
    });
  }
}

interface Actions {
  createOn: string[];
  deletes: { node: string; pod: Pod; reason: DeleteReason | 'update' }[];
}

function rollbackMessage(failed: string, { hash, revision }: RollbackTarget): string {
  return `Rolled back from revision ${failed}, which made no progress, to revision ${revision} (${hash})`;
}
