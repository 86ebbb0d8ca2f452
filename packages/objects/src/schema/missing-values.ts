import { type FieldFacts, INT_OR_STRING, lookupType, QUANTITY } from './type-facts.js';

/**
 * Fields that Go writes as null when they have no value, beside the required lists, maps and references: times are
 * structs, which `omitempty` keeps, and some fields have no `omitempty`.
 *
 * By type name without `io.k8s.api.`. Source: the `types.go` files of k8s.io/api.
 */
const NULLS: Readonly<Record<string, string>> = {
  'admissionregistration.v1.MutatingWebhook': 'sideEffects',
  'admissionregistration.v1.ValidatingWebhook': 'sideEffects',
  'apps.v1.ControllerRevision': 'data',
  'apps.v1.DaemonSetCondition': 'lastTransitionTime',
  'apps.v1.DeploymentCondition': 'lastTransitionTime lastUpdateTime',
  'apps.v1.ReplicaSetCondition': 'lastTransitionTime',
  'apps.v1.StatefulSetCondition': 'lastTransitionTime',
  'authentication.v1.TokenRequestSpec': 'boundObjectRef expirationSeconds',
  'authentication.v1.TokenRequestStatus': 'expirationTimestamp',
  'autoscaling.v2.HorizontalPodAutoscalerCondition': 'lastTransitionTime',
  'batch.v1.JobCondition': 'lastProbeTime lastTransitionTime',
  'certificates.v1.CertificateSigningRequestCondition': 'lastTransitionTime lastUpdateTime',
  'certificates.v1.CertificateSigningRequestSpec': 'request',
  'core.v1.AzureFilePersistentVolumeSource': 'secretNamespace',
  'core.v1.ContainerStateRunning': 'startedAt',
  'core.v1.ContainerStateTerminated': 'finishedAt startedAt',
  'core.v1.Event': 'eventTime firstTimestamp lastTimestamp',
  'core.v1.EventSeries': 'lastObservedTime',
  'core.v1.GRPCAction': 'service',
  'core.v1.NamespaceCondition': 'lastTransitionTime',
  'core.v1.NodeCondition': 'lastHeartbeatTime lastTransitionTime',
  'core.v1.PersistentVolumeClaimCondition': 'lastProbeTime lastTransitionTime',
  'core.v1.PodCondition': 'lastProbeTime lastTransitionTime',
  'core.v1.ReplicationControllerCondition': 'lastTransitionTime',
  'core.v1.TypedLocalObjectReference': 'apiGroup',
  'core.v1.TypedObjectReference': 'apiGroup',
  'events.v1.Event': 'deprecatedFirstTimestamp deprecatedLastTimestamp',
  'flowcontrol.v1.FlowSchemaCondition': 'lastTransitionTime',
  'flowcontrol.v1.LimitedPriorityLevelConfiguration': 'nominalConcurrencyShares',
  'flowcontrol.v1.PriorityLevelConfigurationCondition': 'lastTransitionTime',
  'networking.v1.HTTPIngressPath': 'pathType',
  'networking.v1.IngressClassParametersReference': 'scope',
  'resource.v1.CapacityRequestPolicy': 'default',
  'storage.v1.VolumeError': 'time',
};

const NULLS_BY_TYPE: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(NULLS).map(([type, fields]) => [`io.k8s.api.${type}`, new Set(fields.split(' '))]),
);

/** Values, and not pointers, of types whose zero value the schema does not show. */
const VALUE_QUANTITIES: ReadonlySet<string> = new Set(['io.k8s.api.core.v1.ResourceFieldSelector.divisor']);
const VALUE_PORTS: ReadonlySet<string> = new Set(['io.k8s.api.core.v1.ServicePort.targetPort']);

/**
 * What Go has, and writes, for a field without a value: null for a nil list, map or pointer without `omitempty`, an
 * empty object for a struct that is no pointer, else the zero value. Undefined for a field that `omitempty` leaves out.
 */
function valueWhenMissing(type: string, field: string, facts: FieldFacts, isRequired: boolean): unknown {
  if (NULLS_BY_TYPE.get(type)?.has(field)) return null;
  if (isZero(facts.default)) return facts.omitEmpty ? undefined : facts.default;
  if (facts.keepsEmpty) return null;
  const { ref } = facts;
  const name = `${type}.${field}`;
  if (ref === QUANTITY) return VALUE_QUANTITIES.has(name) ? '0' : undefined;
  if (ref === INT_OR_STRING) return isRequired || VALUE_PORTS.has(name) ? 0 : undefined;
  if (!isRequired) return undefined;
  return facts.arrayOf || facts.mapOf || ref !== undefined ? null : undefined;
}

function isZero(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** The fields of a type that are never left out, with what Go has for them when they have no value. */
export function missingValues(type: string): readonly (readonly [field: string, value: unknown])[] {
  const { fields = {}, required = [] } = lookupType(type) ?? {};
  return Object.entries(fields)
    .map(([field, facts]) => [field, valueWhenMissing(type, field, facts, required.includes(field))] as const)
    .filter(([, value]) => value !== undefined);
}
