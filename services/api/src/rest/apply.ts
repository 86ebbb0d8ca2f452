import {
  ApiError,
  apiVersionOf,
  canonicalJson,
  conflict,
  DecodeFault,
  decodeObject,
  isJsonObject,
  type KubeObject,
  notFound,
  type ParsedBody,
  parseBody,
  type ResourceDefinition,
  readObjectOf,
  timestamp,
  unknownFields,
} from '@everynode/objects';
import {
  APPLY_MEDIA_TYPE,
  type ApplyConflict,
  applyConfiguration,
  itemFaults,
  readManagers,
  writeManagers,
} from '@everynode/patch';
import { policyWarnings } from '../admission/daemonset-policy.js';
import type { ApiContext } from '../api-context.js';
import type { Body } from '../http/body.js';
import type { Query } from '../http/query.js';
import { commit, objectOf, subjectOf, type Target } from '../write/commit.js';
import { applyTargetOf, fieldManagerOf, managerOf, type OwnersOf } from '../write/field-owners.js';
import { checkName, placeInNamespace } from '../write/object-identity.js';
import { type Answer, createObject } from './create.js';
import { decideReplacement, type Half, MissingError, writeOrCreate } from './update.js';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export function isApply({ contentType }: Body): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === APPLY_MEDIA_TYPE;
}

/**
 * PATCH with a configuration: the object is made so, and is created where it is missing. @throws ApiError Conflict, naming
 * managers and fields, where others own a field with another value and the request does not force it.
 */
export async function applyObject(
  context: ApiContext,
  target: Target,
  half: Half,
  body: Body,
  query: Query,
): Promise<Answer> {
  const { definition, namespace } = target;
  const { config, warnings } = readConfiguration(target, body, query);
  const manager = managerOf(query, undefined);
  const create = () => {
    if (half !== 'object') throw notFound(subjectOf(target));
    const { uid } = config.metadata;
    if (uid) {
      const detail = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict(subjectOf(target), detail);
    }
    checkName(target, config);
    const { object } = decodeObject({ value: config }, definition);
    const { resourceVersion: _version, ...metadata } = object.metadata;
    const owners = ownersOfApply(definition, config, manager);
    return createObject(context, definition, namespace, { ...object, metadata }, query.dryRun, owners);
  };
  const update = () => applyToLive(context, target, half, config, query, manager);
  return {
    ...(await writeOrCreate(update, create)),
    warnings: [...warnings, ...policyWarnings(definition, config)],
  };
}

/** The body's fields alone, each in canonical form: nothing is added that the client did not write. */
function readConfiguration(target: Target, body: Body, query: Query): { config: KubeObject; warnings: string[] } {
  const { definition } = target;
  const parsed = readYaml(body);
  const written = parsed.value as KubeObject;
  const expected = apiVersionOf(definition);
  if (written.apiVersion !== expected) {
    throw new ApiError(
      'BadRequest',
      `Incorrect version specified in apply patch. Specified patch version: ${written.apiVersion ?? ''}, expected: ${expected}`,
    );
  }
  const refuse = (fault: string): ApiError => {
    const { namespace = '', name = '' } = written.metadata ?? {};
    const type = `${definition.group ? expected : `/${expected}`}, Kind=${written.kind ?? ''}`;
    return new ApiError('BadRequest', `failed to create typed patch object (${namespace}/${name}; ${type}): ${fault}`);
  };
  const object = readTyped(parsed, definition, refuse);
  if (object.metadata.managedFields) throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
  const [unknown, ...others] = unknownFields(definition.schema, written);
  if (unknown !== undefined) {
    const faults = [unknown, ...others].map((path) => `.${path}: field not declared in schema`);
    throw refuse(others.length > 0 ? `errors:\n  ${faults.join('\n  ')}` : (faults[0] ?? ''));
  }
  const config = onlyWritten(written, object) as KubeObject;
  const unmergeable = itemFaults(definition.schema, config);
  if (unmergeable !== undefined) throw refuse(unmergeable);
  config.metadata ??= {} as KubeObject['metadata'];
  placeInNamespace(target, config);
  const { fieldValidation } = query;
  if (fieldValidation === 'Ignore') return { config, warnings: [] };
  const { errors, warnings } = parsed.strict();
  if (fieldValidation === 'Strict' && errors.length > 0) {
    throw new ApiError('BadRequest', `error strict decoding YAML: error converting YAML to JSON: ${errors.join(', ')}`);
  }
  return { config, warnings };
}

function readYaml(body: Body): ParsedBody {
  let parsed: ParsedBody;
  try {
    parsed = parseBody(body.text, 'yaml');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    throw new ApiError('BadRequest', `error decoding YAML: error converting YAML to JSON: yaml: ${reason}`, undefined, {
      cause: error,
    });
  }
  if (!isJsonObject(parsed.value)) {
    const fault = 'json: cannot unmarshal into Go value of type map[string]interface {}';
    throw new ApiError('BadRequest', `error decoding YAML: error unmarshaling JSON: while decoding JSON: ${fault}`);
  }
  return parsed;
}

