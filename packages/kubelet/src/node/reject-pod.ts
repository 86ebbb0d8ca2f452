import { podFailedEvents } from '../events/kubelet-events.js';
import type { Moment } from '../pod/moment.js';
import { type PodRun, record } from '../pod/pod-run.js';
import type { NodeRefusal } from './node-admission.js';

/** The node does not admit the pod: nothing of it is ever started. Source: pkg/kubelet, rejectPod. */
export function rejectPod(run: PodRun, { reason, message }: NodeRefusal, now: Moment): void {
  run.failure = { reason, message: `Pod was rejected: ${message}`, rejected: true };
  run.ending = { why: 'over', graceMs: 0, fromMs: now.ms };
  record(run, podFailedEvents('Warning', { reason, message, rejected: true }));
}
