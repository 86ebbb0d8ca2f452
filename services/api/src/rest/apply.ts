import { canonicalJson, conflict, decodeObject, type KubeObject, notFound, timestamp } from '@everynode/objects';
import { applyConfiguration, readManagers, writeManagers } from '@everynode/patch';
import type { Current, Decision } from '@everynode/store';
import type { ApiContext } from '../api-context.js';
import { requireCreate } from '../auth/require-create.js';
import type { WriteRequest } from '../dispatch/resource-request.js';
import { LAST_APPLIED, lastAppliedOf, readConfiguration } from '../write/apply-configuration.js';
import { conflictError } from '../write/apply-conflict.js';
import { type ClientWrite, commit, type Written } from '../write/commit.js';
import { applyTargetOf, fieldManagerOf, type OwnersOf } from '../write/field-owners.js';
import { checkName } from '../write/object-identity.js';
import { decideReplacement } from '../write/replacement.js';
import { objectOf } from '../write/stored-object.js';
import { subjectOf } from '../write/target.js';
import { MissingError, writeOrCreate } from '../write/write-or-create.js';
import { createObject } from './create.js';

/**
 * PATCH with a configuration: server-side apply. A missing object is created. @throws ApiError Conflict, with managers
 * and fields, where other managers own a field with another value and the request does not force it.
 */
export async function applyObject(context: ApiContext, request: WriteRequest): Promise<ClientWrite> {
  const { query } = request;
  const { config, warnings } = await readConfiguration(request);
  const update = () =>
    commit(context, {
      target: request,
      dryRun: query.dryRun,
      decide: (current) => {
        if (!current) throw new MissingError();
        return decideApply(context, request, config, current);
      },
    });
  const create = () => createApplied(context, request, config);
  return { ...(await writeOrCreate(update, create)), sent: config, warnings };
}

async function createApplied(context: ApiContext, request: WriteRequest, config: KubeObject): Promise<Written> {
  const { definition, namespace, subresource, query } = request;
  if (subresource !== '') throw notFound(subjectOf(request));
  requireCreate(context, request);
  const { uid } = config.metadata;
  if (uid) {
    const detail = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(subjectOf(request), detail);
  }
  checkName(request, config);
  const { object } = decodeObject({ value: config }, definition);
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
  config: KubeObject,
  current: Current<'all'>,
): Decision {
  const { definition, subresource, manager, query } = request;
  const live = objectOf(request, current);
  const known = readManagers(live.metadata.managedFields);
  const by = fieldManagerOf(request, 'Apply');
  const lastApplied = manager === 'kubectl' ? lastAppliedOf(live, definition) : undefined;
  const options = { force: query.flag('force'), now: timestamp(Date.now()), lastApplied };
  const apply = applyConfiguration(applyTargetOf(request), live, config, known, by, options);
  const { object } = decodeObject({ value: apply.object }, definition);
  // Preconditions are the client's own uid and resourceVersion, not those copied from the live object.
  const { resourceVersion: _version, ...metadata } = object.metadata;
  const { resourceVersion, uid } = config.metadata;
  object.metadata = { ...metadata, ...(resourceVersion && { resourceVersion }), ...(uid && { uid }) };
  checkName(request, object);
  const owners: OwnersOf = (_before, after) => {
    const { owners, conflicts } = apply.settle(after);
    if (conflicts.length > 0) throw conflictError(conflicts);
    // An object that was also applied without --server-side keeps both records equal. Source: managedfields,
    // lastappliedupdater.go.
    if (lastApplied) {
      after.metadata.annotations = { ...after.metadata.annotations, [LAST_APPLIED]: `${canonicalJson(config)}\n` };
    }
    return definition.convert ? undefined : writeManagers(owners);
  };
  return decideReplacement(context, { target: request, subresource, object, owners }, current);
}

/** The owners of an object that an apply creates. */
function ownersOfCreated(request: WriteRequest, config: KubeObject): OwnersOf {
  return () => {
    if (request.definition.convert) return undefined;
    const by = fieldManagerOf(request, 'Apply');
    const options = { force: false, now: timestamp(Date.now()) };
    return writeManagers(
      applyConfiguration(applyTargetOf(request), undefined, config, [], by, options).settle(config).owners,
    );
  };
}
