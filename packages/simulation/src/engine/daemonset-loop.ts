import {
  type ConditionView,
  DaemonSetState,
  decideActions,
  FAILED_REVISION_ANNOTATION,
  GOOD_REVISION_ANNOTATION,
  hashOf,
  isRolledOut,
  type Moment,
  overrideFor,
  type PodActions,
  type RollbackTarget,
  revisionHash,
  rollbackTarget,
  roomDemands,
  roomFaults,
  type Suspect,
  sameStatus,
  statusFrom,
  withOverride,
} from '@everynode/daemonset';
import {
  ApiError,
  type ControllerRevision,
  controllerOf,
  type DaemonSet,
  generatedName,
  keyOf,
  type Stored,
  timestamp,
} from '@everynode/objects';
import type { AdmissionFacts } from '@everynode/pod-admission';
import { historyOf, ownerReferenceTo, podNamePrefix, REVISION_LABEL, revisionData } from '@everynode/workloads';
import { updatedDaemonSet } from '../scenario/complete-object.js';
import { DaemonPods } from './daemon-pods.js';
import type { PodPlacement } from './pod-placement.js';
import { terminatePod } from './terminate-pod.js';
import type { NodeVersion, PodVersion } from './versions.js';
import type { VirtualClock } from './virtual-clock.js';
import { affectsPlacement, type ClusterListener, type VirtualCluster } from './virtual-cluster.js';

/** From a change to the pass that it asks for, in ms: what commits and messages take in a cluster that is not busy. */
const PASS_DELAY_MS = 20;
/** While pods come and go the status is set this often at most, in ms. */
const STATUS_INTERVAL_MS = 1000;
/** A refused creation is tried again after this, in ms, doubled each time up to the last. */
const RETRY_MS = 1000;
const RETRY_MAX_MS = 300_000;

const DAEMON_SET = { apiVersion: 'apps/v1', kind: 'DaemonSet' };

/** What a pass has done, for those who measure. */
interface PassListener {
  /** A pass begins to delete pods of an old revision; `actions` is all that it does. */
  onActions(key: string, actions: PodActions, state: DaemonSetState): void;
  onPassed(key: string, state: DaemonSetState): void;
  onStatus(key: string, view: ConditionView): void;
  onRollback(key: string, from: string, to: string): void;
  onRefusal(key: string, message: string): void;
}

export interface DaemonSetLoopOptions {
  clock: VirtualClock;
  cluster: VirtualCluster;
  placement: PodPlacement;
  /** What admission knows of a namespace. */
  factsOf: (namespace: string) => AdmissionFacts;
  /** Returns numbers from 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  /** Whether the node was heard of at this time or later, ms on the clock. */
  isHeardSince: (node: string, atMs: number) => boolean;
  listener: PassListener;
}

/** Makes the pods of each DaemonSet what it asks for: the decisions are those of the scheduler's controller. */
export class DaemonSetLoop implements ClusterListener {
  readonly #options: DaemonSetLoopOptions;
  readonly #states = new Map<string, DaemonSetState>();
  readonly #keyOf = new Map<string, string>();
  readonly #queued = new Map<string, { atMs: number; cancel: () => void }>();
  readonly #retries = new Map<string, number>();
  /** By key, with what they were made of. */
  readonly #pods = new Map<string, { of: readonly unknown[]; pods: DaemonPods }>();
  #made = 0;

  constructor(options: DaemonSetLoopOptions) {
    this.#options = options;
  }

  stateOf(key: string): DaemonSetState | undefined {
    return this.#states.get(key);
  }

  /** Whether a pass is due in a moment. Later ones only look at what time alone changes. */
  isQueued(key: string): boolean {
    const queued = this.#queued.get(key);
    return queued !== undefined && queued.atMs <= this.#options.clock.now() + PASS_DELAY_MS;
  }

  onPod(before: PodVersion | undefined, after: PodVersion | undefined): void {
    const uid = controllerOf((after ?? before)?.metadata ?? {})?.uid;
    const key = uid === undefined ? undefined : this.#keyOf.get(uid);
    const state = key === undefined ? undefined : this.#states.get(key);
    if (key === undefined || !state) return;
    if (after) state.putPod(after);
    else if (before) state.removePod(before.record.uid);
    this.#enqueue(key, PASS_DELAY_MS);
  }

  onNode(before: NodeVersion | undefined, after: NodeVersion | undefined): void {
    if (!affectsPlacement(before, after)) return;
    for (const [key, state] of this.#states) {
      state.markDirty((after ?? before)?.record.name ?? '');
      this.#enqueue(key, PASS_DELAY_MS);
    }
  }

  onDaemonSet({ object }: { object: Stored<DaemonSet> }): void {
    this.#keyOf.set(object.metadata.uid, keyOf(object.metadata));
    this.#enqueue(keyOf(object.metadata), PASS_DELAY_MS);
  }

