import type { FieldError } from '../field-error.js';
import type { Volume } from '../kinds/api-types.js';
import { append, invalidFor, invalidValue, notSupported, required, tooLong, withinRange } from './field-errors.js';
import { dnsLabelMessages, dnsSubdomainMessages } from './names.js';

type Source<K extends keyof Volume> = Exclude<Volume[K], undefined>;
type Rule<K extends keyof Volume> = (source: Source<K>, field: string, volume: Volume) => FieldError[];

/** A Required error for each member that is empty. */
const needs = (field: string, members: Readonly<Record<string, unknown>>): FieldError[] =>
  Object.entries(members).flatMap(([name, value]) =>
    value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
      ? [required(`${field}.${name}`)]
      : [],
  );

const QUALIFIED: Readonly<Record<string, RegExp>> = {
  iqn: /^iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

function initiatorErrors(name: string, field: string): FieldError[] {
  const form = QUALIFIED[name.slice(0, 3)];
  if (!form) return [invalidValue(field, name, 'must be valid format starting with iqn, eui, or naa')];
  return form.test(name) ? [] : [invalidValue(field, name, 'must be valid format')];
}

const iscsi: Rule<'iscsi'> = (source, field, { name }) => {
  const { targetPortal, iqn, lun, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName } = source;
  const errors = needs(field, { targetPortal });
  errors.push(...(iqn ? initiatorErrors(iqn, `${field}.iqn`) : [required(`${field}.iqn`)]));
  errors.push(...withinRange(`${field}.lun`, lun, 0, 255));
  if ((chapAuthDiscovery || chapAuthSession) && !secretRef) errors.push(required(`${field}.secretRef`));
  if (initiatorName === undefined) return errors;
  errors.push(...initiatorErrors(initiatorName, `${field}.initiatorname`));
  if (`${name}:${targetPortal}`.length > 64) {
    const detail =
      'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';
    errors.push(invalidValue(`${field.slice(0, field.lastIndexOf('.'))}.name`, name, detail));
  }
  return errors;
};

const fc: Rule<'fc'> = ({ targetWWNs = [], wwids = [], lun }, field) => {
  const path = `${field}.targetWWNs`;
  if (targetWWNs.length === 0) {
    return wwids.length > 0 ? [] : [required(path, 'must specify either targetWWNs or wwids, but not both')];
  }
  const errors: FieldError[] = [];
  if (wwids.length > 0) {
    errors.push(invalidValue(path, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  }
  if (lun === undefined) errors.push(required(`${field}.lun`, 'lun is required if targetWWNs is specified'));
  return [...errors, ...withinRange(`${field}.lun`, lun, 0, 255)];
};

const PAIRS = 'must be a host:port pair or multiple pairs separated by commas';

const quobyte: Rule<'quobyte'> = ({ registry, tenant = '', volume }, field) => {
  const errors: FieldError[] = [];
  if (!registry) errors.push(required(`${field}.registry`, PAIRS));
  else if (tenant.length >= 65) {
    errors.push(required(`${field}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  } else {
    const wrong = registry.split(',').filter((pair) => !/^(\[[^[\]]*\]|[^:[\]]*):[^:]*$/.test(pair));
    append(
      errors,
      wrong.map(() => invalidValue(`${field}.registry`, registry, PAIRS)),
    );
  }
  return [...errors, ...needs(field, { volume })];
};

const flexVolume: Rule<'flexVolume'> = ({ driver, options = {} }, field) => [
  ...needs(field, { driver }),
  ...Object.keys(options).flatMap((key) => {
    const domain = `.${(key.split('/')[0] ?? '').toLowerCase()}`;
    return domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io')
      ? [invalidValue(`${field}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')]
      : [];
  }),
];

const CACHING = ['None', 'ReadOnly', 'ReadWrite'];
const DISKS = ['Dedicated', 'Managed', 'Shared'];
const MANAGED_URI = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

const azureDisk: Rule<'azureDisk'> = ({ diskName, diskURI = '', cachingMode, kind }, field) => {
  const errors = needs(field, { diskName, diskURI });
  if (cachingMode !== undefined && !CACHING.includes(cachingMode)) {
    errors.push(notSupported(`${field}.cachingMode`, cachingMode, CACHING));
  }
  if (kind === undefined) return errors;
  if (!DISKS.includes(kind)) errors.push(notSupported(`${field}.kind`, kind, DISKS));
  const [prefix, form] = kind === 'Managed' ? ['/subscriptions/', MANAGED_URI] : ['https://', BLOB_URI];
  if (!diskURI.startsWith(prefix)) errors.push(notSupported(`${field}.diskURI`, diskURI, [form]));
  return errors;
};

const storageos: Rule<'storageos'> = ({ volumeName, volumeNamespace, secretRef }, field) => [
  ...(volumeName
    ? invalidFor(`${field}.volumeName`, volumeName, dnsLabelMessages(volumeName))
    : [required(`${field}.volumeName`)]),
  ...(volumeNamespace
    ? invalidFor(`${field}.volumeNamespace`, volumeNamespace, dnsLabelMessages(volumeNamespace))
    : []),
  ...(secretRef ? needs(`${field}.secretRef`, { name: secretRef.name }) : []),
];

const flocker: Rule<'flocker'> = ({ datasetName = '', datasetUUID = '' }, field) => {
  const errors: FieldError[] = [];
  if (!datasetName && !datasetUUID) errors.push(required(field, 'one of datasetName and datasetUUID is required'));
  if (datasetName && datasetUUID) {
    const detail = 'datasetName and datasetUUID can not be specified simultaneously';
    errors.push(invalidValue(field, 'resource', detail));
  }
  if (datasetName.includes('/')) {
    errors.push(invalidValue(`${field}.datasetName`, datasetName, "must not contain '/'"));
  }
  return errors;
};

/** Source: pkg/apis/core/validation, ValidateCSIDriverName. */
export const csiDriverNameErrors = (driver = '', field: string): FieldError[] => [
  ...(driver ? [] : [required(field)]),
  ...(Buffer.byteLength(driver) > 63 ? [tooLong(field, 63)] : []),
  ...invalidFor(field, driver, dnsSubdomainMessages(driver.toLowerCase())),
];

const csi: Rule<'csi'> = ({ driver, nodePublishSecretRef: secret }, field) => {
  const errors = csiDriverNameErrors(driver, `${field}.driver`);
  if (!secret) return errors;
  if (!secret.name) return [...errors, required(`${field}.nodePublishSecretRef.name`)];
  return [...errors, ...invalidFor(`${field}.name`, secret.name, dnsSubdomainMessages(secret.name))];
};

/** Rules of the volume types that lie outside the node. Source: pkg/apis/core/validation validateVolumeSource. */
export const REMOTE_RULES: { readonly [K in keyof Volume]?: Rule<K> } = {
  gcePersistentDisk: ({ pdName, partition }, field) => [
    ...needs(field, { pdName }),
    ...partitionErrors(partition, field),
  ],
  awsElasticBlockStore: ({ volumeID, partition }, field) => [
    ...needs(field, { volumeID }),
    ...partitionErrors(partition, field),
  ],
  nfs: ({ server, path }, field) => [
    ...needs(field, { server, path }),
    ...(path?.startsWith('/') ? [] : [invalidValue(`${field}.path`, path ?? '', 'must be an absolute path')]),
  ],
  iscsi,
  glusterfs: ({ endpoints, path }, field) => needs(field, { endpoints, path }),
  flocker,
  rbd: ({ monitors, image }, field) => needs(field, { monitors, image }),
  cinder: ({ volumeID, secretRef }, field) => [
    ...needs(field, { volumeID }),
    ...(secretRef ? needs(`${field}.secretRef`, { name: secretRef.name }) : []),
  ],
  cephfs: ({ monitors }, field) => needs(field, { monitors }),
  quobyte,
  fc,
  flexVolume,
  azureFile: ({ secretName, shareName }, field) => needs(field, { secretName, shareName }),
  vsphereVolume: ({ volumePath }, field) => needs(field, { volumePath }),
  photonPersistentDisk: ({ pdID }, field) => needs(field, { pdID }),
  portworxVolume: ({ volumeID }, field) => needs(field, { volumeID }),
  azureDisk,
  storageos,
  scaleIO: ({ gateway, system, volumeName }, field) => needs(field, { gateway, system, volumeName }),
  csi,
};

function partitionErrors(partition: number | undefined, field: string): FieldError[] {
  if (partition === undefined || (partition >= 0 && partition <= 255)) return [];
  return [invalidValue(`${field}.partition`, partition, 'must be between 1 and 255, inclusive')];
}
