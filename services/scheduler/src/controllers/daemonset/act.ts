import type { PodActions, PodDeletion } from '@everynode/daemonset';
import type { ApiError, DaemonSet, Stored } from '@everynode/objects';
import { admissionFactsOf } from '@everynode/pod-admission';
import { scheduledEvent } from '../../events/scheduled-event.js';
import { clusterView } from '../../placement/cluster-view.js';
import { decideTermination } from '../../pod-termination/terminate-pod.js';
import { isRefusal } from '../reconcile-backoff.js';
import { isOpen } from '../workloads/open-namespace.js';
import { DaemonPodFactory } from './daemon-pod-factory.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';

/**
 * Creates and deletes pods. All writes are tried, whatever becomes of one of them. The uids of created pods are added
 * to `reserved`: the caller releases their capacity.
 *
 * A refusal is recorded as an event of the DaemonSet, because a user has to mend it. An outage is not.
 * The failure is an outage when there is one, else the first refusal: it decides when the DaemonSet is tried again, and
 * an outage is over sooner.
 */
export async function act(
  context: StepContext,
  pass: ReconcilePass,
  { createOn, deletes }: PodActions,
  reserved: string[],
): Promise<ActOutcome> {
  // Both begin in the same turn, so that their writes meet in one group commit.
  const [created, deleted] = await Promise.all([
    Promise.allSettled(createPods(context, pass, createOn, reserved)),
    Promise.allSettled(deletes.map((deletion) => deletePod(context, pass, deletion))),
  ]);
  const { events } = context;
  reportRefusal(pass.daemonSet, created, (daemonSet, error) => events.createRefused(daemonSet, error));
  reportRefusal(pass.daemonSet, deleted, (daemonSet, error) => events.deleteRefused(daemonSet, error));
  return outcomeOf([...created, ...deleted]);
}

/** What was written beside a failure must show in the caches before the next pass, or it would be done twice. */
interface ActOutcome {
  /** The last revision that was written, 0 for none. */
  written: number;
  failure?: unknown;
}

function outcomeOf(outcomes: readonly PromiseSettledResult<number>[]): ActOutcome {
  let written = 0;
  let refusal: PromiseRejectedResult | undefined;
  let outage: PromiseRejectedResult | undefined;
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') written = Math.max(written, outcome.value);
    else if (isRefusal(outcome.reason)) refusal ??= outcome;
    else outage ??= outcome;
  }
  const failed = outage ?? refusal;
  return failed ? { written, failure: failed.reason } : { written };
}

/** Thousands of pods are refused for one reason, so one event is enough. */
function reportRefusal(
  daemonSet: Stored<DaemonSet>,
  outcomes: readonly PromiseSettledResult<number>[],
  report: (daemonSet: Stored<DaemonSet>, error: ApiError) => void,
): void {
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled' || !isRefusal(outcome.reason)) continue;
    report(daemonSet, outcome.reason);
    return;
  }
}

function createPods(
  { store, reflector, capacity, recorder, podSecurityExemptions, events }: StepContext,
  { daemonSet, state, fence, now }: ReconcilePass,
  nodes: readonly string[],
  reserved: string[],
): Promise<number>[] {
  const { namespace } = daemonSet.metadata;
  if (nodes.length === 0 || !isOpen({ reflector }, namespace)) return [];
  const nodeCache = reflector.cache('nodes');
  const { overrides } = state.compiled.limits;
  const factory = new DaemonPodFactory({
    daemonSet,
    hash: state.currentHash,
    overrides,
    capacity,
    view: clusterView({ reflector, capacity }, namespace),
    admission: admissionFactsOf(reflector, namespace, podSecurityExemptions),
    now,
  });
  return nodes.map(async (node) => {
    const labelled = nodeCache.get('', node)?.object;
    const { name, uid, revision, bound } = await factory.createOn(node, labelled, fence, store);
    reserved.push(uid);
    events.created(daemonSet, name);
    if (bound) recorder.record(scheduledEvent({ namespace, name, uid }, node));
    return revision;
  });
}

async function deletePod(
  { store, events }: StepContext,
  { daemonSet, state, fence, now }: ReconcilePass,
  { node, pod, reason }: PodDeletion,
): Promise<number> {
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
  if (reason === 'failed') {
    state.noteFailure(node, now);
    events.foundFailed(daemonSet, { namespace, name, node });
  }
  const result = await store.write({
    key: { resource: 'pods', namespace, name },
    reads: 'all',
    fence,
    decide: (current) => decideTermination(current, uid, now),
  });
  if (result.outcome === 'kept') return 0;
  if (reason === 'succeeded') events.foundSucceeded(daemonSet, { namespace, name, node });
  events.deleted(daemonSet, name);
  return result.revision;
}
