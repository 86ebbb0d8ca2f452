import type { RollbackTarget } from '@everynode/daemonset';
import type { DaemonSet, Stored } from '@everynode/objects';
import type { EventRecorder } from '../../events/event-recorder.js';
import { WorkloadEvents } from '../workloads/workload-events.js';
import type { ConditionEvent } from './condition-events.js';

/** A pod of a DaemonSet and the node it is on. */
interface PlacedPod {
  namespace: string;
  name: string;
  node: string;
}

/** The events that the controller records on a DaemonSet. Reasons and words are upstream's, where upstream has them. */
export class DaemonSetEvents extends WorkloadEvents {
  constructor(recorder: EventRecorder) {
    super(recorder, { apiVersion: 'apps/v1', kind: 'DaemonSet' }, 'daemonset-controller');
  }

  selectsAll(daemonSet: Stored<DaemonSet>): void {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
    this.record(daemonSet, 'Warning', 'SelectingAll', message);
  }

  foundFailed(daemonSet: Stored<DaemonSet>, { namespace, name, node }: PlacedPod): void {
    const message = `Found failed daemon pod ${namespace}/${name} on node ${node}, will try to kill it`;
    this.record(daemonSet, 'Warning', 'FailedDaemonPod', message);
  }

  foundSucceeded(daemonSet: Stored<DaemonSet>, { namespace, name, node }: PlacedPod): void {
    const message = `Found succeeded daemon pod ${namespace}/${name} on node ${node}, will try to delete it`;
    this.record(daemonSet, 'Normal', 'SucceededDaemonPod', message);
  }

  conditionChanged(daemonSet: Stored<DaemonSet>, { type, reason, message }: ConditionEvent): void {
    this.record(daemonSet, type, reason, message);
  }

  rollbackImpossible(daemonSet: Stored<DaemonSet>): void {
    this.record(daemonSet, 'Warning', 'RollbackImpossible', 'There is no good revision to go back to');
  }

  rolledBack(daemonSet: Stored<DaemonSet>, failedHash: string, { hash, revision }: RollbackTarget): void {
    const message = `Rolled back from revision ${failedHash}, which made no progress, to revision ${revision} (${hash})`;
    this.record(daemonSet, 'Warning', 'RolledBack', message);
  }
}
