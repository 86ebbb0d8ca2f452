import type { FieldError } from '../field-error.js';
import type { OwnerReference, StoredMeta } from '../kube-object.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { forbidden, IMMUTABLE, invalidFor, invalidValue, nonNegative, required, tooLong } from './field-errors.js';
import { goOwner } from './go-values.js';
import {
  dnsLabelMessages,
  labelKeyMessages,
  labelValueMessages,
  maskTrailingDash,
  pathSegmentMessages,
} from './names.js';

/** Returns the messages of an object's name. */
export type NameRule = (name: string) => string[];

const MAX_ANNOTATION_BYTES = 256 * 1024;
/** Finalizers without a domain that the API itself knows. */
const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

type Meta = Partial<StoredMeta>;

export function validateLabels(labels: Record<string, string> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...invalidFor(field, key, labelKeyMessages(key)),
    ...invalidFor(field, value, labelValueMessages(value)),
  ]);
}

/** Keys may be of any case; all keys and values together are at most 256 KiB. */
export function validateAnnotations(annotations: Record<string, string> | undefined, field: string): FieldError[] {
  let bytes = 0;
  const errors = Object.entries(annotations ?? {}).flatMap(([key, value]) => {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    return invalidFor(field, key, labelKeyMessages(key.toLowerCase()));
  });
  if (bytes > MAX_ANNOTATION_BYTES) errors.push(tooLong(field, MAX_ANNOTATION_BYTES));
  return errors;
}

/** The version in `group/version` or `version`; empty for text of another form. */
function versionOf(apiVersion: string): string {
  const parts = apiVersion.split('/');
  return parts.length > 2 ? '' : (parts.at(-1) ?? '');
}

function validateOwnerReferences(owners: OwnerReference[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  let all: unknown[] | undefined;
  for (const owner of owners) {
    if (!versionOf(owner.apiVersion ?? ''))
      errors.push(invalidValue(`${field}.apiVersion`, owner.apiVersion, 'version must not be empty'));
    for (const name of ['kind', 'name', 'uid'] as const) {
      if (!owner[name]) errors.push(invalidValue(`${field}.${name}`, owner[name] ?? '', 'must not be empty'));
    }
    if (owner.kind === 'Event' && owner.apiVersion === 'v1') {
      errors.push(invalidValue(field, goOwner(owner), '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (!owner.controller) continue;
    if (controller) {
      const both = `${controller.kind}/${controller.name} and ${owner.kind}/${owner.name}`;
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${both}`;
      all ??= owners.map(goOwner);
      errors.push(invalidValue(field, all, detail));
    }
    controller ??= owner;
  }
  return errors;
}

/** Source: pkg/apis/core/validation, validateFinalizerName. */
export function validateFinalizerName(name: string, field: string): FieldError[] {
  const errors = invalidFor(field, name, labelKeyMessages(name));
  if (name.includes('/') || STANDARD_FINALIZERS.has(name)) return errors;
  const detail = 'name is neither a standard finalizer name nor is it fully qualified';
  return [...errors, invalidValue(field, name, detail)];
}

function validateFinalizers(finalizers: string[], field: string): FieldError[] {
  const errors = finalizers.flatMap((name) => invalidFor(field, name, labelKeyMessages(name)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const detail = 'finalizer orphan and foregroundDeletion cannot be both set';
    errors.push(invalidValue(field, finalizers, detail));
  }
  return errors;
}

/** Built-in kinds alone have this rule. Source: pkg/apis/core/validation validateKubeFinalizerName. */
export function finalizerDomainErrors({ finalizers = [] }: Meta, field = 'metadata.finalizers'): FieldError[] {
  const detail = 'name is neither a standard finalizer name nor is it fully qualified';
  return finalizers.flatMap((name, index) =>
    name.includes('/') || STANDARD_FINALIZERS.has(name) ? [] : [invalidValue(`${field}[${index}]`, name, detail)],
  );
}

function validateName(meta: Meta, rule: NameRule): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName) {
    const prefix = maskTrailingDash(meta.generateName);
    errors.push(...invalidFor('metadata.generateName', meta.generateName, rule(prefix)));
  }
  if (!meta.name) errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...invalidFor('metadata.name', meta.name, rule(meta.name)));
  return errors;
}

function validateNamespaceOf(meta: Meta, namespaced: boolean): FieldError[] {
  const field = 'metadata.namespace';
  if (!namespaced) return meta.namespace ? [forbidden(field, 'not allowed on this type')] : [];
  if (!meta.namespace) return [required(field)];
  return invalidFor(field, meta.namespace, dnsLabelMessages(meta.namespace));
}

/** Metadata of any object (apimachinery ValidateObjectMetaAccessor). */
export function validateObjectMeta(meta: Meta, namespaced: boolean, nameRule: NameRule): FieldError[] {
  return [
    ...validateName(meta, nameRule),
    ...validateNamespaceOf(meta, namespaced),
    ...nonNegative('metadata.generation', meta.generation),
    ...validateLabels(meta.labels, 'metadata.labels'),
    ...validateAnnotations(meta.annotations, 'metadata.annotations'),
    ...validateOwnerReferences(meta.ownerReferences ?? [], 'metadata.ownerReferences'),
    ...validateFinalizers(meta.finalizers ?? [], 'metadata.finalizers'),
  ];
}

/** Fields of metadata that no update may change. */
const IMMUTABLE_METADATA = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** The rules of every object that is updated. Source: apiserver registry/rest/update.go, validateCommonFields. */
export const validateMetaOfUpdate = (meta: Meta, current: Meta): FieldError[] => [
  ...validateObjectMeta(meta, Boolean(current.namespace), pathSegmentMessages),
  ...validateChangedMeta(meta, current),
];

/**
 * Refuses what an update may not change in metadata, and what is wrong in it. Upstream's server and the rules of most
 * kinds both look, so that each error of a change comes twice. Source: core ValidateObjectMetaUpdate.
 */
export function validateChangedMeta(meta: Meta, current: Meta): FieldError[] {
  const errors: FieldError[] = [];
  if (current.deletionTimestamp) {
    const added = (meta.finalizers ?? []).filter((name) => !current.finalizers?.includes(name));
    if (added.length > 0) {
      const detail = 'no new finalizers can be added if the object is being deleted, found new finalizers ';
      // In the form of Go's print of a sorted list of texts.
      const list = `[]string{${added
        .sort()
        .map((name) => JSON.stringify(name))
        .join(', ')}}`;
      errors.push(forbidden('metadata.finalizers', detail + list));
    }
  }
  if ((meta.generation ?? 0) < (current.generation ?? 0)) {
    errors.push(invalidValue('metadata.generation', meta.generation ?? 0, 'must not be decremented'));
  }
  for (const name of IMMUTABLE_METADATA) {
    errors.push(...validateUnchanged(`metadata.${name}`, meta[name], current[name]));
  }
  return [
    ...errors,
    ...validateLabels(meta.labels, 'metadata.labels'),
    ...validateAnnotations(meta.annotations, 'metadata.annotations'),
    ...validateOwnerReferences(meta.ownerReferences ?? [], 'metadata.ownerReferences'),
  ];
}

/** Invalid, `field is immutable`, unless both values are semantically equal. */
export function validateUnchanged(field: string, value: unknown, current: unknown): FieldError[] {
  return semanticallyEqual(value, current) ? [] : [invalidValue(field, value, IMMUTABLE)];
}
