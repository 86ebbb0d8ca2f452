import {
  conflict,
  decodeObject,
  isJsonObject,
  type KubeObject,
  notFound,
  type ResourceDefinition,
  semanticallyEqual,
  timestamp,
} from '@everynode/objects';
import { type Applied, applyConfiguration, readManagers, withAssumedOwner, writeManagers } from '@everynode/patch';
import type { Current } from '@everynode/store';
import type { ApiContext } from '../api-context.js';
import { requireCreate } from '../auth/require-create.js';
import type { WriteRequest } from '../dispatch/resource-request.js';
import {
  type Configuration,
  lastAppliedOf,
  readConfiguration,
  recordLastApplied,
} from '../write/apply-configuration.js';
import { conflictError } from '../write/apply-conflict.js';
import { type AnsweredDecision, type ClientWrite, commit, type Written } from '../write/commit.js';
import { fieldManagerOf, type OwnersOf, ownedTypeOf } from '../write/field-owners.js';
import { checkName } from '../write/object-identity.js';
import { decideReplacement } from '../write/replacement.js';
import { objectOf } from '../write/stored-object.js';
import { subjectOf } from '../write/target.js';
import { warned } from '../write/warned.js';
import { MissingError, writeOrCreate } from '../write/write-or-create.js';
import { createObject } from './create.js';

/**
 * PATCH with a configuration: server-side apply. A missing object is created. @throws ApiError Conflict, with managers
 * and fields, where other managers own a field with another value and the request does not force it.
 */
export async function applyObject(context: ApiContext, request: WriteRequest): Promise<ClientWrite> {
  const { query } = request;
  const configuration = await readConfiguration(request);
  const { config, warnings } = configuration;
  const update = () =>
    commit(context, {
      target: request,
      dryRun: query.dryRun,
      decide: (current) => {
        if (!current) throw new MissingError();
        return decideApply(context, request, configuration, current);
      },
    });
  const create = () => createApplied(context, request, configuration);
  return { ...(await warned(warnings, () => writeOrCreate(update, create))), sent: config, warnings };
}

async function createApplied(
  context: ApiContext,
  request: WriteRequest,
  { config, fault }: Configuration,
): Promise<Written> {
  const { definition, namespace, subresource, query } = request;
  if (subresource !== '') throw notFound(subjectOf(request));
  requireCreate(context, request);
  const { uid } = config.metadata;
  if (uid) {
    const detail = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(subjectOf(request), detail);
  }
  checkName(request, config);
  if (fault) throw fault;
  const { object } = decodeObject({ value: config }, definition);
  if (request.manager === 'kubectl') recordLastApplied(object, config);
  const { resourceVersion: _version, ...metadata } = object.metadata;
  const owners = ownersOfCreated(request, config);
  return await createObject(context, {
    definition,
    namespace,
    object: { ...object, metadata },
    dryRun: query.dryRun,
    owners,
  });
}

function decideApply(
  context: ApiContext,
  request: WriteRequest,
  { config, fault }: Configuration,
  current: Current<'all'>,
): AnsweredDecision {
  const { definition, subresource, manager, query } = request;
  const live = objectOf(request, current);
  const applied = applyConfiguration({
    type: ownedTypeOf(request),
    live,
    config,
    managers: ownersOfLive(request, live),
    by: fieldManagerOf(request, 'Apply'),
    force: query.flag('force'),
    now: timestamp(Date.now()),
    ...(manager === 'kubectl' && { lastApplied: () => lastAppliedOf(live, definition) }),
  });
  if (applied.conflicts.length > 0) throw conflictError(applied.conflicts);
  if (fault) throw fault;
  const { object } = decodeObject({ value: applied.object }, definition);
  if (manager === 'kubectl') recordLastApplied(object, config);
  // Preconditions are the client's own uid and resourceVersion, not those copied from the live object.
  const { resourceVersion: _version, ...metadata } = object.metadata;
  const { resourceVersion, uid } = config.metadata;
  object.metadata = { ...metadata, ...(resourceVersion && { resourceVersion }), ...(uid && { uid }) };
  checkName(request, object);
  const owners: OwnersOf = () => entriesOf(applied);
  const replacement = { target: request, subresource, object, owners, isPatched: true };
  return decideReplacement(context, replacement, current);
}

/** Agents and controllers write statuses without recording owners (docs/decisions/0010). */
function ownersOfLive({ definition, subresource }: WriteRequest, live: KubeObject) {
  const managers = readManagers(live.metadata.managedFields);
  if (subresource !== 'status') return managers;
  const manager = definition.statusWriter;
  const owner = fieldManagerOf({ definition, subresource, manager }, 'Update');
  const type = ownedTypeOf({ definition, subresource });
  const reported = { ...live, status: reportedStatus(definition, live) };
  return withAssumedOwner({ type, live: reported, managers, owner, part: 'status', now: timestamp(Date.now()) });
}

/** The status without what an object has from its creation on, and without nulls: nothing has reported that. */
function reportedStatus(definition: ResourceDefinition, live: KubeObject): object {
  const born = structuredClone(live);
  delete born.status;
  definition.prepareForCreate(born);
  const first = (born.status ?? {}) as Record<string, unknown>;
  const entries = Object.entries((live.status ?? {}) as Record<string, unknown>);
  return withoutNulls(
    Object.fromEntries(entries.filter(([key, value]) => !semanticallyEqual(value, first[key]))),
  ) as object;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]));
}

/** The owners of an object that an apply creates. */
function ownersOfCreated(request: WriteRequest, config: KubeObject): OwnersOf {
  const type = ownedTypeOf(request);
  const by = fieldManagerOf(request, 'Apply');
  return () => {
    const now = timestamp(Date.now());
    const application = { type, live: undefined, config, managers: [], by, force: false, now };
    return entriesOf(applyConfiguration(application));
  };
}

const entriesOf = ({ owners }: Applied): ReturnType<OwnersOf> =>
  owners.length > 0 ? writeManagers(owners) : undefined;
