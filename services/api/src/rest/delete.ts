import {
  ApiError,
  conflict,
  type DeletionDecision,
  type DeletionOptions,
  decideDeletion,
  decodeObject,
  deletionRulesOf,
  notFound,
  type ObjectMeta,
  type PropagationPolicy,
  type ResourceDefinition,
  timestamp,
} from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import type { ApiContext } from '../api-context.js';
import type { Query } from '../query.js';
import { selectionFrom } from '../selection.js';
import { type Body, readValue } from './body.js';
import { reachRevision, select } from './list.js';
import { commit, objectOf, subjectOf, type Target, toStored, type Written } from './stored.js';

/** meta/v1 DeleteOptions, from the body or the query. */
export interface DeleteOptions extends DeletionOptions {
  preconditions: { uid?: string; resourceVersion?: string };
  dryRun: boolean;
}

const DELETE_OPTIONS = {
  group: '',
  version: 'v1',
  kind: 'DeleteOptions',
  schema: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
};

export function deleteOptions(body: Body, query: Query): DeleteOptions {
  const given = readOptions(body);
  const policy = given.propagationPolicy ?? query.text('propagationPolicy');
  const orphan =
    given.orphanDependents ??
    (query.text('orphanDependents') === undefined ? undefined : query.flag('orphanDependents'));
  if (policy !== undefined && orphan !== undefined) {
    throw optionError(
      'propagationPolicy',
      'FieldValueInvalid',
      `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
    );
  }
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    throw optionError(
      'propagationPolicy',
      'FieldValueNotSupported',
      `Unsupported value: ${JSON.stringify(policy)}: supported values: "Background", "Foreground", "Orphan"`,
    );
  }
  const gracePeriodSeconds = given.gracePeriodSeconds ?? query.count('gracePeriodSeconds');
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(policy !== undefined && { propagationPolicy: policy as PropagationPolicy }),
    ...(orphan !== undefined && { orphanDependents: orphan }),
    preconditions: given.preconditions ?? {},
    dryRun: query.dryRun || (given.dryRun ?? []).includes('All'),
  };
}

interface GivenOptions {
  gracePeriodSeconds?: number;
  orphanDependents?: boolean;
  propagationPolicy?: string;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: string[];
}

function readOptions(body: Body): GivenOptions {
  if (body.isEmpty) return {};
  const parsed = readValue(body, DELETE_OPTIONS.schema);
  // Clients name any group's DeleteOptions.
  const value = parsed.value as { apiVersion?: unknown; kind?: unknown } | null;
  if (value === null || typeof value !== 'object') throw new ApiError('BadRequest', 'the body is no DeleteOptions');
  const { apiVersion: _apiVersion, ...rest } = value;
  return decodeObject({ value: rest }, DELETE_OPTIONS).object as unknown as GivenOptions;
}

function optionError(field: string, reason: string, message: string): ApiError {
  return new ApiError('Invalid', `DeleteOptions.meta.k8s.io "" is invalid: ${field}: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'DeleteOptions',
    causes: [{ reason, message, field }],
  });
}

/** DELETE of one object. */
export async function deleteObject(context: ApiContext, target: Target, options: DeleteOptions): Promise<Written> {
  const now = Date.now();
  return await commit(context, target, options.dryRun, (current) => {
    if (!current) throw notFound(subjectOf(target));
    return decideDelete(target, current, options, now);
  });
}

/**
 * What a DELETE comes to: the object goes now, or is marked and goes when its agent, its finalizers or its dependents
 * let it. Source: apiserver/pkg/registry/generic/registry/store.go, Delete; registry/rest/delete.go, BeforeDelete.
 */
export function decideDelete(target: Target, current: Current, options: DeleteOptions, now: number): Decision {
  checkPreconditions(target, current, options);
  const { storage } = target.definition;
  const { metadata, desired, observed = null, placement } = current;
  if (metadata === undefined || desired === undefined) throw new Error('the object was not read whole');
  const decision = decideDeletion({ metadata, desired, observed, placement }, options, deletionRulesOf(storage), now);
  if (storage !== 'namespaces' || decision.kind === 'keep') return decision;
  return terminatingNamespace(target, current, decision, now);
}

/** A namespace goes when what is in it has gone: its controller takes the last finalizer out of its spec. */
function terminatingNamespace(target: Target, current: Current, decision: DeletionDecision, now: number): Decision {
  const namespace = objectOf(target, current);
  const { finalizers } = (namespace.spec ?? {}) as { finalizers?: string[] };
  if (!finalizers?.length) return decision;
  if (namespace.metadata.deletionTimestamp !== undefined && decision.kind !== 'update') return { kind: 'keep' };
  const marked = decision.kind === 'update' ? (JSON.parse(decision.parts.metadata) as ObjectMeta) : namespace.metadata;
  namespace.metadata = {
    ...marked,
    deletionTimestamp: marked.deletionTimestamp ?? timestamp(now),
    deletionGracePeriodSeconds: 0,
  };
  namespace.status = { ...(namespace.status as object | undefined), phase: 'Terminating' };
  const { parts, placement } = toStored(target.definition, namespace);
  return { kind: 'update', parts: { metadata: parts.metadata, observed: parts.observed }, placement, deleting: true };
}

function checkPreconditions(target: Target, current: Current, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  if (uid !== undefined && uid !== current.uid) {
    throw conflict(
      subjectOf(target),
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.uid}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== String(current.revision)) {
    throw conflict(
      subjectOf(target),
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${current.revision}`,
    );
  }
}

/** DELETE of a collection: every object that the selectors match. Those that vanish meanwhile are no error. */
export async function deleteCollection(
  context: ApiContext,
  definition: ResourceDefinition,
  namespace: string,
  options: DeleteOptions,
  query: Query,
): Promise<Written[]> {
  await reachRevision(context, query);
  const selection = selectionFrom(definition, namespace, query);
  const objects = select(context.reflector.cache(definition.storage), selection);
  const outcomes = await Promise.all(
    objects.map(async ({ record }) => {
      try {
        return await deleteObject(context, { definition, namespace: record.namespace, name: record.name }, options);
      } catch (error) {
        if (error instanceof ApiError && error.reason === 'NotFound') return undefined;
        throw error;
      }
    }),
  );
  return outcomes.filter((written) => written !== undefined);
}
