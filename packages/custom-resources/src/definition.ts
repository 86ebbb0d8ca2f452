import {
  type CustomResourceDefinition,
  type CustomResourceVersion,
  compareVersions,
  defineResource,
  type FieldError,
  type KubeObject,
  keepStatus,
  type ResourceDefinition,
  type ResourceName,
  type Stored,
  semanticallyEqual,
  statusSubresource,
  webhookUrl,
} from '@everynode/objects';
import { tableOf } from './columns.js';
import { asSchema, type CustomType, customType } from './facts.js';
import { parsePath, valuesAt } from './json-path.js';
import { deprecationOf, finalizerWarnings } from './notices.js';
import { pruned, setDefaults } from './prune.js';
import { ruleErrors } from './rules.js';
import { replicaFaults, scaleOfCustom } from './scale.js';
import type { Schema } from './schema.js';
import { schemaErrors } from './validate.js';

/** A custom resource in one served version. */
interface CustomResource {
  definition: ResourceDefinition;
  type: CustomType;
}

/** The definitions of all versions that are served, the preferred ones first. */
export function customResources(crd: Stored<CustomResourceDefinition>): CustomResource[] {
  return crd.spec.versions
    .filter(({ served }) => served)
    .toSorted((a, b) => compareVersions(a.name, b.name))
    .map((version) => versionOf(crd, version));
}

/** The version in which the objects of a definition are stored, which need not be served: it shows them as they are. */
export function storedCustomResource(crd: Stored<CustomResourceDefinition>): ResourceDefinition {
  const version = crd.spec.versions.find(({ storage }) => storage);
  if (!version) throw new Error(`no version of ${crd.metadata.name} is stored`);
  const { convert: _shown, ...definition } = versionOf(crd, version).definition;
  return definition;
}

/** Fields of metadata beside the schema's own rules are upstream's, which `defineResource` checks. */
const WITHOUT_META = new Set(['apiVersion', 'kind', 'metadata']);

function versionOf({ spec, status }: Stored<CustomResourceDefinition>, version: CustomResourceVersion): CustomResource {
  const { group, names, scope } = spec;
  // As upstream, what is served has the names that were accepted, and not those that are wanted.
  const accepted = status?.acceptedNames?.plural ? status.acceptedNames : names;
  const { plural } = names;
  const { kind = names.kind, shortNames = [], categories = [] } = accepted;
  const { singular = kind.toLowerCase(), listKind = `${kind}List` } = accepted;
  const schema = asSchema(version.schema?.openAPIV3Schema);
  const selectable = (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, ''));
  const type = customType({ group, version: version.name, kind, listKind, plural, selectable }, schema);
  const scale = version.subresources?.scale;
  const apiVersion = `${group}/${version.name}`;
  const namespaced = scope === 'Namespaced';
  const storage = `${plural}.${group}` as ResourceName;
  const hasStatus = version.subresources?.status !== undefined;
  const errorsOf = (object: KubeObject, current?: KubeObject): FieldError[] => {
    const errors = [
      ...schemaErrors(checkedOf(object, schema), withoutMeta(schema), {
        path: '',
        old: current && checkedOf(current, schema),
      }),
      ...replicaFaults(object, scale, 'all'),
    ];
    // Rules may rely on what the schema says.
    return errors.length > 0 ? errors : ruleErrors(object, schema, current);
  };
  const base = defineResource({
    group,
    version: version.name,
    kind,
    plural,
    namespaced,
    schema: type.name,
    shortNames,
    categories,
    subresources: [
      ...(hasStatus ? [statusSubresource] : []),
      ...(scale ? [scaleOfCustom({ group, plural, kind, namespaced, storage }, scale, errorsOf)] : []),
    ],
    storage,
    updatesUnconditionally: false,
    hasPlainFinalizers: true,
    fields: fieldsOf(version),
    table: tableOf(version.additionalPrinterColumns),
    setDefaults: (object) => setDefaults(object, schema),
    validate: (object) => errorsOf(object),
    // An update is held to the schema with what it replaces: that may stay as it was.
    validatesUpdated: false,
    validateUpdate: errorsOf,
    validateStatus: errorsOf,
    warnings: finalizerWarnings,
  });
  const deprecation = deprecationOf(spec, version);
  const stored = spec.versions.find((one) => one.storage)?.name;
  const conversionWebhook = version.name === stored ? undefined : converterOf(spec.conversion);
  const definition: ResourceDefinition = {
    ...base,
    singular,
    listKind,
    namesItems: true,
    ...(stored !== undefined && { storageVersion: stored }),
    ...(conversionWebhook && { conversionWebhook }),
    ...(deprecation !== undefined && { deprecation }),
    convert: { toStored: (object) => object, fromStored: (object) => shownIn(object, schema, apiVersion) },
    prepareForCreate: (object) => {
      object.metadata.generation = 1;
      if (hasStatus) delete object.status;
    },
    prepareForUpdate: (object, current) => {
      if (hasStatus) keepStatus(object, current);
      const before = current.metadata.generation ?? 1;
      object.metadata.generation = isSame(object, current, hasStatus) ? before : before + 1;
    },
    // As upstream: of the metadata only the owners of fields change.
    prepareForStatusUpdate: (object, current) => {
      const { metadata, status } = object;
      for (const key of Object.keys(object)) delete object[key];
      Object.assign(object, structuredClone(current));
      if (metadata.managedFields) object.metadata.managedFields = metadata.managedFields;
      if (status === undefined) delete object.status;
      else object.status = status;
    },
  };
  return { definition, type };
}

