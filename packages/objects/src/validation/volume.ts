import type { FieldError } from '../field-error.js';
import type { Volume } from '../kinds/api-types.js';
import { parseQuantity } from '../quantity/index.js';
import { duplicate, forbidden, invalidFor, invalidValue, notSupported, oneOf, required } from './field-errors.js';
import { dnsLabelMessages, dnsSubdomainMessages } from './names.js';
import { validateMode, validateNoBackstep, validateRelativePath } from './paths.js';
import { validateClaimTemplate } from './persistent-claim.js';
import { validateDownwardFile, validateItems, validateProjected } from './projected-volume.js';
import { REMOTE_RULES } from './remote-volumes.js';
import type { Volumes } from './volume-mounts.js';

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

type Source<K extends keyof Volume> = Exclude<Volume[K], undefined>;
type Rules = { readonly [K in keyof Volume]?: (source: Source<K>, field: string, volume: Volume) => FieldError[] };

/** Source: validateHostPathVolumeSource. */
export function validateHostPath({ path, type }: Source<'hostPath'>, field: string): FieldError[] {
  if (!path) return [required(`${field}.path`)];
  const errors = validateNoBackstep(path, `${field}.path`);
  if (type !== undefined && !HOST_PATH_TYPES.includes(type)) {
    errors.push(notSupported(`${field}.type`, type, HOST_PATH_TYPES));
  }
  return errors;
}

/** Rules of the volume types that the node itself makes. */
const LOCAL_RULES: Rules = {
  emptyDir: ({ sizeLimit }, field) =>
    sizeLimit !== undefined && parseQuantity(sizeLimit).nanos < 0n
      ? [forbidden(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: validateHostPath,
  gitRepo: ({ repository, directory = '' }, field) => [
    ...(repository ? [] : [required(`${field}.repository`)]),
    ...validateRelativePath(directory, `${field}.directory`),
  ],
  secret: ({ secretName, defaultMode, items }, field) => [
    ...(secretName ? [] : [required(`${field}.secretName`)]),
    ...validateMode(defaultMode, `${field}.defaultMode`),
    ...validateItems(items, `${field}.items`),
  ],
  persistentVolumeClaim: ({ claimName }, field) => (claimName ? [] : [required(`${field}.claimName`)]),
  downwardAPI: ({ defaultMode, items }, field) => [
    ...validateMode(defaultMode, `${field}.defaultMode`),
    ...(items ?? []).flatMap((file) => validateDownwardFile(file, field)),
  ],
  configMap: ({ name, defaultMode, items }, field) => [
    ...(name ? [] : [required(`${field}.name`)]),
    ...validateMode(defaultMode, `${field}.defaultMode`),
    ...validateItems(items, `${field}.items`),
  ],
  projected: validateProjected,
  ephemeral: ({ volumeClaimTemplate: template }, field) =>
    template
      ? validateClaimTemplate(template, `${field}.volumeClaimTemplate`)
      : [required(`${field}.volumeClaimTemplate`)],
};

/** In the order in which upstream looks at them: of several types the first one counts. */
const TYPES = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
] as const satisfies (keyof Volume)[];

/** Where upstream's paths are not the names of the fields. */
const SHOWN: Readonly<Record<string, string>> = { gcePersistentDisk: 'persistentDisk' };
const SHOWN_AS_SECOND: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

type AnyRule = (source: unknown, field: string, volume: Volume) => FieldError[];
const RULES: Readonly<Record<string, AnyRule>> = { ...REMOTE_RULES, ...LOCAL_RULES } as Record<string, AnyRule>;

/** The pod that volumes belong to; undefined for a template. */
interface Owner {
  name?: string;
}

function sourceErrors(volume: Volume, pod: Owner | undefined, field: string): FieldError[] {
  const present = TYPES.filter((type) => volume[type] !== undefined);
  const [first, ...others] = present;
  if (first === undefined) return [required(field, 'must specify a volume type')];
  const errors = RULES[first]?.(volume[first], `${field}.${SHOWN[first] ?? first}`, volume) ?? [];
  for (const type of others) {
    const detail = 'may not specify more than 1 volume type';
    errors.push(forbidden(`${field}.${SHOWN_AS_SECOND[type] ?? type}`, detail));
  }
  if (first === 'ephemeral' && pod?.name && volume.name) {
    const claim = `${pod.name}-${volume.name}`;
    for (const message of dnsSubdomainMessages(claim)) {
      errors.push(invalidValue(`${field}.name`, volume.name, `PVC name ${JSON.stringify(claim)}: ${message}`));
    }
  }
  if (first === 'image') {
    const { reference, pullPolicy } = volume.image ?? {};
    if (pod && !reference) errors.push(required(`${field}.image.reference`));
    errors.push(...oneOf(`${field}.image.pullPolicy`, pullPolicy, ['Always', 'IfNotPresent', 'Never']));
  }
  return errors;
}

/**
 * pkg/apis/core/validation ValidateVolumes: unique names, one source each. Returns also the volumes without errors,
 * which containers may mount.
 */
export function validateVolumes(
  volumes: readonly Volume[],
  pod: Owner | undefined,
  field: string,
): { errors: FieldError[]; valid: Volumes } {
  const valid = new Map<string, Volume>();
  const claims = new Set(
    volumes.filter(({ ephemeral }) => ephemeral && pod?.name).map(({ name }) => `${pod?.name}-${name}`),
  );
  const errors: FieldError[] = [];
  for (const [index, volume] of volumes.entries()) {
    const path = `${field}[${index}]`;
    const { name, persistentVolumeClaim } = volume;
    const found = sourceErrors(volume, pod, path);
    if (!name) found.push(required(`${path}.name`));
    else found.push(...invalidFor(`${path}.name`, name, dnsLabelMessages(name)));
    if (valid.has(name)) found.push(duplicate(`${path}.name`, name));
    if (found.length === 0) valid.set(name, volume);
    errors.push(...found);
    const claim = persistentVolumeClaim?.claimName ?? '';
    if (claims.has(claim)) {
      const detail = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(invalidValue(`${path}.persistentVolumeClaim.claimName`, claim, detail));
    }
  }
  return { errors, valid };
}
