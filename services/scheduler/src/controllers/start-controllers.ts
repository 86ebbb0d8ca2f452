import { CONTROLLER_NAMES, type ControllerName } from '@everynode/contract/controllers';
import type { ServiceContext } from '@everynode/service-shell';
import type { Controller, SchedulerContext } from '../scheduler-context.js';
import { ClusterRoleAggregationController } from './clusterrole-aggregation/clusterrole-aggregation-controller.js';
import { CronJobController } from './cronjob/cronjob-controller.js';
import { DaemonSetController } from './daemonset/daemonset-controller.js';
import { DeploymentController } from './deployment/deployment-controller.js';
import { DisruptionController } from './disruption/disruption-controller.js';
import { EndpointsController } from './endpoints/endpoints-controller.js';
import { EndpointSliceController } from './endpoints/endpointslice-controller.js';
import { EndpointSliceMirroringController } from './endpoints/endpointslicemirroring-controller.js';
import { ServiceChanges } from './endpoints/service-changes.js';
import { GarbageCollector } from './garbage-collection/garbage-collector.js';
import { JobController } from './job/job-controller.js';
import { NamespaceController } from './namespace/namespace-controller.js';
import { Liveness } from './node-lifecycle/liveness.js';
import { NodeLifecycleController } from './node-lifecycle/node-lifecycle-controller.js';
import { PodPlacementController } from './pod-placement/pod-placement-controller.js';
import { REPLICA_SET, REPLICATION_CONTROLLER } from './replicaset/replica-kinds.js';
import { ReplicaSetController } from './replicaset/replicaset-controller.js';
import { ResourceQuotaController } from './resource-quota/resource-quota-controller.js';
import { StandingObjectsController } from './standing-objects/standing-objects-controller.js';
import { StartupTaintController } from './startup-taint/startup-taint-controller.js';
import { StatefulSetController } from './statefulset/statefulset-controller.js';

interface ControllerSettings {
  /** The controllers that run here. */
  controllers: ReadonlySet<ControllerName>;
  /** A node that is silent for this long is unreachable. */
  nodeMonitorGraceSeconds: number;
}

/** Makes the chosen controllers. They reconcile what their shards hold as soon as the caches are filled. */
export function startControllers(
  context: SchedulerContext,
  settings: ControllerSettings,
  onClose: ServiceContext['onClose'],
): void {
  const { controllers, nodeMonitorGraceSeconds } = settings;
  const liveness = new Liveness(nodeMonitorGraceSeconds * 1000, performance.now());
  const isHeardSince = controllers.has('node-lifecycle')
    ? (node: string, at: number): boolean => liveness.isHeardSince(node, at, performance.now())
    : undefined;
  const services = new ServiceChanges(context);
  const makers: Record<ControllerName, () => Controller> = {
    'clusterrole-aggregation': () => new ClusterRoleAggregationController(context),
    cronjob: () => new CronJobController(context),
    daemonset: () => new DaemonSetController(context, isHeardSince),
    endpoints: () => new EndpointsController(context, services),
    endpointslice: () => new EndpointSliceController(context, services),
    endpointslicemirroring: () => new EndpointSliceMirroringController(context),
    job: () => new JobController(context),
    'node-lifecycle': () => new NodeLifecycleController(context, { graceSeconds: nodeMonitorGraceSeconds, liveness }),
    'garbage-collector': () => new GarbageCollector(context),
    deployment: () => new DeploymentController(context),
    disruption: () => new DisruptionController(context),
    'pod-placement': () => new PodPlacementController(context),
    namespace: () => new NamespaceController(context),
    replicaset: () => new ReplicaSetController(context, REPLICA_SET),
    replicationcontroller: () => new ReplicaSetController(context, REPLICATION_CONTROLLER),
    resourcequota: () => new ResourceQuotaController(context),
    'startup-taint': () => new StartupTaintController(context),
    statefulset: () => new StatefulSetController(context),
  };
  // Cannot be switched off: every namespace needs its service account and its copy of the CA.
  const running: Controller[] = [new StandingObjectsController(context)];
  for (const name of CONTROLLER_NAMES) if (controllers.has(name)) running.push(makers[name]());
  for (const controller of running) onClose(() => controller.close());
  context.log.info({ controllers: [...controllers] }, 'these controllers run here');
}
