import { type ShutdownGrace, shutdownOrder } from '@everynode/kubelet';
import type { Clock } from '@everynode/pod-runtime';
import { type Logger, pause } from '@everynode/service-shell';
import type { MachineNode } from './machine-node.js';
import type { MachineRuntime } from './machine-runtime.js';

/** How often is looked whether pods have ended. */
const LOOK_MS = 50;
/** A container has two seconds between the signal and the kill, whatever its grace is; and the kill takes its time. */
const BEYOND_GRACE_MS = 3000;

/** What became of the pods. */
export interface DrainOutcome {
  /** Pods that ran. */
  pods: number;
  /** Those of them that have not ended in time. */
  left: number;
}

interface DrainOptions {
  node: MachineNode;
  runtime: MachineRuntime;
  grace: ShutdownGrace;
  /** Resolves when the control plane knows what the node is, or when it does not answer. */
  reported: () => Promise<void>;
  clock: Clock;
  log: Logger;
}

/**
 * Ends the pods of a machine that shuts down: usual ones first, critical ones when these have ended or their time is
 * over. No pod ends before the control plane knows that the node shuts down: it would make others in their place.
 * Source: pkg/kubelet/nodeshutdown/nodeshutdown_manager.go, killPods; KEP-6249.
 */
export async function drainMachine({
  node,
  runtime,
  grace,
  reported,
  clock,
  log,
}: DrainOptions): Promise<DrainOutcome> {
  node.shutDown();
  await reported();
  const pods = runtime.active();
  const groups = shutdownOrder(pods, grace);
  log.info({ pods: pods.length }, 'the node shuts down: its pods end');
  const isLeft = (uid: string) => runtime.active().some(({ metadata }) => metadata.uid === uid);
  for (const { uids, graceMs } of groups) {
    for (const uid of uids) runtime.shutDown(uid, graceMs);
    const until = clock.now() + graceMs + BEYOND_GRACE_MS;
    while (uids.some(isLeft) && clock.now() < until) await pause(LOOK_MS);
  }
  const left = runtime.active().length;
  await reported();
  log.info({ pods: pods.length, left }, 'the pods of the node have ended');
  return { pods: pods.length, left };
}
