/**
 * Scalar fields that are pointers in the Go types. A pointer keeps an explicit zero value (`replicas: 0`); a plain
 * field with `omitempty` loses it in the API server. The OpenAPI documents do not distinguish the two.
 *
 * By type name without `io.k8s.api.` (or `io.k8s.apimachinery.pkg.apis.`). Source: the `types.go` files of k8s.io/api
 * and k8s.io/apimachinery.
 */
const POINTERS: Readonly<Record<string, string>> = {
  'admissionregistration.v1.MatchResources': 'matchPolicy',
  'admissionregistration.v1.MutatingWebhook': 'failurePolicy matchPolicy reinvocationPolicy sideEffects timeoutSeconds',
  'admissionregistration.v1.NamedRuleWithOperations': 'scope',
  'admissionregistration.v1.ParamRef': 'parameterNotFoundAction',
  'admissionregistration.v1.RuleWithOperations': 'scope',
  'admissionregistration.v1.ServiceReference': 'path port',
  'admissionregistration.v1.ValidatingAdmissionPolicySpec': 'failurePolicy',
  'admissionregistration.v1.ValidatingWebhook': 'failurePolicy matchPolicy sideEffects timeoutSeconds',
  'admissionregistration.v1.Validation': 'reason',
  'admissionregistration.v1.WebhookClientConfig': 'url',
  'apps.v1.DaemonSetSpec': 'revisionHistoryLimit',
  'apps.v1.DaemonSetStatus': 'collisionCount',
  'apps.v1.DeploymentSpec': 'progressDeadlineSeconds replicas revisionHistoryLimit',
  'apps.v1.DeploymentStatus': 'collisionCount terminatingReplicas',
  'apps.v1.ReplicaSetSpec': 'replicas',
  'apps.v1.ReplicaSetStatus': 'terminatingReplicas',
  'apps.v1.RollingUpdateStatefulSetStrategy': 'partition',
  'apps.v1.StatefulSetSpec': 'replicas revisionHistoryLimit',
  'apps.v1.StatefulSetStatus': 'collisionCount',
  'authentication.v1.TokenRequestSpec': 'expirationSeconds',
  'certificates.v1.CertificateSigningRequestSpec': 'expirationSeconds',
  'coordination.v1.LeaseSpec': 'holderIdentity leaseDurationSeconds leaseTransitions preferredHolder strategy',
  'core.v1.AppArmorProfile': 'localhostProfile',
  'core.v1.AzureDiskVolumeSource': 'cachingMode fsType kind readOnly',
  'core.v1.CSIVolumeSource': 'fsType readOnly',
  'core.v1.ClusterTrustBundleProjection': 'name optional signerName',
  'core.v1.ConfigMap': 'immutable',
  'core.v1.ConfigMapEnvSource': 'optional',
  'core.v1.ConfigMapKeySelector': 'optional',
  'core.v1.ConfigMapProjection': 'optional',
  'core.v1.ConfigMapVolumeSource': 'defaultMode optional',
  'core.v1.Container': 'restartPolicy',
  'core.v1.ContainerStatus': 'started stopSignal',
  'core.v1.DownwardAPIVolumeFile': 'mode',
  'core.v1.DownwardAPIVolumeSource': 'defaultMode',
  'core.v1.EphemeralContainer': 'restartPolicy',
  'core.v1.FCVolumeSource': 'lun',
  'core.v1.FileKeySelector': 'optional',
  'core.v1.GRPCAction': 'service',
  'core.v1.HostPathVolumeSource': 'type',
  'core.v1.ISCSIVolumeSource': 'initiatorName',
  'core.v1.KeyToPath': 'mode',
  'core.v1.Lifecycle': 'stopSignal',
  'core.v1.NodeFeatures': 'supplementalGroupsPolicy',
  'core.v1.NodeRuntimeHandlerFeatures': 'recursiveReadOnlyMounts userNamespaces',
  'core.v1.NodeSwapStatus': 'capacity',
  'core.v1.PersistentVolumeClaimSpec': 'storageClassName volumeAttributesClassName volumeMode',
  'core.v1.PodCertificateProjection': 'maxExpirationSeconds',
  'core.v1.PodDNSConfigOption': 'value',
  'core.v1.PodResourceClaim': 'resourceClaimName resourceClaimTemplateName',
  'core.v1.PodResourceClaimStatus': 'resourceClaimName',
  'core.v1.PodSchedulingGroup': 'podGroupName',
  'core.v1.PodSecurityContext':
    'fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot runAsUser seLinuxChangePolicy supplementalGroupsPolicy',
  'core.v1.PodSpec':
    'activeDeadlineSeconds automountServiceAccountToken enableServiceLinks hostUsers hostnameOverride preemptionPolicy ' +
    'priority runtimeClassName setHostnameAsFQDN shareProcessNamespace terminationGracePeriodSeconds',
  'core.v1.Probe': 'terminationGracePeriodSeconds',
  'core.v1.ProjectedVolumeSource': 'defaultMode',
  'core.v1.ReplicationControllerSpec': 'replicas',
  'core.v1.SeccompProfile': 'localhostProfile',
  'core.v1.Secret': 'immutable',
  'core.v1.SecretEnvSource': 'optional',
  'core.v1.SecretKeySelector': 'optional',
  'core.v1.SecretProjection': 'optional',
  'core.v1.SecretVolumeSource': 'defaultMode optional',
  'core.v1.SecurityContext':
    'allowPrivilegeEscalation privileged procMount readOnlyRootFilesystem runAsGroup runAsNonRoot runAsUser',
  'core.v1.ServiceAccount': 'automountServiceAccountToken',
  'core.v1.ServiceAccountTokenProjection': 'expirationSeconds',
  'core.v1.Toleration': 'tolerationSeconds',
  'core.v1.TopologySpreadConstraint': 'minDomains nodeAffinityPolicy nodeTaintsPolicy',
  'core.v1.TypedLocalObjectReference': 'apiGroup',
  'core.v1.TypedObjectReference': 'apiGroup namespace',
  'core.v1.VolumeMount': 'mountPropagation recursiveReadOnly',
  'core.v1.VolumeMountStatus': 'recursiveReadOnly',
  'core.v1.WindowsSecurityContextOptions': 'gmsaCredentialSpec gmsaCredentialSpecName hostProcess runAsUserName',
  'meta.v1.DeleteOptions':
    'gracePeriodSeconds ignoreStoreReadErrorWithClusterBreakingPotential orphanDependents propagationPolicy',
  'meta.v1.ListMeta': 'remainingItemCount',
  'meta.v1.ObjectMeta': 'deletionGracePeriodSeconds',
  'meta.v1.OwnerReference': 'blockOwnerDeletion controller',
  'meta.v1.Preconditions': 'resourceVersion uid',
  'policy.v1.PodDisruptionBudgetSpec': 'unhealthyPodEvictionPolicy',
  'scheduling.v1.PriorityClass': 'preemptionPolicy',
};