function readTyped(body: ParsedBody, definition: ResourceDefinition, refuse: (fault: string) => ApiError): KubeObject {
  try {
    return readObjectOf(body, definition, 'Ignore').object;
  } catch (error) {
    if (error instanceof DecodeFault) throw refuse(error.message);
    throw error;
  }
}

/** Of a canonical value, the members that stand in the written one. */
function onlyWritten(written: unknown, canonical: unknown): unknown {
  if (Array.isArray(written) && Array.isArray(canonical) && written.length === canonical.length) {
    return canonical.map((item, at) => onlyWritten(written[at], item));
  }
  if (!isJsonObject(written) || !isJsonObject(canonical)) return canonical;
  const kept = Object.entries(canonical).filter(([key]) => written[key] !== undefined && written[key] !== null);
  return Object.fromEntries(kept.map(([key, value]) => [key, onlyWritten(written[key], value)]));
}

function applyToLive(
  context: ApiContext,
  target: Target,
  half: Half,
  config: KubeObject,
  query: Query,
  manager: string,
) {
  const { definition } = target;
  const by = fieldManagerOf({ definition, half, manager }, 'Apply');
  const force = query.flag('force');
  return commit(context, target, query.dryRun, (current) => {
    if (!current) throw new MissingError();
    const { uid: asked } = config.metadata;
    const live = objectOf(target, current);
    const known = readManagers(live.metadata.managedFields);
    const lastApplied = manager === 'kubectl' ? lastAppliedOf(live, definition) : undefined;
    const options = { force, now: timestamp(Date.now()), lastApplied };
    const apply = applyConfiguration(applyTargetOf({ definition, half }), live, config, known, by, options);
    const { object } = decodeObject({ value: apply.object }, definition);
    // The client's own preconditions hold; that the object came from the live one is none.
    const { resourceVersion: _version, ...metadata } = object.metadata;
    const { resourceVersion } = config.metadata;
    object.metadata = { ...metadata, ...(resourceVersion && { resourceVersion }), ...(asked && { uid: asked }) };
    checkName(target, object);
    return decideReplacement(target, half, object, current, (_before, after) => {
      const { owners, conflicts } = apply.settle(after);
      if (conflicts.length > 0) throw conflictError(conflicts);
      // Keeps `kubectl apply` without --server-side in step, where it was used (managedfields, lastappliedupdater.go).
      if (lastApplied) {
        after.metadata.annotations = { ...after.metadata.annotations, [LAST_APPLIED]: `${canonicalJson(config)}\n` };
      }
      return definition.convert ? undefined : writeManagers(owners);
    });
  });
}

/** What `kubectl apply` without --server-side noted of itself; undefined where it was not used, or cannot be read. */
function lastAppliedOf({ metadata }: KubeObject, definition: ResourceDefinition): KubeObject | undefined {
  const text = metadata.annotations?.[LAST_APPLIED];
  if (!text) return undefined;
  try {
    const parsed = parseBody(text, 'json');
    return onlyWritten(parsed.value, decodeObject(parsed, definition).object) as KubeObject;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** The owners of an object that an apply creates. */
function ownersOfApply(definition: ResourceDefinition, config: KubeObject, manager: string): OwnersOf {
  return () => {
    if (definition.convert) return undefined;
    const by = fieldManagerOf({ definition, half: 'object', manager }, 'Apply');
    const options = { force: false, now: timestamp(Date.now()) };
    const target = applyTargetOf({ definition, half: 'object' });
    return writeManagers(applyConfiguration(target, undefined, config, [], by, options).settle(config).owners);
  };
}

/** Source: apimachinery managedfields/internal/conflict.go. */
function conflictError(conflicts: ApplyConflict[]): ApiError {
  const owner = ({ by }: ApplyConflict): string => {
    const on = by.subresource ? ` with subresource ${JSON.stringify(by.subresource)}` : '';
    return `${JSON.stringify(by.manager)}${on}${by.operation === 'Update' ? ` using ${by.apiVersion}` : ''}`;
  };
  const [first] = conflicts;
  const named = [...new Set(conflicts.map(owner))].sort();
  const message =
    conflicts.length === 1 && first
      ? `Apply failed with 1 conflict: conflict with ${owner(first)}: ${first.path}`
      : `Apply failed with ${conflicts.length} conflicts: ${named
          .flatMap((who) => [
            `conflicts with ${who}:`,
            ...conflicts.filter((conflict) => owner(conflict) === who).map(({ path }) => `- ${path}`),
          ])
          .join('\n')}`;
  const causes = conflicts.map((conflict) => ({
    reason: 'FieldManagerConflict' as const,
    message: `conflict with ${owner(conflict)}`,
    field: conflict.path,
  }));
  // Upstream's says no more of the object.
  return new ApiError('Conflict', message, { causes });
}
