import { randomUUID } from 'node:crypto';
import {
  ApiError,
  alreadyExists,
  copyValue,
  generatedName,
  generatedNameTaken,
  type KubeObject,
  type ResourceDefinition,
  timestamp,
} from '@everynode/objects';
import { admit, allocate, claim, gate } from '../admission/chain.js';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest, WriteRequest } from '../dispatch/resource-request.js';
import type { Answer } from '../http/answer.js';
import { readObject } from '../http/body.js';
import { type ClientWrite, commit, type Written } from '../write/commit.js';
import { type OwnersOf, ownersBefore, ownersOfUpdate } from '../write/field-owners.js';
import { dropDoubleOwners, placeInNamespace } from '../write/object-identity.js';
import { refuseBeyondEtcd } from '../write/size-limit.js';
import { toStored } from '../write/stored-object.js';
import { subjectOf, type Target } from '../write/target.js';
import { warned } from '../write/warned.js';
import { writeAnswer } from '../write/write-answer.js';
import { checkWriteOptions } from '../write/write-options.js';

/** POST to a collection. */
export async function create(context: ApiContext, request: ResourceRequest): Promise<Answer> {
  checkWriteOptions('CreateOptions', request.query);
  return writeAnswer(context, request, await createFromBody(context, request));
}

async function createFromBody(context: ApiContext, request: WriteRequest): Promise<ClientWrite> {
  const { definition, namespace, body, query } = request;
  const { object, warnings } = await readObject(body, definition, query.fieldValidation);
  const doubles = dropDoubleOwners(object, 'sent');
  const owners = ownersOfUpdate(request);
  const told = [...warnings, ...doubles];
  const written = await warned(told, () =>
    createObject(context, { definition, namespace, object, dryRun: query.dryRun, owners }),
  );
  return { ...written, sent: object, warnings: told };
}

/** An object to be created. */
export interface Creation {
  definition: ResourceDefinition;
  namespace: string;
  /** As a client sent it, in canonical form. Without a name it gets one from its generateName. */
  object: KubeObject;
  dryRun: boolean;
  /** Undefined for objects that the system creates: their fields have no owner. */
  owners?: OwnersOf;
}

const NAME_TRIES = 8;

/** Creates an object. @throws ApiError AlreadyExists, BadRequest, Forbidden, Invalid, NotFound (of the namespace). */
export async function createObject(context: ApiContext, creation: Creation): Promise<Written> {
  const { definition, namespace, object } = creation;
  const { metadata } = object;
  placeInNamespace({ definition, namespace }, object);
  if (metadata.resourceVersion) {
    throw new ApiError('BadRequest', 'resourceVersion should not be set on objects to be created');
  }
  const named: Target = { definition, namespace, name: metadata.name || metadata.generateName || '' };
  await gate({ context, operation: 'create', target: named, object });
  if (metadata.name || !metadata.generateName) return await createNamed(context, metadata.name ?? '', creation);
  for (let tries = 1; ; tries += 1) {
    const name = generatedName(metadata.generateName);
    try {
      return await createNamed(context, name, creation);
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
      if (tries >= NAME_TRIES) throw generatedNameTaken(subjectOf({ definition, namespace, name }));
    }
  }
}

async function createNamed(context: ApiContext, name: string, creation: Creation): Promise<Written> {
  const { definition, namespace, dryRun } = creation;
  const { dynamic } = context;
  const target: Target = { definition, namespace, name };
  const birth = { name, uid: randomUUID(), creationTimestamp: timestamp(Date.now()) };
  const complete = () => completed(context, birth, creation);
  const object = dynamic ? await dynamic.settle(async () => complete()) : complete();
  await allocate({ context, operation: 'create', definition, object }, dryRun);
  const stored = toStored(definition, object);
  refuseBeyondEtcd(definition, object, stored.parts);
  if (!dryRun) await claim({ context, operation: 'create', definition, object });
  return await commit(context, {
    target,
    dryRun,
    decide: (current) => {
      if (current) throw alreadyExists(subjectOf(target), current.deleting);
      const { parts, placement, deleting } = stored;
      return { kind: 'create', uid: birth.uid, parts, placement, deleting };
    },
  });
}

/** What an object has from its creation on. */
interface Birth {
  name: string;
  uid: string;
  creationTimestamp: string;
}

/** The object as it is stored: with its defaults and what the system adds. @throws ApiError Forbidden, Invalid. */
function completed(context: ApiContext, birth: Birth, { definition, namespace, object: sent, owners }: Creation) {
  const object = copyValue(sent);
  const {
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    managedFields: _managed,
    ...metadata
  } = object.metadata;
  object.metadata = {
    ...metadata,
    name: birth.name,
    ...(definition.namespaced && { namespace }),
    uid: birth.uid,
    creationTimestamp: birth.creationTimestamp,
  };
  definition.setDefaults(object);
  const managedFields = owners?.(undefined, object, ownersBefore('', sent.metadata.managedFields, undefined));
  if (managedFields) object.metadata.managedFields = managedFields;
  admit({ context, operation: 'create', definition, object }, () => {
    // What the system adds may depend on what admission has completed: the QoS class on resources.
    definition.prepareForCreate(object);
    return definition.validate(object);
  });
  return object;
}
