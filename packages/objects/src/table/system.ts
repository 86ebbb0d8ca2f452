import { conditionOf } from '../conditions.js';
import { AGE, ageOf, column, of, tableAfterName } from './columns.js';

const NONE = '<none>';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  error?: string;
}

/** `kubectl get componentstatuses`. Rule: pkg/printers/internalversion, printComponentStatus. */
export const componentStatusTable = tableAfterName<object, object, { conditions?: Condition[] }>(
  [
    column('Status', 'Status of the component conditions'),
    column('Message', 'Message of the component conditions'),
    column('Error', 'Error of the component conditions'),
  ],
  (object) => {
    const healthy = conditionOf(object, 'Healthy');
    if (!healthy) return ['Unknown', '', ''];
    return [healthy.status === 'True' ? 'Healthy' : 'Unhealthy', healthy.message ?? '', healthy.error ?? ''];
  },
);

interface Service {
  service?: { namespace?: string; name?: string };
}

/** `kubectl get apiservices`. Rule: kube-aggregator pkg/registry/apiservice/etcd, ConvertToTable. */
export const apiServiceTable = tableAfterName<Service, { conditions?: Condition[] }>(
  [
    column('Service', 'The reference to the service that hosts this API endpoint.'),
    column('Available', 'Whether this service is available.'),
    AGE,
  ],
  (object, now) => {
    const { service } = object.spec ?? {};
    const available = conditionOf(object.status, 'Available');
    const reason = available?.status !== 'True' && available?.reason ? ` (${available.reason})` : '';
    return [
      service ? `${service.namespace ?? ''}/${service.name ?? ''}` : 'Local',
      `${available?.status ?? 'Unknown'}${reason}`,
      ageOf(object, now),
    ];
  },
);

interface Flow {
  priorityLevelConfiguration?: { name?: string };
  matchingPrecedence?: number;
  distinguisherMethod?: { type: string };
}

/** `kubectl get flowschemas`. Rule: printFlowSchema. */
export const flowSchemaTable = tableAfterName<Flow, { conditions?: Condition[] }>(
  [
    column('PriorityLevel', of('flowcontrol.v1.PriorityLevelConfigurationReference', 'name')),
    column('MatchingPrecedence', of('flowcontrol.v1.FlowSchemaSpec', 'matchingPrecedence')),
    column('DistinguisherMethod', of('flowcontrol.v1.FlowSchemaSpec', 'distinguisherMethod')),
    AGE,
    column('MissingPL', 'references a broken or non-existent PriorityLevelConfiguration'),
  ],
  (object, now) => [
    object.spec?.priorityLevelConfiguration?.name ?? '',
    object.spec?.matchingPrecedence ?? 0,
    object.spec?.distinguisherMethod?.type ?? NONE,
    ageOf(object, now),
    conditionOf(object.status, 'Dangling')?.status ?? '?',
  ],
);

interface Level {
  type?: string;
  limited?: {
    nominalConcurrencyShares?: number;
    limitResponse?: { queuing?: { queues?: number; handSize?: number; queueLengthLimit?: number } };
  };
}

/** `kubectl get prioritylevelconfigurations`. Rule: printPriorityLevelConfiguration. */
export const priorityLevelTable = tableAfterName<Level>(
  [
    column('Type', of('flowcontrol.v1.PriorityLevelConfigurationSpec', 'type')),
    column(
      'NominalConcurrencyShares',
      of('flowcontrol.v1.LimitedPriorityLevelConfiguration', 'nominalConcurrencyShares'),
    ),
    column('Queues', of('flowcontrol.v1.QueuingConfiguration', 'queues')),
    column('HandSize', of('flowcontrol.v1.QueuingConfiguration', 'handSize')),
    column('QueueLengthLimit', of('flowcontrol.v1.QueuingConfiguration', 'queueLengthLimit')),
    AGE,
  ],
  (object, now) => {
    const { type, limited } = object.spec ?? {};
    const queuing = limited?.limitResponse?.queuing;
    return [
      type ?? '',
      limited?.nominalConcurrencyShares ?? NONE,
      queuing ? (queuing.queues ?? 0) : NONE,
      queuing ? (queuing.handSize ?? 0) : NONE,
      queuing ? (queuing.queueLengthLimit ?? 0) : NONE,
      ageOf(object, now),
    ];
  },
);

/** Of DeviceClasses and ResourceClaimTemplates. Rule: printDeviceClass, printResourceClaimTemplate. */
export const nameAndAgeTable = tableAfterName([AGE], (object, now) => [ageOf(object, now)]);

/** `kubectl get resourceclaims`. Rule: printResourceClaim. */
export const resourceClaimTable = tableAfterName<object, { allocation?: object; reservedFor?: unknown[] }>(
  [column('State', 'A summary of the current state (allocated, pending, reserved, etc.).'), AGE],
  (object, now) => {
    const { metadata, status } = object;
    const states = metadata.deletionTimestamp ? ['deleted'] : [];
    if (status?.allocation) states.push('allocated', ...(status.reservedFor?.length ? ['reserved'] : []));
    else if (states.length === 0) states.push('pending');
    return [states.join(','), ageOf(object, now)];
  },
);

/** `kubectl get resourceslices`. Rule: printResourceSlice. */
export const resourceSliceTable = tableAfterName<{ nodeName?: string; driver?: string; pool?: { name?: string } }>(
  [
    column('Node', of('resource.v1.ResourceSliceSpec', 'nodeName')),
    column('Driver', of('resource.v1.ResourceSliceSpec', 'driver')),
    column('Pool', of('resource.v1.ResourcePool', 'name')),
    AGE,
  ],
  ({ spec, ...object }, now) => [spec?.nodeName ?? '', spec?.driver ?? '', spec?.pool?.name ?? '', ageOf(object, now)],
);
