import type { FieldError } from '../field-error.js';
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
} from '../kinds/api-types.js';
import { parseQuantity } from '../quantity/index.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { forbidden, IMMUTABLE, invalidFor, invalidValue, notSupported, required } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { dnsLabelMessages, dnsSubdomainMessages } from './names.js';
import { validateAnnotations, validateLabels, validateUnchanged } from './object-meta.js';
import { validateAmount } from './resource-requirements.js';

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

/** Fields of metadata in the order of the Go type; the claim's own labels and annotations may be set. */
const UNUSED = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

/** pkg/apis/core/validation ValidatePersistentVolumeClaimTemplate. */
export function validateClaimTemplate({ metadata, spec }: PersistentVolumeClaimTemplate, field: string): FieldError[] {
  const own: Readonly<Record<string, unknown>> = metadata ?? {};
  return [
    ...validateAnnotations(metadata?.annotations, `${field}.metadata.annotations`),
    ...validateLabels(metadata?.labels, `${field}.metadata.labels`),
    ...UNUSED.filter((name) => own[name] !== undefined && own[name] !== null).map((name) =>
      forbidden(`${field}.metadata.${name}`, 'cannot be set'),
    ),
    ...validateClaimSpec(spec ?? {}, `${field}.spec`),
  ];
}

