import type { FieldError } from '../field-error.js';
import type { EnvFromSource, EnvVar, EnvVarSource } from '../kinds/api-types.js';
import { invalidFor, invalidValue, notSupported, required } from './field-errors.js';
import { configKeyMessages, dnsSubdomainMessages, envNameMessages } from './names.js';

/** Fields of a pod that its environment can show. Labels and annotations are also allowed, with a key in brackets. */
const POD_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const SUBSCRIPTED = /^metadata\.(labels|annotations)\['.+'\]$/;

const RESOURCES = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/;
const RESOURCE_NAMES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

function validateKeyReference(reference: { name?: string; key?: string }, field: string): FieldError[] {
  return [
    ...(reference.name
      ? invalidFor(`${field}.name`, reference.name, dnsSubdomainMessages(reference.name))
      : [required(`${field}.name`)]),
    ...(reference.key
      ? invalidFor(`${field}.key`, reference.key, configKeyMessages(reference.key))
      : [required(`${field}.key`)]),
  ];
}

function validateFieldReference(path: string | undefined, field: string): FieldError[] {
  if (!path) return [required(`${field}.fieldPath`)];
  if (POD_FIELDS.includes(path) || SUBSCRIPTED.test(path)) return [];
  return [notSupported(`${field}.fieldPath`, path, POD_FIELDS)];
}

function validateResourceReference(resource: string | undefined, field: string): FieldError[] {
  if (!resource) return [required(`${field}.resource`)];
  return RESOURCES.test(resource) ? [] : [notSupported(`${field}.resource`, resource, RESOURCE_NAMES)];
}

function validateValueFrom(source: EnvVarSource, value: string | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef) errors.push(...validateFieldReference(fieldRef.fieldPath, `${field}.fieldRef`));
  if (resourceFieldRef) {
    errors.push(...validateResourceReference(resourceFieldRef.resource, `${field}.resourceFieldRef`));
  }
  if (configMapKeyRef) errors.push(...validateKeyReference(configMapKeyRef, `${field}.configMapKeyRef`));
  if (secretKeyRef) errors.push(...validateKeyReference(secretKeyRef, `${field}.secretKeyRef`));
  const named = Object.keys(source).length;
  if (named === 0) {
    const detail = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    errors.push(invalidValue(field, '', detail));
  } else if (value) {
    errors.push(invalidValue(field, '', 'may not be specified when `value` is not empty'));
  } else if (named > 1) {
    errors.push(invalidValue(field, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

/** pkg/apis/core/validation ValidateEnv. */
export function validateEnv(env: readonly EnvVar[], field: string): FieldError[] {
  return env.flatMap(({ name, value, valueFrom }, index) => {
    const path = `${field}[${index}]`;
    return [
      ...(name ? invalidFor(`${path}.name`, name, envNameMessages(name)) : [required(`${path}.name`)]),
      ...(valueFrom ? validateValueFrom(valueFrom, value, `${path}.valueFrom`) : []),
    ];
  });
}

/** pkg/apis/core/validation ValidateEnvFrom. */
export function validateEnvFrom(sources: readonly EnvFromSource[], field: string): FieldError[] {
  return sources.flatMap(({ prefix, configMapRef, secretRef }, index) => {
    const path = `${field}[${index}]`;
    const errors = prefix ? invalidFor(`${path}.prefix`, prefix, envNameMessages(prefix)) : [];
    for (const [name, reference] of Object.entries({ configMapRef, secretRef })) {
      if (reference && !reference.name) errors.push(required(`${path}.${name}.name`));
    }
    if (!configMapRef && !secretRef) {
      errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef && secretRef) {
      errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}
