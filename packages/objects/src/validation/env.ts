import type { FieldError } from '../field-error.js';
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector, PodSpec } from '../kinds/api-types.js';
import { invalidFor, invalidValue, missing, required } from './field-errors.js';
import { POD_FIELDS_OF_ENV, validateFieldReference, validateResourceReference } from './field-references.js';
import { configKeyMessages, dnsSubdomainMessages, envNameMessages } from './names.js';
import { validateLocalPath } from './paths.js';
import { placedContainers } from './windows.js';

/** Source: validateConfigMapKeySelector, validateSecretKeySelector. */
function validateKeyReference(reference: { name?: string; key?: string }, field: string): FieldError[] {
  const { name = '', key } = reference;
  return [
    ...invalidFor(`${field}.name`, name, dnsSubdomainMessages(name)),
    ...(key ? invalidFor(`${field}.key`, key, configKeyMessages(key)) : [required(`${field}.key`)]),
  ];
}

/** A variable from a file in a volume. Source: validateFileKeySelector. */
function validateFileReference({ volumeName, path, key }: FileKeySelector, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!key) errors.push(required(`${field}.key`));
  else errors.push(...invalidFor(`${field}.key`, key, envNameMessages(key)));
  if (!volumeName) errors.push(required(`${field}.volumeName`));
  if (!path) errors.push(required(`${field}.path`));
  else errors.push(...validateLocalPath(path, `${field}.path`));
  return errors;
}

const SOURCES = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';

function validateValueFrom(source: EnvVarSource, value: string | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  if (fieldRef) errors.push(...validateFieldReference(fieldRef, POD_FIELDS_OF_ENV, `${field}.fieldRef`));
  if (resourceFieldRef) {
    errors.push(...validateResourceReference(resourceFieldRef, false, `${field}.resourceFieldRef`));
  }
  if (configMapKeyRef) errors.push(...validateKeyReference(configMapKeyRef, `${field}.configMapKeyRef`));
  if (secretKeyRef) errors.push(...validateKeyReference(secretKeyRef, `${field}.secretKeyRef`));
  if (fileKeyRef) errors.push(...validateFileReference(fileKeyRef, `${field}.fileKeyRef`));
  const named = Object.keys(source).length;
  if (named === 0) errors.push(invalidValue(field, '', `must specify one of: ${SOURCES}`));
  else if (value) errors.push(invalidValue(field, '', 'may not be specified when `value` is not empty'));
  else if (named > 1) errors.push(invalidValue(field, '', 'may not have more than one field specified at a time'));
  return errors;
}

/** pkg/apis/core/validation ValidateEnv. */
export function validateEnv(env: readonly EnvVar[], field: string): FieldError[] {
  return env.flatMap(({ name, value, valueFrom }, index) => {
    const errors = name
      ? invalidFor(`${field}[${index}].name`, name, envNameMessages(name))
      : [required(`${field}[${index}].name`)];
    if (valueFrom) errors.push(...validateValueFrom(valueFrom, value, `${field}[${index}].valueFrom`));
    return errors;
  });
}

/** Files of variables are in volumes that the node makes for the pod. Source: validateFileKeyRefVolumes. */
export function validateVariableFiles(spec: PodSpec, field: string): FieldError[] {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  return placedContainers(spec, field).flatMap(([{ env }, path]) =>
    (env ?? []).flatMap(({ valueFrom }, at) => {
      if (!valueFrom?.fileKeyRef) return [];
      const { volumeName = '' } = valueFrom.fileKeyRef;
      const volume = volumes.get(volumeName);
      if (volume?.emptyDir) return [];
      const place = `${path}.env[${at}].valueFrom.fileKeyRef.volumeName`;
      if (!volume) return [missing(place, volumeName)];
      return [invalidValue(place, volumeName, 'referenced volume must be of type emptyDir')];
    }),
  );
}

/** Upstream names the whole list where the sources are too few or too many. Source: core ValidateEnvFrom. */
export function validateEnvFrom(sources: readonly EnvFromSource[], field: string): FieldError[] {
  return sources.flatMap(({ prefix, configMapRef, secretRef }, index) => {
    const path = `${field}[${index}]`;
    const errors = prefix ? invalidFor(`${path}.prefix`, prefix, envNameMessages(prefix)) : [];
    for (const [member, reference] of Object.entries({ configMapRef, secretRef })) {
      if (!reference) continue;
      const { name } = reference;
      if (!name) errors.push(required(`${path}.${member}.name`));
      else errors.push(...invalidFor(`${path}.${member}.name`, name, dnsSubdomainMessages(name)));
    }
    if (!configMapRef && !secretRef) {
      errors.push(invalidValue(field, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef && secretRef) {
      errors.push(invalidValue(field, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}
