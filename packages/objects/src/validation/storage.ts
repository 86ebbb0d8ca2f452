import { canonicalJson } from '../canonical-json.js';
import type { FieldError } from '../field-error.js';
import type {
  CSIDriver,
  CSIDriverSpec,
  CSINode,
  CSINodeDriver,
  CSIStorageCapacity,
  StorageClass,
  TopologySelectorTerm,
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeAttachmentStatus,
  VolumeAttributesClass,
} from '../kinds/api-types.js';
import { parseQuantity } from '../quantity/index.js';
import { semanticallyEqual } from '../semantic-equal.js';
import {
  duplicate,
  forbidden,
  invalidFor,
  invalidValue,
  NEGATIVE,
  nonNegative,
  notSupported,
  required,
  tooLong,
  withinRange,
} from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { dnsSubdomainMessages, labelKeyMessages } from './names.js';
import { validateUnchanged } from './object-meta.js';
import { validateInlineVolume } from './persistent-volume.js';
import { csiDriverNameErrors } from './remote-volumes.js';

const MAX_PARAMETERS = 512;
const MAX_PARAMETER_BYTES = 256 * 1024;
const MAX_ATTACHMENT_BYTES = 256 * 1024;
const MAX_MESSAGE_BYTES = 1024;
const MAX_NODE_ID = 256;
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];
const CLASS_POLICIES = ['Delete', 'Retain'];
const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral'];
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

const bytesOf = (entries: Readonly<Record<string, string>> = {}): number =>
  Object.entries(entries).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);

/** Source: pkg/apis/storage/validation, ValidateStorageClass. */
export function validateStorageClass(storageClass: StorageClass): FieldError[] {
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode: mode, allowedTopologies = [] } = storageClass;
  const errors = [...provisionerErrors(provisioner, 'provisioner'), ...parameterErrors(parameters, 'parameters')];
  if (reclaimPolicy && !CLASS_POLICIES.includes(reclaimPolicy)) {
    errors.push(notSupported('reclaimPolicy', reclaimPolicy, CLASS_POLICIES));
  }
  if (mode === undefined) errors.push(required('volumeBindingMode'));
  else if (!BINDING_MODES.includes(mode)) errors.push(notSupported('volumeBindingMode', mode, BINDING_MODES));
  return [...errors, ...topologyErrors(allowedTopologies, 'allowedTopologies')];
}

/** Source: ValidateStorageClassUpdate. */
export function validateStorageClassUpdate(storageClass: StorageClass, current: StorageClass): FieldError[] {
  return [
    ...fixed(['parameters', 'provisioner', 'reclaimPolicy'], storageClass, current),
    ...validateUnchanged('volumeBindingMode', storageClass.volumeBindingMode, current.volumeBindingMode),
  ];
}

const fixed = <K extends string>(
  names: readonly K[],
  object: { readonly [name in K]?: unknown },
  current: { readonly [name in K]?: unknown },
): FieldError[] =>
  names
    .filter((name) => !semanticallyEqual(object[name], current[name]))
    .map((name) => forbidden(name, `updates to ${name} are forbidden.`));

/** Source: validateProvisioner. */
function provisionerErrors(provisioner: string | undefined, field: string): FieldError[] {
  if (!provisioner) return [required(field)];
  const name = provisioner.toLowerCase();
  return invalidFor(field, name, labelKeyMessages(name));
}

/** Source: validateParameters. */
function parameterErrors(parameters: Readonly<Record<string, string>> = {}, field: string): FieldError[] {
  if (Object.keys(parameters).length > MAX_PARAMETERS) return [tooLong(field, MAX_PARAMETERS)];
  const errors = Object.hasOwn(parameters, '') ? [invalidValue(field, '', 'field can not be empty.')] : [];
  if (bytesOf(parameters) > MAX_PARAMETER_BYTES) errors.push(tooLong(field, MAX_PARAMETER_BYTES));
  return errors;
}

/** Source: validateAllowedTopologies, ValidateTopologySelectorTerm. */
function topologyErrors(terms: readonly TopologySelectorTerm[], field: string): FieldError[] {
  // Upstream's list begins with an empty term for each of the terms, so an empty one is a duplicate of all of them.
  const seen = terms.map(() => '{}');
  return terms.flatMap(({ matchLabelExpressions = [] }, at) => {
    const path = `${field}[${at}].matchLabelExpressions`;
    const values = new Map<string, string[]>();
    const errors = matchLabelExpressions.flatMap((expression, index) => {
      const found = expressionErrors(expression, `${path}[${index}]`);
      if (values.has(expression.key)) found.push(duplicate(`${path}[${index}].key`, expression.key));
      values.set(expression.key, [...new Set(expression.values)].sort());
      return found;
    });
    const text = canonicalJson(Object.fromEntries(values));
    for (const other of seen) if (other === text) errors.push(duplicate(path, ''));
    seen.push(text);
    return errors;
  });
}

