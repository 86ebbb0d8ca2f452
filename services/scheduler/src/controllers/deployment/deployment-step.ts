import type { SchedulerContext } from '../../scheduler-context.js';
import type { WorkloadEvents } from '../workloads/workload-events.js';

/** What the steps of a pass get from the controller. */
export interface DeploymentStep extends SchedulerContext {
  events: WorkloadEvents;
}
