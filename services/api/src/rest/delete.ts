import {
  ApiError,
  conflict,
  type DeletionDecision,
  type DeletionOptions,
  decideDeletion,
  decodeObject,
  deletionRulesOf,
  type FieldError,
  forbiddenTo,
  invalid,
  isJsonObject,
  notFound,
  type PropagationPolicy,
  type ResourceDefinition,
  type StoredMeta,
  timestamp,
} from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import type { ApiContext } from '../api-context.js';
import { type Body, readValue } from '../http/body.js';
import type { Query } from '../http/query.js';
import { commit, objectOf, subjectOf, type Target, toStored, type Written } from '../write/commit.js';
import { dryRunFaults } from '../write/write-options.js';
import { type ListResult, listObjects } from './list.js';

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

const PROPAGATIONS = ['Foreground', 'Background', 'Orphan', 'nil'];

/** Reads them from the body where there is one, else from the query. @throws ApiError Invalid, with all that is wrong. */
export function deleteOptions(body: Body, query: Query): DeleteOptions {
  const given = body.isEmpty ? optionsOf(query) : readOptions(body);
  const { propagationPolicy: policy, orphanDependents: orphan, gracePeriodSeconds, preconditions = {} } = given;
  // A dry run that only the query asks for is one too, though upstream does not look there: nothing is deleted by mistake.
  const dryRun = [...(given.dryRun ?? []), ...query.texts('dryRun')];
  const errors: FieldError[] = [];
  const field = 'propagationPolicy';
  if (policy !== undefined && orphan !== undefined) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    errors.push({ type: 'FieldValueInvalid', field, value: policy, detail });
  }
  if (policy !== undefined && !isPolicy(policy)) {
    const detail = `supported values: ${PROPAGATIONS.map((each) => JSON.stringify(each)).join(', ')}`;
    errors.push({ type: 'FieldValueNotSupported', field, value: policy, detail });
  }
  errors.push(...dryRunFaults(dryRun));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions', name: '' }, errors);
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(isPolicy(policy) && { propagationPolicy: policy }),
    ...(orphan !== undefined && { orphanDependents: orphan }),
    preconditions,
    dryRun: dryRun.length > 0,
  };
}

const isPolicy = (policy: string | undefined): policy is PropagationPolicy =>
  policy === 'Foreground' || policy === 'Background' || policy === 'Orphan';

interface GivenOptions {
  gracePeriodSeconds?: number | undefined;
  orphanDependents?: boolean | undefined;
  propagationPolicy?: string | undefined;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: string[];
}

function optionsOf(query: Query): GivenOptions {
  return {
    gracePeriodSeconds: query.integer('gracePeriodSeconds'),
    propagationPolicy: query.text('propagationPolicy'),
    orphanDependents: query.text('orphanDependents') === undefined ? undefined : query.flag('orphanDependents'),
  };
}

function readOptions(body: Body): GivenOptions {
  const parsed = readValue(body, DELETE_OPTIONS.schema);
  if (!isJsonObject(parsed.value)) return decodeObject(parsed, DELETE_OPTIONS).object as unknown as GivenOptions;
  // Clients name any group's DeleteOptions.
  const { apiVersion: _apiVersion, ...value } = parsed.value;
  return decodeObject({ value }, DELETE_OPTIONS).object as unknown as GivenOptions;
}

/** Namespaces that are always there. Source: apiserver admission/plugin/namespace/lifecycle. */
const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** DELETE of one object. */
export async function deleteObject(context: ApiContext, target: Target, options: DeleteOptions): Promise<Written> {
  const isNamespace = target.definition.storage === 'namespaces';
  if (isNamespace && IMMORTAL.has(target.name)) {
    throw forbiddenTo(subjectOf(target), 'this namespace may not be deleted');
  }
  const now = Date.now();
  const written = await commit(context, target, options.dryRun, (current) => {
    if (!current) throw notFound(subjectOf(target));
    return decideDelete(target, current, options, now);
  });
  // Who was told that a namespace goes can create nothing more in it.
  if (isNamespace && !options.dryRun) await context.freshReads.waitFor(written.object.record.revision);
  return written;
}

/**
 * What a DELETE comes to: the object goes now, or is marked and goes when its agent, its finalizers or its dependents
 * let it. Source: apiserver/pkg/registry/generic/registry/store.go, Delete; registry/rest/delete.go, BeforeDelete.
 */
export function decideDelete(target: Target, current: Current<'all'>, options: DeleteOptions, now: number): Decision {
  checkPreconditions(target, current, options);
  const { storage } = target.definition;
  const decision = decideDeletion(current, options, deletionRulesOf(storage), now);
  if (storage !== 'namespaces' || decision.kind === 'keep') return decision;
  return terminatingNamespace(target, current, decision, now);
}

/** A namespace goes when what is in it has gone: its controller takes the last finalizer out of its spec. */
function terminatingNamespace(
  target: Target,
  current: Current<'all'>,
  decision: DeletionDecision,
  now: number,
): Decision {
  const namespace = objectOf(target, current);
  const { finalizers } = (namespace.spec ?? {}) as { finalizers?: string[] };
  if (!finalizers?.length) return decision;
  if (namespace.metadata.deletionTimestamp !== undefined && decision.kind !== 'update') return { kind: 'keep' };
  const marked = decision.kind === 'update' ? (JSON.parse(decision.parts.metadata) as StoredMeta) : namespace.metadata;
  const { deletionGracePeriodSeconds: _grace, ...metadata } = marked;
  namespace.metadata = { ...metadata, deletionTimestamp: metadata.deletionTimestamp ?? timestamp(now) };
  namespace.status = { ...(namespace.status as object | undefined), phase: 'Terminating' };
  const { parts, placement } = toStored(target.definition, namespace);
  return { kind: 'update', parts: { metadata: parts.metadata, observed: parts.observed }, placement, deleting: true };
}

/** Source: apiserver registry/rest/delete.go, BeforeDelete, which names the kind where others name the resource. */
function checkPreconditions(target: Target, current: Current<'all'>, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  const { group, kind } = target.definition;
  const subject = { group, plural: kind, name: target.name };
  if (uid !== undefined && uid !== current.uid) {
    throw conflict(
      subject,
      `the UID in the precondition (${uid}) does not match the UID in record (${current.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== String(current.revision)) {
    throw conflict(
      subject,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${current.revision}). The object might have been modified`,
    );
  }
}

/**
 * DELETE of a collection: every object that a list with these parameters shows, a page of it where there is a limit. Those that
 * vanish meanwhile are no error. Gives that list.
 */
export async function deleteCollection(
  context: ApiContext,
  definition: ResourceDefinition,
  namespace: string,
  options: DeleteOptions,
  query: Query,
): Promise<ListResult> {
  const list = await listObjects(context, definition, namespace, query);
  await Promise.all(
    list.objects.map(async ({ record }) => {
      try {
        await deleteObject(context, { definition, namespace: record.namespace, name: record.name }, options);
      } catch (error) {
        if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error;
      }
    }),
  );
  return list;
}