function expressionErrors({ key, values = [] }: { key: string; values?: string[] }, field: string): FieldError[] {
  const errors = values.length === 0 ? [required(`${field}.values`)] : [];
  for (const [at, value] of values.entries()) {
    if (values.indexOf(value) < at) errors.push(duplicate(`${field}.values[${at}]`, value));
  }
  return [...errors, ...invalidFor(`${field}.key`, key, labelKeyMessages(key))];
}

/** Source: ValidateVolumeAttributesClass. */
export const validateVolumeAttributesClass = ({ driverName, parameters }: VolumeAttributesClass): FieldError[] => [
  ...provisionerErrors(driverName, 'driverName'),
  ...parameterErrors(parameters, 'parameters'),
  ...(Object.keys(parameters ?? {}).length > 0
    ? []
    : [required('parameters', 'must contain at least one key/value pair')]),
];

/** Source: ValidateVolumeAttributesClassUpdate. */
export const validateVolumeAttributesClassUpdate = (
  object: VolumeAttributesClass,
  current: VolumeAttributesClass,
): FieldError[] => fixed(['driverName', 'parameters'], object, current);

/** Source: validateCSIDriverSpec. What has a default is never missing. */
export function validateCsiDriver({ spec }: CSIDriver): FieldError[] {
  const { fsGroupPolicy, tokenRequests = [], volumeLifecycleModes = [] } = spec ?? {};
  const errors: FieldError[] = [];
  if (fsGroupPolicy !== undefined && !FS_GROUP_POLICIES.includes(fsGroupPolicy)) {
    errors.push(notSupported('spec.fsGroupPolicy', fsGroupPolicy, FS_GROUP_POLICIES));
  }
  errors.push(...tokenErrors(tokenRequests, 'spec.tokenRequests'));
  for (const mode of volumeLifecycleModes) {
    if (!LIFECYCLE_MODES.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES));
  }
  const period = spec?.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < 10) {
    const detail = 'must be greater than or equal to 10 seconds';
    errors.push(invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, detail));
  }
  return errors;
}

/** Source: validateTokenRequests. */
function tokenErrors(requests: NonNullable<CSIDriverSpec['tokenRequests']>, field: string): FieldError[] {
  const audiences = new Set<string>();
  return requests.flatMap(({ audience = '', expirationSeconds: seconds }, at) => {
    const path = `${field}[${at}]`;
    if (audiences.has(audience)) return [duplicate(`${path}.audience`, audience)];
    audiences.add(audience);
    if (seconds === undefined) return [];
    const bound = `${path}.expirationSeconds`;
    if (seconds < MIN_TOKEN_SECONDS) {
      return [invalidValue(bound, seconds, 'may not specify a duration less than 10 minutes')];
    }
    if (seconds <= MAX_TOKEN_SECONDS) return [];
    return [invalidValue(bound, seconds, 'may not specify a duration larger than 2^32 seconds')];
  });
}

/** Source: ValidateCSIDriverUpdate, with its own name of a field. */
export const validateCsiDriverUpdate = ({ spec }: CSIDriver, { spec: before }: CSIDriver): FieldError[] => [
  ...validateUnchanged('spec.attachedRequired', spec?.attachRequired, before?.attachRequired),
  ...validateUnchanged('spec.volumeLifecycleModes', spec?.volumeLifecycleModes, before?.volumeLifecycleModes),
];

/** Source: validateCSINodeSpec. */
export function validateCsiNode({ spec }: CSINode): FieldError[] {
  const names = new Set<string>();
  return (spec?.drivers ?? []).flatMap((driver, at) => {
    const errors = nodeDriverErrors(driver, names.has(driver.name), `spec.drivers[${at}]`);
    names.add(driver.name);
    return errors;
  });
}

/** Source: validateCSINodeDriver. */
function nodeDriverErrors(driver: CSINodeDriver, isKnown: boolean, field: string): FieldError[] {
  const { name, nodeID = '', allocatable, topologyKeys = [] } = driver;
  const errors = csiDriverNameErrors(name, `${field}.name`);
  if (nodeID === '') errors.push(required(`${field}.nodeID`));
  if (Buffer.byteLength(nodeID) > MAX_NODE_ID) {
    errors.push(invalidValue(`${field}.nodeID`, nodeID, `must be ${MAX_NODE_ID} characters or less`));
  }
  errors.push(...nonNegative(`${field}.allocatable.count`, allocatable?.count));
  if (isKnown) errors.push(duplicate(`${field}.name`, name));
  const keys = new Set<string>();
  for (const key of topologyKeys) {
    if (key === '') errors.push(required(field));
    if (keys.has(key)) errors.push(duplicate(field, key));
    keys.add(key);
    errors.push(...invalidFor(field, key, labelKeyMessages(key)));
  }
  return errors;
}

