import type { FieldError } from '../field-error.js';
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate } from '../kinds/api-types.js';
import { parseQuantity } from '../quantity/index.js';
import { forbidden, invalidFor, invalidValue, notSupported, required } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { dnsLabelMessages, dnsSubdomainMessages } from './names.js';
import { validateAnnotations, validateLabels } from './object-meta.js';

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];

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

function accessModeErrors(modes: readonly string[], field: string): FieldError[] {
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
  }
  if (storageClassName) {
    errors.push(...invalidFor(`${field}.storageClassName`, storageClassName, dnsSubdomainMessages(storageClassName)));
  }
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode)) {
    errors.push(notSupported(`${field}.volumeMode`, volumeMode, VOLUME_MODES));
  }
  if (dataSource) errors.push(...dataSourceErrors(dataSource, `${field}.dataSource`));
  if (dataSourceRef) errors.push(...dataSourceErrors(dataSourceRef, `${field}.dataSourceRef`));
  const { volumeAttributesClassName: attributes } = spec;
  if (attributes) {
    errors.push(...invalidFor(`${field}.volumeAttributesClassName`, attributes, dnsSubdomainMessages(attributes)));
  }
  return errors;
}