/** Claims and volumes have the same modes of access. Source: ValidatePersistentVolumeSpec. */
export function accessModeErrors(modes: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const mode of modes) if (!MODES.includes(mode)) errors.push(notSupported(field, mode, MODES));
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && MODES.includes(mode));
  if (others && modes.includes('ReadWriteOncePod')) {
    errors.push(forbidden(field, 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

/** A source of data of the core group is another claim. Source: validateDataSource, validateDataSourceRef. */
function dataSourceErrors(
  { apiGroup = '', kind, name, namespace }: { apiGroup?: string; kind?: string; name?: string; namespace?: string },
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(`${field}.name`));
  if (!kind) errors.push(required(`${field}.kind`));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(invalidValue(field, kind ?? '', detail));
  }
  if (apiGroup !== '') errors.push(...invalidFor(`${field}.apiGroup`, apiGroup, dnsSubdomainMessages(apiGroup)));
  if (namespace) errors.push(...invalidFor(`${field}.namespace`, namespace, dnsLabelMessages(namespace)));
  return errors;
}

/** Both sources of data are the same one, and a claim of another namespace has only the newer one. */
function sourcePairErrors({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, field: string): FieldError[] {
  if (!dataSource || !dataSourceRef) return [];
  // Upstream prints the path where the value should be.
  const refuse = (detail: string): FieldError[] => [invalidValue(field, {}, detail)];
  if (dataSourceRef.namespace) return refuse('may not be specified when dataSourceRef.namespace is specified');
  const { namespace: _none, ...reference } = dataSourceRef;
  return semanticallyEqual(dataSource, reference) ? [] : refuse('must match dataSourceRef');
}

/** pkg/apis/core/validation ValidatePersistentVolumeClaim. */
export const validatePersistentVolumeClaim = ({ spec }: PersistentVolumeClaim): FieldError[] =>
  validateClaimSpec(spec ?? {}, 'spec');

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** What of a claim may not change: all but its size and attributes when it is bound, and what binding sets once. */
function frozenSpec(
  spec: PersistentVolumeClaimSpec,
  before: PersistentVolumeClaimSpec,
  mayGrow: boolean,
  mayGetClass: boolean,
): PersistentVolumeClaimSpec {
  const { volumeAttributesClassName: attributes, ...frozen }: PersistentVolumeClaimSpec = spec;
  const kept = mayGrow && attributes !== undefined ? before.volumeAttributesClassName : attributes;
  if (kept !== undefined) Object.assign(frozen, { volumeAttributesClassName: kept });
  if (!before.volumeName) delete frozen.volumeName;
  if (mayGetClass) delete frozen.storageClassName;
  if (!mayGrow || !frozen.resources?.requests) return frozen;
  const { storage: _size, ...requests } = frozen.resources.requests;
  return { ...frozen, resources: { ...frozen.resources, requests } };
}

const sizeOf = (amounts: Record<string, string> | undefined): bigint => parseQuantity(amounts?.storage ?? '0').nanos;

/** Source: ValidatePersistentVolumeClaimUpdate. The refusal does not print what differs. */
export function validatePersistentVolumeClaimUpdate(
  claim: PersistentVolumeClaim,
  current: PersistentVolumeClaim,
): FieldError[] {
  const [spec, before] = [claim.spec ?? {}, current.spec ?? {}];
  const annotated = current.metadata?.annotations?.[CLASS_ANNOTATION];
  const named = claim.metadata?.annotations?.[CLASS_ANNOTATION];
  const { storageClassName } = spec;
  // An old claim without a class, or with one in its annotation, may name it in its spec.
  const mayGetClass =
    storageClassName !== undefined &&
    before.storageClassName === undefined &&
    (annotated === undefined || annotated === storageClassName);
  const errors: FieldError[] = [];
  if (annotated !== named && !(mayGetClass && annotated !== undefined && named === undefined)) {
    const field = `metadata.annotations[${CLASS_ANNOTATION}]`;
    errors.push(invalidValue(field, named ?? '', IMMUTABLE));
  }
  const mayGrow = current.status?.phase === 'Bound';
  const isSame = semanticallyEqual(
    frozenSpec(spec, before, mayGrow, mayGetClass),
    frozenSpec(before, before, mayGrow, mayGetClass),
  );
  if (!isSame) {
    const exceptions = 'resources.requests and volumeAttributesClassName for bound claims';
    errors.push(forbidden('spec', `spec is immutable after creation except ${exceptions}`));
  }
  const [size, sizeBefore] = [sizeOf(spec.resources?.requests), sizeOf(before.resources?.requests)];
  if (size < sizeBefore && size <= sizeOf(current.status?.capacity)) {
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  errors.push(...validateUnchanged('volumeMode', spec.volumeMode, before.volumeMode));
  const { volumeAttributesClassName: attributes } = spec;
  if (before.volumeAttributesClassName !== undefined && !attributes) {
    const what = attributes === undefined ? 'nil' : 'an empty string';
    errors.push(forbidden('spec.volumeAttributesClassName', `update from non-nil value to ${what} is forbidden`));
  }
  return errors;
}

/** pkg/apis/core/validation ValidatePersistentVolumeClaimSpec. */
function validateClaimSpec(spec: PersistentVolumeClaimSpec, field: string): FieldError[] {
  const { accessModes = [], selector, resources, storageClassName, volumeMode, dataSource, dataSourceRef } = spec;
  const errors: FieldError[] = [];
  if (accessModes.length === 0) errors.push(required(`${field}.accessModes`, 'at least 1 access mode is required'));
  errors.push(...validateLabelSelector(selector, `${field}.selector`));
  errors.push(...accessModeErrors(accessModes, `${field}.accessModes`));
  const storage = resources?.requests?.storage;
  const storageField = `${field}.resources[storage]`;
  if (storage === undefined) errors.push(required(storageField));
  else if (parseQuantity(storage).nanos <= 0n) {
    errors.push(invalidValue(storageField, storage, 'must be greater than zero'));
  } else errors.push(...validateAmount('storage', storage, storageField));
  if (storageClassName) {
    errors.push(...invalidFor(`${field}.storageClassName`, storageClassName, dnsSubdomainMessages(storageClassName)));
  }
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode)) {
    errors.push(notSupported(`${field}.volumeMode`, volumeMode, VOLUME_MODES));
  }
  if (dataSource) errors.push(...dataSourceErrors(dataSource, `${field}.dataSource`));
  if (dataSourceRef) errors.push(...dataSourceErrors(dataSourceRef, `${field}.dataSourceRef`));
  errors.push(...sourcePairErrors(spec, field));
  const { volumeAttributesClassName: attributes } = spec;
  if (attributes) {
    errors.push(...invalidFor(`${field}.volumeAttributesClassName`, attributes, dnsSubdomainMessages(attributes)));
  }
  return errors;
}
