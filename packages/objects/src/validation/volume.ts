import type { FieldError } from '../field-error.js';
import type { KeyToPath, Volume, VolumeMount, VolumeProjection } from '../kinds/api-types.js';
import { parseQuantity } from '../quantity/index.js';
import { duplicate, forbidden, invalidFor, invalidValue, missing, notSupported, required } from './field-errors.js';
import { dnsLabelMessages } from './names.js';

const BACKSTEP = "must not contain '..'";
const MODE_MESSAGE = 'must be a number between 0 and 0777 (octal), both inclusive';
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

const hasBackstep = (path: string): boolean => path.split('/').includes('..');

function validateMode(mode: number | undefined, field: string): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalidValue(field, mode, MODE_MESSAGE)] : [];
}

function validateRelativePath(path: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (path.startsWith('/')) errors.push(invalidValue(field, path, 'must be a relative path'));
  if (hasBackstep(path)) errors.push(invalidValue(field, path, BACKSTEP));
  return errors;
}

function validateItems(items: readonly KeyToPath[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap(({ key, path, mode }, index) => {
    const at = `${field}.items[${index}]`;
    return [
      ...(key ? [] : [required(`${at}.key`)]),
      ...(path ? validateRelativePath(path, `${at}.path`) : [required(`${at}.path`)]),
      ...validateMode(mode, `${at}.mode`),
    ];
  });
}

function validateProjection(source: VolumeProjection, field: string): FieldError[] {
  const kinds = Object.keys(source);
  const errors = kinds.slice(1).map((kind) => forbidden(`${field}.${kind}`, 'may not specify more than 1 volume type'));
  if (kinds.length === 0) errors.push(required(field, 'must specify a volume type'));
  for (const kind of ['secret', 'configMap'] as const) {
    const projection = source[kind];
    if (!projection) continue;
    if (!projection.name) errors.push(required(`${field}.${kind}.name`));
    errors.push(...validateItems(projection.items, `${field}.${kind}`));
  }
  const token = source.serviceAccountToken;
  if (token) {
    if (!token.path) errors.push(required(`${field}.serviceAccountToken.path`));
    if ((token.expirationSeconds ?? 3600) < 600) {
      const detail = 'may not specify a duration less than 10 minutes';
      errors.push(invalidValue(`${field}.serviceAccountToken.expirationSeconds`, token.expirationSeconds, detail));
    }
  }
  return errors;
}

type SourceRule = (volume: Volume, field: string) => FieldError[];

/** Rules of the volume types that daemons use. Other types are not checked. */
const SOURCE_RULES: Readonly<Record<string, SourceRule>> = {
  emptyDir: ({ emptyDir }, field) =>
    emptyDir?.sizeLimit && parseQuantity(emptyDir.sizeLimit).nanos < 0n
      ? [forbidden(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: ({ hostPath }, field) => {
    const path = hostPath?.path;
    const type = hostPath?.type ?? '';
    return [
      ...(path ? [] : [required(`${field}.path`)]),
      ...(path && hasBackstep(path) ? [invalidValue(`${field}.path`, path, BACKSTEP)] : []),
      ...(HOST_PATH_TYPES.includes(type) ? [] : [notSupported(`${field}.type`, type, HOST_PATH_TYPES)]),
    ];
  },
  secret: ({ secret }, field) => [
    ...(secret?.secretName ? [] : [required(`${field}.secretName`)]),
    ...validateMode(secret?.defaultMode, `${field}.defaultMode`),
    ...validateItems(secret?.items, field),
  ],
  configMap: ({ configMap }, field) => [
    ...(configMap?.name ? [] : [required(`${field}.name`)]),
    ...validateMode(configMap?.defaultMode, `${field}.defaultMode`),
    ...validateItems(configMap?.items, field),
  ],
  downwardAPI: ({ downwardAPI }, field) => validateMode(downwardAPI?.defaultMode, `${field}.defaultMode`),
  projected: ({ projected }, field) => [
    ...validateMode(projected?.defaultMode, `${field}.defaultMode`),
    ...(projected?.sources ?? []).flatMap((source, index) => validateProjection(source, `${field}.sources[${index}]`)),
  ],
  nfs: ({ nfs }, field) => [
    ...(nfs?.server ? [] : [required(`${field}.server`)]),
    ...(nfs?.path ? [] : [required(`${field}.path`)]),
    ...(nfs?.path && !nfs.path.startsWith('/')
      ? [invalidValue(`${field}.path`, nfs.path, 'must be an absolute path')]
      : []),
  ],
  persistentVolumeClaim: ({ persistentVolumeClaim: claim }, field) =>
    claim?.claimName ? [] : [required(`${field}.claimName`)],
  csi: ({ csi }, field) => (csi?.driver ? [] : [required(`${field}.driver`)]),
};

/** pkg/apis/core/validation ValidateVolumes: unique names, one source each. */
export function validateVolumes(volumes: readonly Volume[], field: string): FieldError[] {
  const names = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const path = `${field}[${index}]`;
    const errors: FieldError[] = [];
    const kinds = Object.keys(volume).filter((key) => key !== 'name');
    const [kind] = kinds;
    if (kind === undefined) errors.push(required(path, 'must specify a volume type'));
    else errors.push(...(SOURCE_RULES[kind]?.(volume, `${path}.${kind}`) ?? []));
    for (const extra of kinds.slice(1)) {
      errors.push(forbidden(`${path}.${extra}`, 'may not specify more than 1 volume type'));
    }
    if (!volume.name) errors.push(required(`${path}.name`));
    else errors.push(...invalidFor(`${path}.name`, volume.name, dnsLabelMessages(volume.name)));
    if (names.has(volume.name)) errors.push(duplicate(`${path}.name`, volume.name));
    names.add(volume.name);
    return errors;
  });
}

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

interface MountContext {
  volumes: ReadonlySet<string>;
  privileged: boolean;
}

/** pkg/apis/core/validation ValidateVolumeMounts. */
export function validateVolumeMounts(
  mounts: readonly VolumeMount[],
  context: MountContext,
  field: string,
): FieldError[] {
  const paths = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (!mount.name) errors.push(required(`${at}.name`));
    else if (!context.volumes.has(mount.name)) errors.push(missing(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    else if (paths.has(mount.mountPath)) {
      errors.push(invalidValue(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    }
    paths.add(mount.mountPath);
    if (mount.subPath) errors.push(...validateRelativePath(mount.subPath, `${at}.subPath`));
    if (mount.subPathExpr) {
      if (mount.subPath) {
        errors.push(
          invalidValue(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
        );
      }
      errors.push(...validateRelativePath(mount.subPathExpr, `${at}.subPathExpr`));
    }
    const { mountPropagation } = mount;
    if (mountPropagation !== undefined && !PROPAGATIONS.includes(mountPropagation)) {
      errors.push(notSupported(`${at}.mountPropagation`, mountPropagation, PROPAGATIONS));
    } else if (mountPropagation === 'Bidirectional' && !context.privileged) {
      const detail = 'Bidirectional mount propagation is available only to privileged containers';
      errors.push(forbidden(`${at}.mountPropagation`, detail));
    }
    return errors;
  });
}
