import { decideActions } from '@everynode/daemonset';
import { caughtUp } from '../caught-up.js';
import { act } from './act.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';
import { trimRevisions } from './revision-cleanup.js';

/**
 * Assesses the nodes that are due, creates and deletes their pods, and moves a rollout on. Resolves when the caches
 * show what it wrote. Returns how long creations have to wait for the owner's rate, in ms; undefined when none has to.
 */
export async function managePods(context: StepContext, pass: ReconcilePass): Promise<number | undefined> {
  const { state, now, moment } = pass;
  const due = state.assessDue(moment);
  const wanted = decideActions(state, due);
  const { createOn, nextInMs } = state.grantCreates(wanted.createOn, now);
  const { deletes } = wanted;
  const reserved: string[] = [];
  try {
    const { written, failure } = await act(context, pass, { createOn, deletes }, reserved);
    await caughtUp(context, written);
    if (failure !== undefined) throw failure;
    if (written === 0) await trimRevisions(context, pass);
    return nextInMs;
  } catch (error) {
    // Nothing has changed on these nodes, so no event will mark them again.
    for (const node of due) state.markDirty(node);
    for (const { node } of deletes) state.markDirty(node);
    throw error;
  } finally {
    for (const uid of reserved) context.capacity.release(uid);
  }
}
