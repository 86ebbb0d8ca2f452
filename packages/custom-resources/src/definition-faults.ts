import {
  appendErrors,
  type CustomResourceDefinition,
  type CustomResourceVersion,
  type FieldError,
  invalidValue,
  required,
  semanticallyEqual,
} from '@everynode/objects';
import { columnFaults } from './column-faults.js';
import { asSchema } from './facts.js';
import { isMap, type Schema } from './schema.js';
import { schemaFaults } from './schema-faults.js';
import { selectableFieldFaults } from './selectable-field-faults.js';

type Spec = CustomResourceDefinition['spec'];

/** What versions may say each for itself, and the definition for all. */
type Shared = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields';

/** The names of fields that all versions share, in errors: upstream moves what is equal in all to one place. */
const AT_TOP: Readonly<Record<Shared, string>> = {
  schema: 'spec.validation',
  subresources: 'spec.subresources',
  additionalPrinterColumns: 'spec.additionalPrinterColumns',
  selectableFields: 'spec.selectableFields',
};

/**
 * Faults of the versions of a definition. `before` is the definition that an update replaces: a schema that it leaves
 * as it was is not checked again.
 * Source: apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go, and v1/conversion.go for the places.
 */
export function definitionFaults({ versions = [] }: Spec, before?: Spec): FieldError[] {
  const [first] = versions;
  if (!first) return [];
  const parts = Object.keys(AT_TOP) as Shared[];
  const shared = parts.filter((part) => versions.every((one) => semanticallyEqual(one[part], first[part])));
  const errors: FieldError[] = [];
  for (const [at, version] of versions.entries()) {
    appendErrors(errors, deprecationFaults(version, `spec.versions[${at}].deprecationWarning`));
    for (const part of parts) {
      if (!shared.includes(part)) appendErrors(errors, faultsOf(part, version, `spec.versions[${at}].${part}`, before));
    }
  }
  for (const part of shared) appendErrors(errors, faultsOf(part, first, AT_TOP[part], before));
  return errors;
}

function faultsOf(part: Shared, version: CustomResourceVersion, path: string, before: Spec | undefined): FieldError[] {
  const schema = version.schema?.openAPIV3Schema;
  switch (part) {
    case 'schema': {
      const former = before?.versions.find(({ name }) => name === version.name)?.schema?.openAPIV3Schema;
      if (!schema) return [];
      const place = `${path}.openAPIV3Schema`;
      // An update may add the status alone.
      const ofRoot = version.subresources?.status ? rootFaults(asSchema(schema), place) : [];
      if (former && semanticallyEqual(schema, former)) return ofRoot;
      return [...ofRoot, ...schemaFaults(asSchema(schema), place)];
    }
    case 'subresources':
      return scaleFaults(version.subresources?.scale, path);
    case 'additionalPrinterColumns':
      return (version.additionalPrinterColumns ?? []).flatMap((column, at) => columnFaults(column, `${path}[${at}]`));
    case 'selectableFields':
      return selectableFieldFaults(version.selectableFields ?? [], schema && asSchema(schema), path);
  }
}

/** Source: unicode.IsPrint of Go, which takes no space but the plain one. */
const NOT_PRINTED = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const MAX_WARNING = 256;

function deprecationFaults(
  { deprecated, deprecationWarning: text }: CustomResourceVersion,
  field: string,
): FieldError[] {
  if (text === undefined) return [];
  const fault = (detail: string): FieldError => invalidValue(field, text, detail);
  if (!deprecated) return [fault('can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(text) > MAX_WARNING) errors.push(fault(`must be <= ${MAX_WARNING} characters long`));
  if (text === '') errors.push(fault('must not be an empty string'));
  const wrong = NOT_PRINTED.exec(text);
  if (wrong) {
    const at = Buffer.byteLength(text.slice(0, wrong.index));
    errors.push(fault(`must only contain printable UTF-8 characters; non-printable character found at index ${at}`));
  }
  return errors;
}

const ALLOWED_AT_ROOT =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations';
const AT_ROOT = new Set([
  ...ALLOWED_AT_ROOT.split(' ').map((name) => name.slice(0, 1).toLowerCase() + name.slice(1)),
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
]);

/** The status is checked by the schema of its field alone, so that the root may say nothing of it. */
function rootFaults(schema: Schema, path: string): FieldError[] {
  if (schema.type !== 'object') {
    const detail =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    return schema.type ? [invalidValue(`${path}.type`, schema.type, detail)] : [];
  }
  const isEmpty = (value: unknown): boolean =>
    value === undefined || value === false || value === '' || (isMap(value) && Object.keys(value).length === 0);
  const other = Object.entries(schema).find(([word, value]) => !AT_ROOT.has(word) && !isEmpty(value));
  if (!other) return [];
  const detail = `only [${ALLOWED_AT_ROOT}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return [invalidValue(path, schema, detail)];
}

type Scale = NonNullable<NonNullable<CustomResourceVersion['subresources']>['scale']>;

function scaleFaults(scale: Scale | undefined, path: string): FieldError[] {
  if (!scale) return [];
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  return [
    ...scalePathFaults(specReplicasPath, `${path}.scale.specReplicasPath`, ['.spec.'], 'under .spec'),
    ...scalePathFaults(statusReplicasPath, `${path}.scale.statusReplicasPath`, ['.status.'], 'under .status'),
    ...(labelSelectorPath
      ? scalePathFaults(
          labelSelectorPath,
          `${path}.scale.labelSelectorPath`,
          ['.spec.', '.status.'],
          'under either .spec or .status',
        )
      : []),
  ];
}

function scalePathFaults(text: string, field: string, starts: readonly string[], where: string): FieldError[] {
  if (text === '') return [required(field)];
  if (!text.startsWith('.')) return [invalidValue(field, text, 'must be a simple json path starting with .')];
  if (starts.some((start) => text.startsWith(start))) return [];
  return [invalidValue(field, text, `should be a json path ${where}`)];
}
