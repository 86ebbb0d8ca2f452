import type { ApiError, DaemonSet, Stored } from '@everynode/objects';
import type { EventRecorder } from '../../events/event-recorder.js';
import type { ConditionEvent } from './condition-events.js';
import type { RollbackTarget } from './decide-rollback.js';

const COMPONENT = 'daemonset-controller';

/** A pod of a DaemonSet and the node it is on. */
interface PlacedPod {
  namespace: string;
  name: string;
  node: string;
}

/** The events that the controller records on a DaemonSet. Reasons and words are upstream's, where upstream has them. */
export class DaemonSetEvents {
  readonly #recorder: EventRecorder;

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder;
  }

  selectsAll(daemonSet: Stored<DaemonSet>): void {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
    this.#record(daemonSet, 'Warning', 'SelectingAll', message);
  }

  created(daemonSet: Stored<DaemonSet>, pod: string): void {
    this.#record(daemonSet, 'Normal', 'SuccessfulCreate', `Created pod: ${pod}`);
  }

  /** A user has to mend what was refused. Source: pkg/controller/controller_utils.go, RealPodControl. */
  createRefused(daemonSet: Stored<DaemonSet>, error: ApiError): void {
    this.#record(daemonSet, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
  }

  deleted(daemonSet: Stored<DaemonSet>, pod: string): void {
    this.#record(daemonSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod}`);
  }

  deleteRefused(daemonSet: Stored<DaemonSet>, error: ApiError): void {
    this.#record(daemonSet, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`);
  }

  foundFailed(daemonSet: Stored<DaemonSet>, { namespace, name, node }: PlacedPod): void {
    const message = `Found failed daemon pod ${namespace}/${name} on node ${node}, will try to kill it`;
    this.#record(daemonSet, 'Warning', 'FailedDaemonPod', message);
  }

  foundSucceeded(daemonSet: Stored<DaemonSet>, { namespace, name, node }: PlacedPod): void {
    const message = `Found succeeded daemon pod ${namespace}/${name} on node ${node}, will try to delete it`;
    this.#record(daemonSet, 'Normal', 'SucceededDaemonPod', message);
  }

  conditionChanged(daemonSet: Stored<DaemonSet>, { type, reason, message }: ConditionEvent): void {
    this.#record(daemonSet, type, reason, message);
  }

  rollbackImpossible(daemonSet: Stored<DaemonSet>): void {
    this.#record(daemonSet, 'Warning', 'RollbackImpossible', 'There is no good revision to go back to');
  }

  rolledBack(daemonSet: Stored<DaemonSet>, failedHash: string, { hash, revision }: RollbackTarget): void {
    const message = `Rolled back from revision ${failedHash}, which made no progress, to revision ${revision} (${hash})`;
    this.#record(daemonSet, 'Warning', 'RolledBack', message);
  }

  #record({ metadata }: Stored<DaemonSet>, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { name, namespace, uid } = metadata;
    const subject = { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace, name, uid };
    this.#recorder.record({ subject, type, reason, message, component: COMPONENT });
  }
}
