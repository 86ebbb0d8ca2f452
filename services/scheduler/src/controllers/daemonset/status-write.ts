import { type ConditionView, isAtRest, sameStatus, statusFrom } from '@everynode/daemonset';
import type { ReconcileResult } from '@everynode/list-watch';
import type { DaemonSetStatus } from '@everynode/objects';
import { conditionEvents } from './condition-events.js';
import { confirmVerdict } from './confirm-verdict.js';
import { decideStatus } from './decide-status.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';
import { followUp } from './rollback.js';
import { thisMoment } from './this-moment.js';

/** While pods come and go the status is written this often at most, in ms; once they are at rest, at once. */
const STATUS_INTERVAL_MS = 200;

/**
 * Writes the status if it has changed, records events of its conditions, and marks the revision as good or rolls it
 * back where the owner asks for that. Returns when time alone changes the status next.
 */
export async function writeStatus(context: StepContext, pass: ReconcilePass): Promise<ReconcileResult> {
  const { cached, daemonSet, fence, state } = pass;
  const moment = thisMoment();
  const now = moment.wall;
  const { outages, isHeardSince } = context;
  const view = state.conditionView({ now: moment, sightedSince: outages.lastAt, isHeardSince });
  if (view.progress.isExceeded && !(await confirmVerdict(context, pass, view.progress))) return { requeueAfterMs: 0 };
  const statusOf = (stored: DaemonSetStatus | undefined) => statusFrom(view, stored);
  const recheck = recheckOf(view, state.nextRecheckAt);
  const status = statusOf(daemonSet.status);
  if (daemonSet.status && sameStatus(daemonSet.status, status)) {
    await followUp(context, pass, view, { isNewlyStuck: false });
    return recheck;
  }
  const waitMs = isAtRest(status) ? 0 : state.statusWrittenAt + STATUS_INTERVAL_MS - now;
  if (waitMs > 0) return { requeueAfterMs: Math.min(waitMs, recheck?.requeueAfterMs ?? waitMs) };
  state.statusWrittenAt = now;
  await context.store.write({
    key: cached.record,
    reads: 'observed',
    fence,
    decide: (current) => decideStatus(current, cached.record.uid, statusOf),
  });
  const news = conditionEvents(daemonSet.status?.conditions, status.conditions);
  for (const event of news) context.events.conditionChanged(daemonSet, event);
  const isNewlyStuck = news.some(({ reason }) => reason === 'ProgressDeadlineExceeded');
  await followUp(context, pass, view, { isNewlyStuck });
  return recheck;
}

/** How soon time alone changes the status: a node is due at `nodeAt`, ms since the epoch, or the deadline passes. */
function recheckOf({ now, progress }: ConditionView, nodeAt: number | undefined): ReconcileResult {
  const soonest = Math.min(nodeAt === undefined ? Infinity : nodeAt - now, progress.deadlineInMs ?? Infinity);
  return soonest === Infinity ? undefined : { requeueAfterMs: Math.max(0, soonest) };
}
