export {
  ApiError,
  alreadyExists,
  conflict,
  type ErrorSubject,
  forbiddenTo,
  generatedNameTaken,
  notFound,
  type Status,
  staleWrite,
} from './api-error.js';
export {
  BOOTSTRAP_NAMESPACE,
  BOOTSTRAPPERS,
  type BootstrapToken,
  bootstrapSecret,
  bootstrapSecretName,
  coversNodeName,
  isBootstrapTokenExpired,
  isNodeNamePattern,
  parseBootstrapToken,
  readBootstrapToken,
  usedBootstrapSecret,
} from './bootstrap-token.js';
export { canonicalJson } from './canonical-json.js';
export { conditionOf, isConditionTrue, isNodeReady, isPodReady, withCondition } from './conditions.js';
export { copyValue, setMember } from './copy-value.js';
export { checkValues, tooLarge, ValueCount } from './decode/body-size.js';
export { canonicalValue, isJsonObject } from './decode/canonical-value.js';
export { conversionFault } from './decode/conversion-fault.js';
export { DecodeError, jsonKind } from './decode/decode-error.js';
export {
  type Decoded,
  type DecodeTarget,
  decodeObject,
  type FieldValidation,
  readObjectOf,
  strictErrorMessage,
} from './decode/decode-object.js';
export { type ParsedBody, parseBody, parseJsonText, type StrictErrors } from './decode/parse-body.js';
export { strictJsonErrors } from './decode/strict-json.js';
export { unknownFields } from './decode/unknown-fields.js';
export { maybeUnstorable, nulErrors, wellFormed } from './decode/unstorable-text.js';
export { addDefaultTolerations } from './defaults/pod.js';
export { withServiceAccount } from './defaults/pod-spec.js';
export { qosClassOf } from './defaults/qos-class.js';
export { type DeletionDecision, decideDeletion, isReleased } from './deletion/decide-deletion.js';
export {
  type DeletionOptions,
  FOREGROUND_FINALIZER,
  ORPHAN_FINALIZER,
  type PropagationPolicy,
} from './deletion/delete-options.js';
export { aggregatedDiscovery } from './discovery/aggregated-discovery.js';
export { compareVersions } from './discovery/compare-versions.js';
export { contentHash } from './discovery/content-hash.js';
export { apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery/legacy-discovery.js';
export { type PostedKind, postedKinds, type ReviewKind } from './discovery/posted-kinds.js';
export { groupVersionPath, groupVersions, inGroupVersion, type ServedApi } from './discovery/served-api.js';
export {
  beyondBudgets,
  budgetIsProcessed,
  DISRUPTION_TIMEOUT_MS,
  disruptionStatus,
  guards,
  judgeEviction,
} from './disruption/disruption-status.js';
export { type FieldError, fieldErrorMessage, invalid } from './field-error.js';
export { FNV1A_OFFSET, fnv1aOfBytes, fnv1aOfText } from './fnv1a.js';
export { generatedName, MAX_NAME_PREFIX, NAME_ALPHABET } from './generated-name.js';
export { formatGoDuration, parseGoDuration } from './go-duration.js';
export { goQuoted } from './go-print.js';
export type {
  Affinity,
  CertificateSigningRequest,
  ConfigMap,
  Container,
  ContainerState,
  ContainerStatus,
  ControllerRevision,
  CronJob,
  CronJobStatus,
  DaemonSet,
  DaemonSetCondition,
  DaemonSetStatus,
  DaemonSetUpdateStrategy,
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  Endpoint,
  EndpointAddress,
  EndpointPort,
  EndpointSlice,
  EndpointSubset,
  Endpoints,
  EnvVar,
  EphemeralContainer,
  Job,
  JobCondition,
  JobStatus,
  LabelSelector,
  Lease,
  LifecycleHandler,
  LimitRange,
  LimitRangeItem,
  ManagedFieldsEntry,
  MatchCondition,
  MatchResources,
  MutatingWebhook,
  Mutation,
  NamespaceCondition,
  NamespaceStatus,
  Node,
  NodeCondition,
  NodeSelector,
  NodeSelectorTerm,
  NodeSpec,
  NodeStatus,
  OwnerReference,
  ParamKind,
  ParamRef,
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  PodCondition,
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
  PodSecurityContext,
  PodSpec,
  PodStatus,
  PodTemplateSpec,
  PolicyRule,
  Probe,
  ReplicaSet,
  ReplicaSetCondition,
  ReplicaSetStatus,
  ReplicationController,
  ResourceQuota,
  ResourceQuotaStatus,
  ResourceRequirements,
  SELinuxOptions,
  Secret,
  SecurityContext,
  Service,
  ServiceAccount,
  StatefulSet,
  StatefulSetStatus,
  Taint,
  Toleration,
  TopologySpreadConstraint,
  ValidatingAdmissionPolicy,
  ValidatingWebhook,
  Validation,
  Variable,
  Volume,
  WebhookClientConfig,
} from './kinds/api-types.js';
export type { CustomResourceDefinition, CustomResourceVersion } from './kinds/custom-resource-definition.js';
export type { Kinds, ResourceName, Stored, StoredKinds } from './kinds/kinds.js';
export { controllerOf, type KubeObject, type StoredMeta } from './kube-object.js';
export { type Need, type NeededObject, neededObjects, usedObjects } from './needed-objects.js';
export { NODE_LEASE_NAMESPACE } from './node-leases.js';
export { keyOf, resourceKeyOf } from './object-key.js';
export { withPodCondition, withPodScheduled } from './pod-conditions.js';
export {
  isSystemPriorityClass,
  type PriorityFacts,
  priorityClassIn,
  resolvePriority,
  systemPriorityOf,
} from './pod-priority.js';
export { podQuantities, quantitiesOf, sumOfPod } from './pod-resources.js';
export {
  compareQuantities,
  formatQuantity,
  milliValue,
  parseQuantity,
  type Quantity,
  QuantityError,
  wholeValue,
} from './quantity/quantity.js';
export {
  AGENT_ANNOTATION,
  AGENTS_GROUP,
  type MetadataText,
  metadataText,
  type ObjectRecord,
  recordToItemJson,
  recordToJson,
  recordToObject,
  STARTUP_TAINT_ANNOTATION,
  type StoredParts,
  splitObject,
  trustedMetadata,
} from './record.js';
export {
  apiVersionOf,
  type ResourceDefinition,
  type RowAt,
  type SubresourceAction,
  type SubresourceDefinition,
  type SubresourcePart,
  type TableColumn,
  type TableDefinition,
  type Verb,
} from './resource.js';
export {
  type CountedObject,
  type CountingQuota,
  chargeQuotas,
  countingQuota,
  countsByContent,
  countsUntil,
  isCounted,
  QuotaRecount,
  writtenAmounts,
} from './resource-quota/index.js';
export { defineResource, keepStatus, statusSubresource } from './resources/define-resource.js';
export {
  deletionRulesOf,
  findResource,
  resourceByStorage,
  resources,
  resourcesVersion,
  setCustomResources,
} from './resources/registry.js';
export { keepHealthCheckPort, keepNodePorts, needsServiceAddress } from './resources/services.js';
export { isRetryable } from './retryable.js';
export { missingValues } from './schema/missing-values.js';
export { isOfFormat } from './schema/text-formats.js';
export {
  type FieldFacts,
  INT_OR_STRING,
  isCustomType,
  lookupType,
  QUANTITY,
  replaceCustomTypes,
  type TypeFacts,
  typeOfKind,
  type ValueFacts,
} from './schema/type-facts.js';
export { seededWords } from './seeded-words.js';
export {
  compileFieldSelector,
  type FieldRequirement,
  parseFieldSelector,
  requiredFieldValue,
} from './selectors/field-selector.js';
export { withLabelKeys } from './selectors/label-keys.js';
export { compileLabelSelector, isEmptySelector, matchesLabelSelector } from './selectors/label-selector.js';
export { parseLabelSelector } from './selectors/parse-label-selector.js';
export {
  formatRequirements,
  matchesRequirements,
  newRequirement,
  parseInt64,
  type Requirement,
  type SelectorOperator,
} from './selectors/requirement.js';
export { semanticallyEqual } from './semantic-equal.js';
export {
  isServiceAddress,
  NODE_PORTS,
  nodePortAt,
  nodePortsFrom,
  SERVICE_CIDR,
  serviceAddressAt,
} from './services/address-range.js';
export { needsHealthCheck } from './services/external-access.js';
export { STATUS_REASONS, type StatusReason } from './status-reasons.js';
export { ageSince } from './table/age.js';
export { genericTable } from './table/generic.js';
export { microTimestamp, timestamp } from './timestamp.js';
export { isTimeZone, splitZone } from './validation/cron-job.js';
export { parseCronSchedule } from './validation/cron-schedule.js';
export {
  append as appendErrors,
  duplicate,
  forbidden,
  internalError,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
} from './validation/field-errors.js';
export {
  dns1035LabelMessages,
  dnsLabelMessages,
  dnsSubdomainMessages,
  labelKeyMessages,
  labelValueMessages,
  maskTrailingDash,
} from './validation/names.js';
export { validateSelectorAttributes } from './validation/selector-attributes.js';
export { podTemplateReader } from './warnings/template-warnings.js';
export { webhookUrl } from './webhook-url.js';
