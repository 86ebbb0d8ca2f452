import type { FieldError } from '../field-error.js';
import type { Container, Volume, VolumeDevice, VolumeMount } from '../kinds/api-types.js';
import { forbidden, invalidValue, missing, notSupported, required } from './field-errors.js';
import { hasBackstep, validateRelativePath } from './paths.js';

/** The valid volumes of a pod by name. */
export type Volumes = ReadonlyMap<string, Volume>;

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE = ['Disabled', 'Enabled', 'IfPossible'];

/** Upstream names the list of mounts and not the mount in the errors of these fields. */
function mountOptionErrors(mount: VolumeMount, isPrivileged: boolean, field: string): FieldError[] {
  const { subPath, subPathExpr, mountPropagation: propagation, recursiveReadOnly: recursive } = mount;
  const errors: FieldError[] = [];
  if (subPath) errors.push(...validateRelativePath(subPath, `${field}.subPath`));
  if (subPathExpr) errors.push(...validateRelativePath(subPathExpr, `${field}.subPathExpr`));
  if (propagation !== undefined) {
    const path = `${field}.mountPropagation`;
    if (!PROPAGATIONS.includes(propagation)) errors.push(notSupported(path, propagation, PROPAGATIONS));
    if (propagation === 'Bidirectional' && !isPrivileged) {
      errors.push(forbidden(path, 'Bidirectional mount propagation is available only to privileged containers'));
    }
  }
  if (recursive === undefined || recursive === 'Disabled') return errors;
  const path = `${field}.recursiveReadOnly`;
  if (!RECURSIVE.includes(recursive)) return [...errors, notSupported(path, recursive, RECURSIVE)];
  if (!mount.readOnly) errors.push(forbidden(path, 'may only be specified when readOnly is true'));
  if (propagation !== undefined && propagation !== 'None') {
    errors.push(forbidden(path, 'may only be specified when mountPropagation is None or not specified'));
  }
  return errors;
}

/** pkg/apis/core/validation ValidateVolumeMounts. */
export function validateVolumeMounts(container: Container, volumes: Volumes, field: string): FieldError[] {
  const { volumeMounts = [], volumeDevices = [], securityContext } = container;
  const deviceNames = new Set(volumeDevices.map((device) => device.name));
  const devicePaths = new Set(volumeDevices.map(({ devicePath }) => devicePath));
  const paths = new Set<string>();
  return volumeMounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const { name = '', mountPath = '', subPath, subPathExpr } = mount;
    const errors: FieldError[] = [];
    const volume = volumes.get(name);
    if (!name) errors.push(required(`${at}.name`));
    if (!volume) errors.push(missing(`${at}.name`, name));
    if (!mountPath) errors.push(required(`${at}.mountPath`));
    if (paths.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    if (deviceNames.has(name)) {
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'));
    }
    if (devicePaths.has(mountPath)) {
      errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    }
    if (subPath && subPathExpr) {
      errors.push(invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    }
    errors.push(...mountOptionErrors(mount, securityContext?.privileged === true, field));
    return errors;
  });
}

/** pkg/apis/core/validation ValidateVolumeDevices. */
export function validateVolumeDevices(container: Container, volumes: Volumes, field: string): FieldError[] {
  const { volumeDevices = [], volumeMounts = [] } = container;
  const mountNames = new Set(volumeMounts.map((mount) => mount.name));
  const mountPaths = new Set(volumeMounts.map(({ mountPath }) => mountPath));
  const paths = new Set<string>();
  const names = new Set<string>();
  return volumeDevices.flatMap(({ name = '', devicePath = '' }: VolumeDevice, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    const volume = volumes.get(name);
    if (!name) errors.push(required(`${at}.name`));
    if (names.has(name)) errors.push(invalidValue(`${at}.name`, name, 'must be unique'));
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) {
      const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.push(invalidValue(`${at}.name`, name, detail));
    }
    if (!volume) errors.push(missing(`${at}.name`, name));
    if (!devicePath) errors.push(required(`${at}.devicePath`));
    if (paths.has(devicePath)) errors.push(invalidValue(`${at}.devicePath`, devicePath, 'must be unique'));
    if (hasBackstep(devicePath)) {
      errors.push(invalidValue(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"));
    } else paths.add(devicePath);
    if (mountNames.has(name)) {
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeMounts'));
    }
    if (mountPaths.has(devicePath)) {
      errors.push(invalidValue(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'));
    }
    if (name) names.add(name);
    return errors;
  });
}