  /** The earliest of the times that a pass is asked for at counts. */
  #enqueue(key: string, delayMs: number): void {
    const { clock } = this.#options;
    const atMs = clock.now() + delayMs;
    const queued = this.#queued.get(key);
    if (queued && queued.atMs <= atMs) return;
    queued?.cancel();
    const cancel = clock.after(delayMs, () => {
      this.#queued.delete(key);
      this.#reconcile(key);
    });
    this.#queued.set(key, { atMs, cancel });
  }

  #moment(): Moment {
    const { clock } = this.#options;
    return { wall: clock.wallTime(), steady: clock.now() };
  }

  #reconcile(key: string): void {
    const { cluster, listener } = this.#options;
    const version = cluster.daemonSet(key);
    if (!version) return;
    const moment = this.#moment();
    let state = this.#states.get(key);
    if (state) state.setDaemonSet(version);
    else {
      state = new DaemonSetState(key, version, cluster.caches, moment);
      this.#states.set(key, state);
    }
    if (state.revisionsDue) this.#syncRevision(state, version.object, moment);
    const due = state.assessDue(moment);
    const wanted = decideActions(state, due);
    const { createOn, nextInMs } = state.grantCreates(wanted.createOn, moment.wall);
    const actions = { createOn, deletes: wanted.deletes };
    if (createOn.length + actions.deletes.length > 0) {
      listener.onActions(key, actions, state);
      // What the pass itself changes makes the next one due.
      this.#act(key, state, version.object, actions);
    }
    listener.onPassed(key, state);
    const statusInMs = this.#settleStatus(key, state, moment);
    const nodeInMs = state.nextRecheckAt === undefined ? undefined : Math.max(0, state.nextRecheckAt - moment.wall);
    for (const inMs of [nextInMs, nodeInMs, statusInMs]) {
      if (inMs !== undefined && inMs !== Number.POSITIVE_INFINITY) this.#enqueue(key, Math.max(1, inMs));
    }
  }

  /** Finds the revision that equals the template, or makes it. Source: pkg/controller/daemon/update.go. */
  #syncRevision(state: DaemonSetState, daemonSet: Stored<DaemonSet>, moment: Moment): void {
    const { cluster } = this.#options;
    const { uid } = daemonSet.metadata;
    const { current, next } = historyOf(daemonSet, cluster.revisionsOf(uid));
    const hash = current ? hashOf(current) : revisionHash(daemonSet);
    if (!current) cluster.putRevision(uid, this.#newRevision(daemonSet, hash, next.revision, moment));
    else if (next.action === 'renumber') cluster.putRevision(uid, { ...current, revision: next.revision });
    state.setCurrentHash(hash, moment);
    state.revisionsDue = false;
  }

  #newRevision(
    daemonSet: Stored<DaemonSet>,
    hash: string,
    revision: number,
    { wall }: Moment,
  ): Stored<ControllerRevision> {
    const { name, namespace } = daemonSet.metadata;
    return {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        uid: this.#uid('revision'),
        creationTimestamp: timestamp(wall),
        labels: { ...daemonSet.spec?.template.metadata?.labels, [REVISION_LABEL]: hash },
        ownerReferences: [ownerReferenceTo(DAEMON_SET, daemonSet)],
      },
      data: revisionData(daemonSet),
      revision,
    };
  }

  /** The same ones in each run: what a pod does is drawn by its uid. */
  #uid(what: string): string {
    this.#made += 1;
    return `${what}-${this.#made}`;
  }

  #act(key: string, state: DaemonSetState, daemonSet: Stored<DaemonSet>, { createOn, deletes }: PodActions): void {
    const { cluster, clock } = this.#options;
    try {
      this.#create(state, daemonSet, createOn);
      this.#retries.delete(key);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#refused(key, state, createOn, error.message);
    }
    for (const { node, pod, reason } of deletes) {
      if (reason === 'failed') state.noteFailure(node, clock.wallTime());
      terminatePod(cluster, clock, pod.metadata?.uid ?? '');
    }
  }

  #create(state: DaemonSetState, daemonSet: Stored<DaemonSet>, nodes: readonly string[]): void {
    const { cluster, clock, placement, random } = this.#options;
    const pods = this.#podsOf(state, daemonSet);
    const bypasses = Boolean(daemonSet.spec?.template.spec?.nodeName);
    const prefix = podNamePrefix(daemonSet.metadata.name);
    const at = timestamp(clock.wallTime());
    for (const name of nodes) {
      const node = cluster.node(name)?.object;
      if (!node) continue;
      const pod = pods.podOn(node, { name: generatedName(prefix, random), uid: this.#uid('pod'), at });
      cluster.addPod(placement.placed(pod, node, bypasses));
    }
  }

  /** What the pods of a revision have in common is made once, as long as the DaemonSet stays as it is. */
  #podsOf(state: DaemonSetState, daemonSet: Stored<DaemonSet>): DaemonPods {
    const { spec, metadata } = daemonSet;
    const of = [spec, metadata, state.currentHash];
    const known = this.#pods.get(state.key);
    if (known?.of.every((part, at) => part === of[at])) return known.pods;
    const facts = this.#options.factsOf(metadata.namespace);
    const pods = new DaemonPods(daemonSet, state.currentHash, state.compiled.limits.overrides, facts);
    this.#pods.set(state.key, { of, pods });
    return pods;
  }

  #refused(key: string, state: DaemonSetState, nodes: readonly string[], message: string): void {
    const tries = this.#retries.get(key) ?? 0;
    this.#retries.set(key, tries + 1);
    this.#options.listener.onRefusal(key, message);
    for (const node of nodes) state.markDirty(node);
    // What the refused pass has changed would ask for the next one at once.
    this.#queued.get(key)?.cancel();
    this.#queued.delete(key);
    this.#enqueue(key, Math.min(RETRY_MS * 2 ** Math.min(tries, 20), RETRY_MAX_MS));
  }

  /** Sets the status as it is now, unless that was done a moment ago. Returns when time alone changes it, in ms. */
  #settleStatus(key: string, state: DaemonSetState, moment: Moment): number | undefined {
    const { cluster, listener } = this.#options;
    const daemonSet = cluster.daemonSet(key)?.object;
    if (!daemonSet) return undefined;
    const isAtRest = state.ledger.settled === state.ledger.desired && state.ledger.old === 0;
    const waitMs = state.statusWrittenAt + STATUS_INTERVAL_MS - moment.wall;
    if (!isAtRest && waitMs > 0) return waitMs;
    state.statusWrittenAt = moment.wall;
    const view = state.conditionView({
      now: moment,
      sightedSince: Number.NEGATIVE_INFINITY,
      isHeardSince: this.#options.isHeardSince,
    });
    const status = statusFrom(view, daemonSet.status);
    if (!daemonSet.status || !sameStatus(daemonSet.status, status)) cluster.setDaemonSetStatus(key, status);
    listener.onStatus(key, view);
    if (view.limits.rollback) this.#followUp(key, state, view);
    return view.progress.deadlineInMs;
  }

  /** Marks a revision as good once every node runs it, and puts the last good one back when it is stuck. */
  #followUp(key: string, state: DaemonSetState, view: ConditionView): void {
    const { cluster } = this.#options;
    const { ledger, progress } = view;
    const daemonSet = cluster.daemonSet(key)?.object;
    if (!daemonSet) return;
    const hash = state.currentHash;
    if (isRolledOut(view) && ledger.desired > 0) {
      if (daemonSet.metadata.annotations?.[GOOD_REVISION_ANNOTATION] !== hash) {
        this.#annotate(daemonSet, GOOD_REVISION_ANNOTATION, hash);
      }
      return;
    }
    if (!progress.isExceeded) return;
    const target = rollbackTarget(daemonSet, cluster.revisionsOf(state.uid), hash);
    if (target && progress.suspects.some((suspect) => this.#isAtFault(state, suspect, target))) {
      this.#rollBack(key, daemonSet, hash, target);
    }
  }

  /** Whether the revision is the cause, and not the node. */
  #isAtFault(state: DaemonSetState, { node: name, kind }: Suspect, { template }: RollbackTarget): boolean {
    const { cluster } = this.#options;
    if (kind === 'running') return true;
    const node = cluster.node(name)?.object;
    if (!node || !template.spec) return false;
    const spec = withOverride(template.spec, overrideFor(state.compiled.limits.overrides, node));
    return roomFaults(roomDemands(spec), { node, pods: cluster.occupants(name) }).length === 0;
  }

  #rollBack(key: string, daemonSet: Stored<DaemonSet>, failed: string, { hash, template }: RollbackTarget): void {
    const { cluster, listener } = this.#options;
    const { metadata, spec } = daemonSet;
    if (!spec) return;
    const annotations = { ...metadata.annotations, [FAILED_REVISION_ANNOTATION]: failed };
    const wanted = { ...daemonSet, metadata: { ...metadata, annotations }, spec: { ...spec, template } };
    cluster.putDaemonSet(updatedDaemonSet(daemonSet, wanted));
    listener.onRollback(key, failed, hash);
  }

  #annotate(daemonSet: Stored<DaemonSet>, name: string, value: string): void {
    const { metadata } = daemonSet;
    const annotations = { ...metadata.annotations, [name]: value };
    this.#options.cluster.putDaemonSet({ ...daemonSet, metadata: { ...metadata, annotations } }, 'metadata');
  }
}