/** A driver of a node changes nothing but how many volumes it takes. Source: ValidateCSINodeUpdate. */
export const validateCsiNodeUpdate = ({ spec }: CSINode, current: CSINode): FieldError[] =>
  (current.spec?.drivers ?? []).flatMap(({ allocatable: _before, ...before }) =>
    (spec?.drivers ?? [])
      .filter(({ name }) => name === before.name)
      .flatMap(({ allocatable: _now, ...now }) => validateUnchanged('spec.drivers', now, before)),
  );

/** Source: ValidateCSIStorageCapacity. */
export function validateCsiStorageCapacity(object: CSIStorageCapacity): FieldError[] {
  const { nodeTopology, storageClassName = '', capacity } = object;
  return [
    ...validateLabelSelector(nodeTopology, 'nodeTopology'),
    ...invalidFor('storageClassName', storageClassName, dnsSubdomainMessages(storageClassName)),
    ...(capacity !== undefined && parseQuantity(capacity).nanos < 0n
      ? [invalidValue('capacity', capacity, NEGATIVE)]
      : []),
  ];
}

/** Source: ValidateCSIStorageCapacityUpdate. */
export const validateCsiStorageCapacityUpdate = (
  object: CSIStorageCapacity,
  current: CSIStorageCapacity,
): FieldError[] => [
  ...validateUnchanged('nodeTopology', object.nodeTopology, current.nodeTopology),
  ...validateUnchanged('storageClassName', object.storageClassName, current.storageClassName),
];

/** Source: ValidateVolumeAttachment. */
export function validateVolumeAttachment({ spec, status }: VolumeAttachment): FieldError[] {
  const { attacher, nodeName = '', source } = spec ?? {};
  return [
    ...(attacher ? [] : [required('spec.attacher')]),
    ...attachedErrors(source ?? {}, 'spec.source'),
    ...invalidFor('spec.nodeName', nodeName, dnsSubdomainMessages(nodeName)),
    ...(status ? attachmentStatusErrors(status, 'status') : []),
  ];
}

/** Source: ValidateVolumeAttachmentV1. */
export function validateNewVolumeAttachment({ spec }: VolumeAttachment): FieldError[] {
  const name = spec?.source?.persistentVolumeName;
  return [
    ...csiDriverNameErrors(spec?.attacher, 'spec.attacher'),
    ...(name === undefined ? [] : invalidFor('spec.source.persistentVolumeName', name, dnsSubdomainMessages(name))),
  ];
}

/** Source: ValidateVolumeAttachmentUpdate. */
export const validateVolumeAttachmentUpdate = ({ spec }: VolumeAttachment, current: VolumeAttachment): FieldError[] =>
  validateUnchanged('spec', spec, current.spec);

/** Source: validateVolumeAttachmentSource. */
function attachedErrors(
  { inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource,
  field: string,
): FieldError[] {
  const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (!inlineVolumeSpec && persistentVolumeName === undefined) return [required(field, detail)];
  if (inlineVolumeSpec && persistentVolumeName !== undefined) return [forbidden(field, detail)];
  if (inlineVolumeSpec) return validateInlineVolume(inlineVolumeSpec, `${field}.inlineVolumeSpec`);
  if (persistentVolumeName !== '') return [];
  return [required(`${field}.persistentVolumeName`, 'must specify non empty persistentVolumeName')];
}

/** Source: validateVolumeAttachmentStatus. */
function attachmentStatusErrors(status: VolumeAttachmentStatus, field: string): FieldError[] {
  const errors =
    bytesOf(status.attachmentMetadata) > MAX_ATTACHMENT_BYTES
      ? [tooLong(`${field}.attachmentMetadata`, MAX_ATTACHMENT_BYTES)]
      : [];
  for (const name of ['attachError', 'detachError'] as const) {
    const { message = '', errorCode } = status[name] ?? {};
    // Upstream's limit of the message is not the one that it names.
    if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) {
      errors.push(tooLong(`${field}.${name}.message`, MAX_ATTACHMENT_BYTES));
    }
    errors.push(...withinRange(`${field}.${name}.errorCode`, errorCode, 0, 2 ** 31 - 1));
  }
  return errors;
}