/** Lists without `omitempty`: an explicit empty list is written. */
const KEPT_LISTS: Readonly<Record<string, string>> = {
  'admissionregistration.v1.MutatingWebhook': 'admissionReviewVersions',
  'admissionregistration.v1.ValidatingWebhook': 'admissionReviewVersions',
  'apps.v1.DaemonSetList': 'items',
  'authentication.v1.TokenRequestSpec': 'audiences',
  'core.v1.ContainerImage': 'names',
  'core.v1.NodeSelector': 'nodeSelectorTerms',
  'core.v1.PodSpec': 'containers',
  'core.v1.ProjectedVolumeSource': 'sources',
};

/**
 * Fields with `omitempty` whose published default is the empty string, which would mean that they are always written.
 */
const OMITTED: Readonly<Record<string, string>> = {
  'core.v1.ConfigMapEnvSource': 'name',
  'core.v1.ConfigMapKeySelector': 'name',
  'core.v1.ConfigMapProjection': 'name',
  'core.v1.ConfigMapVolumeSource': 'name',
  'core.v1.LocalObjectReference': 'name',
  'core.v1.SecretEnvSource': 'name',
  'core.v1.SecretKeySelector': 'name',
  'core.v1.SecretProjection': 'name',
};

const shortName = (type: string): string => type.replace(/^io\.k8s\.(api|apimachinery\.pkg\.apis)\./, '');
const split = (table: Readonly<Record<string, string>>): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(Object.entries(table).map(([type, fields]) => [type, new Set(fields.split(' '))]));

const POINTERS_BY_TYPE = split(POINTERS);
const KEPT_LISTS_BY_TYPE = split(KEPT_LISTS);
const OMITTED_BY_TYPE = split(OMITTED);

/** Every entry of the table, for the test that compares it with the schema. */
export const POINTER_FIELDS: ReadonlyMap<string, ReadonlySet<string>> = POINTERS_BY_TYPE;

/** True when Go keeps an explicit zero value (`false`, `0`, `""`) of this scalar. */
export function keepsZero(type: string, field: string): boolean {
  return POINTERS_BY_TYPE.get(shortName(type))?.has(field) ?? false;
}

/** True when Go writes this list although it is empty. It does not write a null one. */
export function keepsEmptyList(type: string, field: string): boolean {
  return KEPT_LISTS_BY_TYPE.get(shortName(type))?.has(field) ?? false;
}

/** True when Go leaves this field out when it is empty, although its published default is the empty string. */
export function omitsDefault(type: string, field: string): boolean {
  return OMITTED_BY_TYPE.get(shortName(type))?.has(field) ?? false;
}
