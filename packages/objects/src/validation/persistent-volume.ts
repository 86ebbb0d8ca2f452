import type { FieldError } from '../field-error.js';
import type {
  CSIPersistentVolumeSource,
  PersistentVolume,
  PersistentVolumeSpec,
  SecretReference,
  Volume,
} from '../kinds/api-types.js';
import { parseQuantity } from '../quantity/index.js';
import { validateNodeSelector } from './affinity.js';
import { forbidden, invalidFor, invalidValue, notSupported, required } from './field-errors.js';
import { dnsLabelMessages, dnsSubdomainMessages } from './names.js';
import { validateUnchanged } from './object-meta.js';
import { validateNoBackstep } from './paths.js';
import { accessModeErrors, VOLUME_MODES } from './persistent-claim.js';
import { csiDriverNameErrors, REMOTE_RULES } from './remote-volumes.js';
import { validateHostPath } from './volume.js';

const POLICIES = ['Delete', 'Recycle', 'Retain'];
const INLINE = 'in the context of inline volumes';

type AnyRule = (source: unknown, field: string, volume: Volume) => FieldError[];

const local = ({ path }: { path?: string }, field: string): FieldError[] =>
  path ? validateNoBackstep(path, `${field}.path`) : [required(`${field}.path`)];

const RULES: Readonly<Record<string, AnyRule>> = {
  ...REMOTE_RULES,
  hostPath: validateHostPath,
  local,
  csi: csiErrors,
} as Record<string, AnyRule>;

/** In the order in which upstream looks at them: of several types the first one counts. */
const TYPES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const satisfies (keyof PersistentVolumeSpec)[];

/** Where upstream's paths are not the names of the fields. */
const SHOWN: Readonly<Record<string, string>> = { gcePersistentDisk: 'persistentDisk' };
const SHOWN_AS_SECOND: Readonly<Record<string, string>> = { cephfs: 'cephFS' };

/** Source: pkg/apis/core/validation, validateCSIPersistentVolumeSource. */
function csiErrors(csi: CSIPersistentVolumeSource, field: string): FieldError[] {
  const secrets = [
    'controllerPublishSecretRef',
    'controllerExpandSecretRef',
    'nodePublishSecretRef',
    'nodeExpandSecretRef',
  ] as const;
  return [
    ...csiDriverNameErrors(csi.driver, `${field}.driver`),
    ...(csi.volumeHandle ? [] : [required(`${field}.volumeHandle`)]),
    ...secrets.flatMap((name) => (csi[name] ? secretErrors(csi[name], `${field}.${name}`) : [])),
  ];
}

/** Source: validatePVSecretReference. */
const secretErrors = ({ name, namespace }: SecretReference, field: string): FieldError[] => [
  ...(name ? invalidFor(`${field}.name`, name, dnsSubdomainMessages(name)) : [required(`${field}.name`)]),
  ...(namespace
    ? invalidFor(`${field}.namespace`, namespace, dnsLabelMessages(namespace))
    : [required(`${field}.namespace`)]),
];

/** Source: ValidatePersistentVolume. */
export const validatePersistentVolume = ({ metadata, spec }: PersistentVolume): FieldError[] =>
  validateVolumeSpec(spec ?? {}, 'spec', metadata?.name ?? '');

/** The spec of a volume inside of a VolumeAttachment. */
export function validateInlineVolume(spec: PersistentVolumeSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (member: string): void =>
    void errors.push(forbidden(`${field}.${member}`, `may not be specified ${INLINE}`));
  if (spec.claimRef) refuse('claimRef');
  if (Object.keys(spec.capacity ?? {}).length > 0) refuse('capacity');
  if (!spec.csi) errors.push(required(`${field}.csi`, `has to be specified ${INLINE}`));
  return [...errors, ...validateVolumeSpec(spec, field, undefined)];
}

/** Source: ValidatePersistentVolumeSpec. A volume without a name is an inline one. */
function validateVolumeSpec(spec: PersistentVolumeSpec, field: string, name: string | undefined): FieldError[] {
  const isInline = name === undefined;
  const { accessModes = [], nodeAffinity } = spec;
  return [
    ...(accessModes.length === 0 ? [required(`${field}.accessModes`)] : []),
    ...accessModeErrors(accessModes, `${field}.accessModes`),
    ...(isInline ? [] : capacityErrors(spec.capacity, `${field}.capacity`)),
    ...policyErrors(spec.persistentVolumeReclaimPolicy, isInline, `${field}.persistentVolumeReclaimPolicy`),
    ...(nodeAffinity ? affinityErrors(nodeAffinity, isInline, `${field}.nodeAffinity`) : []),
    ...sourceErrors(spec, field, name ?? ''),
    ...classErrors(spec, isInline, field),
  ];
}