/** No webhook is asked to convert: a read would wait for another program. It is named in the answer. */
function converterOf(
  conversion: CustomResourceDefinition['spec']['conversion'],
): ResourceDefinition['conversionWebhook'] {
  if (conversion?.strategy !== 'Webhook') return undefined;
  const { url = '', service } = conversion.webhook?.clientConfig ?? {};
  return service ? { url: webhookUrl(service), service } : { url };
}

const bodyOf = (object: KubeObject): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !WITHOUT_META.has(key)));

/** What the schema says something of: it may bound the name of an object. */
const checkedOf = (object: KubeObject, { properties }: Schema): Record<string, unknown> => ({
  ...(properties && Object.hasOwn(properties, 'metadata') && { metadata: object.metadata }),
  ...bodyOf(object),
});

/**
 * The stored object as a version shows it: with the fields and the defaults that its schema has now.
 * Source: pkg/apiserver/customresource_handler.go, schemaCoercingConverter and unstructuredDefaulter.
 */
function shownIn(object: KubeObject, schema: Schema, apiVersion: string): KubeObject {
  const { kind, metadata } = object;
  const body = pruned(bodyOf(object), schema) as Record<string, unknown>;
  const shown = { apiVersion, kind, metadata, ...body } as KubeObject;
  setDefaults(shown, schema);
  return shown;
}

function withoutMeta(schema: Schema): Schema {
  const { required = [] } = schema;
  return { ...schema, required: required.filter((name) => !WITHOUT_META.has(name)) };
}

function isSame(object: KubeObject, current: KubeObject, hasStatus: boolean): boolean {
  const counted = (one: KubeObject): object => {
    const { status, ...rest } = bodyOf(one);
    return hasStatus ? rest : { ...rest, status };
  };
  return semanticallyEqual(counted(object), counted(current));
}

function fieldsOf({ selectableFields = [] }: CustomResourceVersion): Record<string, (object: KubeObject) => string> {
  return Object.fromEntries(
    selectableFields.flatMap(({ jsonPath }): [string, (object: KubeObject) => string][] => {
      const steps = parsePath(jsonPath);
      if (!steps) return [];
      return [[jsonPath.replace(/^\./, ''), (object) => String(valuesAt(object, steps)[0] ?? '')]];
    }),
  );
}
