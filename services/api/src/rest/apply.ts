import {
  ApiError,
  canonicalJson,
  decodeObject,
  isJsonObject,
  type KubeObject,
  notFound,
  parseBody,
  type ResourceDefinition,
  timestamp,
} from '@everynode/objects';
import {
  APPLY_MEDIA_TYPE,
  type ApplyConflict,
  applyConfiguration,
  readManagers,
  writeManagers,
} from '@everynode/patch';
import { policyWarnings } from '../admission/daemonset-policy.js';
import type { ApiContext } from '../api-context.js';
import type { Query } from '../query.js';
import type { Body } from './body.js';
import { type Answer, checkNamespace, createObject } from './create.js';
import { applyTargetOf, fieldManagerOf, managerOf, type OwnersOf } from './field-owners.js';
import { commit, objectOf, subjectOf, type Target } from './stored.js';
import { decideReplacement, type Half } from './update.js';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** An object that comes and goes while it is applied is tried this often. */
const TRIES = 5;

/** The object was not there when the transaction looked. */
class MissingError extends Error {
  override readonly name = 'MissingError';
}

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
  const { config, warnings } = readConfiguration(target, body, query);
  const manager = requireManager(query);
  const told = [...warnings, ...policyWarnings(target.definition, config)];
  for (let tries = 1; ; tries += 1) {
    try {
      return { ...(await applyToLive(context, target, half, config, query, manager)), warnings: told };
    } catch (error) {
      if (!(error instanceof MissingError)) throw error;
    }
    if (half !== 'object' || config.metadata.uid) throw notFound(subjectOf(target));
    try {
      const owners = ownersOfApply(target.definition, config, manager);
      const { definition, namespace } = target;
      const { object } = decodeObject({ value: config }, definition);
      return { ...(await createObject(context, definition, namespace, object, query.dryRun, owners)), warnings: told };
    } catch (error) {
      const taken = error instanceof ApiError && error.reason === 'AlreadyExists';
      if (!taken || tries >= TRIES) throw error;
    }
  }
}

function requireManager(query: Query): string {
  if (query.text('fieldManager') === undefined) {
    const fault = 'Required value: is required for apply patch';
    throw new ApiError('Invalid', `PatchOptions.meta.k8s.io "" is invalid: fieldManager: ${fault}`, {
      causes: [{ reason: 'FieldValueRequired', message: fault, field: 'fieldManager' }],
    });
  }
  return managerOf(query, undefined);
}

/** The body's fields alone, each in canonical form: nothing is added that the client did not write. */
function readConfiguration(target: Target, body: Body, query: Query): { config: KubeObject; warnings: string[] } {
  const { definition, name } = target;
  const parsed = parseBody(body.text, 'yaml');
  const { object, warnings } = decodeObject(parsed, definition, query.fieldValidation);
  const written = parsed.value as KubeObject;
  for (const field of ['apiVersion', 'kind'] as const) {
    if (!written[field]) throw new ApiError('BadRequest', `${field} must be set in an apply patch`);
  }
  checkNamespace(definition, target.namespace, object);
  if (object.metadata.managedFields?.length) throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
  if (object.metadata.name && object.metadata.name !== name) {
    throw new ApiError(
      'BadRequest',
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  const config = onlyWritten(written, object) as KubeObject;
  config.metadata = { ...config.metadata, name };
  return { config, warnings };
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
    const live = objectOf(target, current);
    const known = readManagers(live.metadata.managedFields);
    const lastApplied = manager === 'kubectl' ? lastAppliedOf(live, definition) : undefined;
    const options = { force, now: timestamp(Date.now()), lastApplied };
    const apply = applyConfiguration(applyTargetOf({ definition, half }), live, config, known, by, options);
    const { object } = decodeObject({ value: apply.object }, definition);
    // The client's own preconditions hold; that the object came from the live one is none.
    const { resourceVersion: _version, ...metadata } = object.metadata;
    const { resourceVersion, uid } = config.metadata;
    object.metadata = { ...metadata, ...(resourceVersion && { resourceVersion }), ...(uid && { uid }) };
    return decideReplacement(target, half, object, current, (_before, after) => {
      const { owners, conflicts } = apply.settle(after);
      if (conflicts.length > 0) throw conflictError(definition, target.name, conflicts);
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
function conflictError({ group, plural }: ResourceDefinition, name: string, conflicts: ApplyConflict[]): ApiError {
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
    reason: 'FieldManagerConflict' as never,
    message: `conflict with ${owner(conflict)}`,
    field: conflict.path,
  }));
  return new ApiError('Conflict', message, { name, group, kind: plural, causes });
}
