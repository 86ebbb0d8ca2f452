import { randomUUID } from 'node:crypto';
import {
  ApiError,
  alreadyExists,
  forbiddenTo,
  generatedName,
  generatedNameTaken,
  invalid,
  type KubeObject,
  notFound,
  type ResourceDefinition,
  timestamp,
} from '@everynode/objects';
import { admitCreate } from '../admission/admit.js';
import { policyFaults, policyWarnings } from '../admission/daemonset-policy.js';
import type { ApiContext } from '../api-context.js';
import { type Body, readObject } from '../http/body.js';
import type { Query } from '../http/query.js';
import { commit, subjectOf, type Target, toStored, type Written } from '../write/commit.js';
import { type OwnersOf, ownersOfUpdate } from '../write/field-owners.js';
import { dropDoubleOwners, placeInNamespace } from '../write/object-identity.js';

const NAME_TRIES = 8;

export interface Answer extends Written {
  warnings: string[];
}

/** POST to a collection. */
export async function createFromBody(
  context: ApiContext,
  definition: ResourceDefinition,
  namespace: string,
  body: Body,
  query: Query,
  manager: string,
): Promise<Answer> {
  const { object, warnings } = readObject(body, definition, query.fieldValidation);
  const owners = ownersOfUpdate({ definition, half: 'object', manager });
  const doubles = dropDoubleOwners(object, 'sent');
  const written = await createObject(context, definition, namespace, object, query.dryRun, owners);
  return { ...written, warnings: [...warnings, ...doubles, ...policyWarnings(definition, object)] };
}

/** Creates an object in the form a client sent it. Without `owners` nobody owns its fields: the system made it. */
export async function createObject(
  context: ApiContext,
  definition: ResourceDefinition,
  namespace: string,
  object: KubeObject,
  dryRun: boolean,
  owners?: OwnersOf,
): Promise<Written> {
  const { metadata } = object;
  placeInNamespace({ definition, namespace }, object);
  if (metadata.resourceVersion) {
    throw new ApiError('BadRequest', 'resourceVersion should not be set on objects to be created');
  }
  if (definition.namespaced) await requireNamespace(context, namespace, definition, metadata);
  const generate = !metadata.name && metadata.generateName !== undefined && metadata.generateName !== '';
  for (let tries = 1; ; tries += 1) {
    const name = generate ? generatedName(metadata.generateName ?? '') : (metadata.name ?? '');
    const target: Target = { definition, namespace, name };
    try {
      return await createNamed(context, target, object, dryRun, owners);
    } catch (error) {
      const taken = error instanceof ApiError && error.reason === 'AlreadyExists';
      if (!generate || !taken) throw error;
      if (tries >= NAME_TRIES) throw generatedNameTaken(subjectOf(target));
    }
  }
}

async function createNamed(
  context: ApiContext,
  target: Target,
  sent: KubeObject,
  dryRun: boolean,
  owners: OwnersOf | undefined,
): Promise<Written> {
  const { definition, namespace, name } = target;
  const object = structuredClone(sent);
  const {
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    managedFields: _managed,
    ...metadata
  } = object.metadata;
  object.metadata = {
    ...metadata,
    name,
    ...(definition.namespaced && { namespace }),
    uid: randomUUID(),
    creationTimestamp: timestamp(Date.now()),
  };
  definition.setDefaults(object);
  const managedFields = owners?.(undefined, object, []);
  if (managedFields) object.metadata.managedFields = managedFields;
  definition.prepareForCreate(object);
  await admitCreate(context, definition, object);
  const errors = [...definition.validate(object), ...policyFaults(definition, object)];
  if (errors.length > 0) throw invalid({ group: definition.group, kind: definition.kind, name }, errors);
  const stored = toStored(definition, object);
  return await commit(context, target, dryRun, (current) => {
    if (current) throw alreadyExists(subjectOf(target), current.deleting);
    const { parts, placement, deleting } = stored;
    return { kind: 'create', uid: object.metadata.uid, parts, placement, deleting };
  });
}

/** Objects are created in namespaces that exist and stay. Source: plugin/pkg/admission/namespace/lifecycle. */
async function requireNamespace(
  context: ApiContext,
  namespace: string,
  { group, plural }: ResourceDefinition,
  { name, generateName }: Partial<KubeObject['metadata']>,
): Promise<void> {
  const cache = context.reflector.cache('namespaces');
  // It may have been created a moment ago through another replica.
  if (!cache.get('', namespace)) await context.freshReads.catchUp();
  const found = cache.get('', namespace);
  if (!found) throw notFound({ group: '', plural: 'namespaces', name: namespace });
  if (found.metadata.deletionTimestamp === undefined) return;
  throw forbiddenTo(
    { group, plural, name: name || generateName || 'Unknown' },
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  );
}