function capacityErrors(capacity: Record<string, string> | undefined, field: string): FieldError[] {
  const amounts = Object.entries(capacity ?? {});
  const errors = amounts.length === 0 ? [required(field)] : [];
  if (amounts.length !== 1 || amounts[0]?.[0] !== 'storage') {
    errors.push(notSupported(field, capacity ?? null, ['storage']));
  }
  for (const [name, amount] of amounts) {
    const { nanos } = parseQuantity(amount);
    const path = `${field}[${name}]`;
    if (nanos < 0n) errors.push(invalidValue(path, wholeOf(nanos), 'must be a valid resource quantity'));
    if (nanos <= 0n) errors.push(invalidValue(path, amount, 'must be greater than zero'));
  }
  return errors;
}

/** What Go's Quantity.Value() returns: the whole number away from zero. */
const wholeOf = (nanos: bigint): number => Number(nanos / 10n ** 9n) - (nanos % 10n ** 9n === 0n ? 0 : 1);

function policyErrors(policy: string | undefined, isInline: boolean, field: string): FieldError[] {
  if (!policy) return [];
  if (isInline) return policy === 'Retain' ? [] : [forbidden(field, `may only be Retain ${INLINE}`)];
  return POLICIES.includes(policy) ? [] : [notSupported(field, policy, POLICIES)];
}

function affinityErrors(
  { required: selector }: NonNullable<PersistentVolumeSpec['nodeAffinity']>,
  isInline: boolean,
  field: string,
): FieldError[] {
  if (isInline) return [forbidden(field, `may not be specified ${INLINE}`)];
  if (!selector) return [required(`${field}.required`, 'must specify required node constraints')];
  return validateNodeSelector(selector, `${field}.required`);
}

function sourceErrors(spec: PersistentVolumeSpec, field: string, name: string): FieldError[] {
  const [first, ...others] = TYPES.filter((type) => spec[type] !== undefined);
  if (first === undefined) return [required(field, 'must specify a volume type')];
  const errors = RULES[first]?.(spec[first], `${field}.${SHOWN[first] ?? first}`, { name }) ?? [];
  if (first === 'local' && !spec.nodeAffinity) {
    errors.push(required(`${field}.nodeAffinity`, 'Local volume requires node affinity'));
  }
  for (const type of others) {
    // Upstream allows a flexVolume beside another type.
    if (type === 'flexVolume') errors.push(...(RULES[type]?.(spec[type], `${field}.${type}`, { name }) ?? []));
    else errors.push(forbidden(`${field}.${SHOWN_AS_SECOND[type] ?? type}`, 'may not specify more than 1 volume type'));
  }
  const isRoot = spec.hostPath !== undefined && /^\/+$/.test(spec.hostPath.path);
  if (isRoot && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(forbidden(`${field}.persistentVolumeReclaimPolicy`, detail));
  }
  return errors;
}

function classErrors(spec: PersistentVolumeSpec, isInline: boolean, field: string): FieldError[] {
  const { storageClassName, volumeMode, volumeAttributesClassName: attributes, csi } = spec;
  const errors: FieldError[] = [];
  if (storageClassName) {
    const path = `${field}.storageClassName`;
    if (isInline) errors.push(forbidden(path, `may not be specified ${INLINE}`));
    else errors.push(...invalidFor(path, storageClassName, dnsSubdomainMessages(storageClassName)));
  }
  if (volumeMode !== undefined) {
    const path = `${field}.volumeMode`;
    if (!isInline && !VOLUME_MODES.includes(volumeMode)) errors.push(notSupported(path, volumeMode, VOLUME_MODES));
    if (isInline && volumeMode !== 'Filesystem') {
      errors.push(forbidden(path, `may not specify volumeMode other than Filesystem ${INLINE}`));
    }
  }
  if (attributes === undefined) return errors;
  const path = `${field}.volumeAttributesClassName`;
  if (attributes === '') errors.push(required(path, 'an empty string is disallowed'));
  else errors.push(...invalidFor(path, attributes, dnsSubdomainMessages(attributes)));
  if (!csi) errors.push(required(`${field}.csi`, 'has to be specified when using volumeAttributesClassName'));
  return errors;
}

const sourcesOf = (spec: PersistentVolumeSpec): object => Object.fromEntries(TYPES.map((type) => [type, spec[type]]));

/** Source: ValidatePersistentVolumeUpdate. The refusal of another source does not print what differs. */
export function validatePersistentVolumeUpdate(
  { spec = {} }: PersistentVolume,
  current: PersistentVolume,
): FieldError[] {
  const before = current.spec ?? {};
  const sources = sourcesOf(spec);
  if (spec.csi && before.csi && !before.csi.controllerExpandSecretRef) {
    const { controllerExpandSecretRef: _added, ...csi } = spec.csi;
    Object.assign(sources, { csi });
  }
  const errors =
    validateUnchanged('', sources, sourcesOf(before)).length > 0
      ? [forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')]
      : [];
  errors.push(...validateUnchanged('volumeMode', spec.volumeMode, before.volumeMode));
  if (before.nodeAffinity) errors.push(...validateUnchanged('nodeAffinity', spec.nodeAffinity, before.nodeAffinity));
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  return errors;
}
