import type { DaemonSetStatus } from '../kinds/api-types.js';

/** What `kubectl rollout status` reads of a DaemonSet. */
export interface RolloutObject {
  name: string;
  generation: number;
  strategyType: string;
  status: Partial<DaemonSetStatus>;
}

export interface RolloutProgress {
  /** One line with its line feed. */
  message: string;
  done: boolean;
}

/**
 * The progress of a rollout in kubectl's words, as `kubectl rollout status` prints it for this status. Rule: kubectl
 * pkg/polymorphichelpers, DaemonSetStatusViewer.
 * @throws Error for a strategy other than RollingUpdate, which has no rollout to follow.
 */
export function rolloutStatus({ name, generation, strategyType, status }: RolloutObject): RolloutProgress {
  if (strategyType !== 'RollingUpdate') {
    throw new Error(`rollout status is only available for RollingUpdate strategy type`);
  }
  if (generation > (status.observedGeneration ?? 0)) {
    return { message: 'Waiting for daemon set spec update to be observed...\n', done: false };
  }
  const desired = status.desiredNumberScheduled ?? 0;
  const updated = status.updatedNumberScheduled ?? 0;
  const available = status.numberAvailable ?? 0;
  const waiting = `Waiting for daemon set ${JSON.stringify(name)} rollout to finish:`;
  if (updated < desired) {
    return { message: `${waiting} ${updated} out of ${desired} new pods have been updated...\n`, done: false };
  }
  if (available < desired) {
    return { message: `${waiting} ${available} of ${desired} updated pods are available...\n`, done: false };
  }
  return { message: `daemon set ${JSON.stringify(name)} successfully rolled out\n`, done: true };
}
