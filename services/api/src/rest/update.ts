import { invalid, type KubeObject, notFound } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { requireCreate } from '../auth/require-create.js';
import type { ResourceRequest, WriteRequest } from '../dispatch/resource-request.js';
import type { Answer } from '../http/answer.js';
import { readObject } from '../http/body.js';
import { type ClientWrite, commit } from '../write/commit.js';
import { ownersOfUpdate } from '../write/field-owners.js';
import { checkName, dropDoubleOwners, otherUid, placeInNamespace } from '../write/object-identity.js';
import { decideReplacement } from '../write/replacement.js';
import { subjectOf, type Target } from '../write/target.js';
import { warned } from '../write/warned.js';
import { writeAnswer } from '../write/write-answer.js';
import { checkWriteOptions } from '../write/write-options.js';
import { MissingError, writeOrCreate } from '../write/write-or-create.js';
import { createObject } from './create.js';

/** PUT of an object, or of a subresource that writes a part of it. */
export async function update(context: ApiContext, request: ResourceRequest): Promise<Answer> {
  checkWriteOptions('UpdateOptions', request.query);
  return writeAnswer(context, request, await updateObject(context, request));
}

/** Replaces an object. Some kinds are created where they are missing. */
export async function updateObject(context: ApiContext, request: WriteRequest): Promise<ClientWrite> {
  const { definition, namespace, subresource, body, query } = request;
  const { object, warnings } = await readObject(body, definition, query.fieldValidation);
  placeInNamespace(request, object);
  checkName(request, object);
  const doubles = dropDoubleOwners(object, 'sent');
  const owners = ownersOfUpdate(request);
  const { dryRun } = query;
  const replace = () =>
    commit(context, {
      target: request,
      dryRun,
      decide: (current) => {
        const { uid } = object.metadata;
        if (uid && uid !== current?.uid) throw otherUid(request, uid, current?.uid ?? '', dryRun);
        if (!current) throw new MissingError();
        checkVersionIsNamed(request, object);
        return decideReplacement(context, { target: request, subresource, object, owners }, current);
      },
    });
  const create = () => {
    if (!definition.createsOnUpdate || subresource !== '') throw notFound(subjectOf(request));
    requireCreate(context, request);
    const { resourceVersion: _version, ...metadata } = object.metadata;
    return createObject(context, { definition, namespace, object: { ...object, metadata }, dryRun, owners });
  };
  const told = [...warnings, ...doubles];
  return { ...(await warned(told, () => writeOrCreate(replace, create))), sent: object, warnings: told };
}

/**
 * Some kinds may only be replaced by a client that names the version that it has read.
 * Source: apiserver registry/generic/registry/store.go, Update.
 */
function checkVersionIsNamed({ definition, name }: Target, { metadata }: KubeObject): void {
  const { resourceVersion } = metadata;
  if (definition.updatesUnconditionally || (resourceVersion && resourceVersion !== '0')) return;
  throw invalid({ group: definition.group, kind: definition.plural, name }, [
    {
      type: 'FieldValueInvalid',
      field: 'metadata.resourceVersion',
      value: 0,
      detail: 'must be specified for an update',
    },
  ]);
}
