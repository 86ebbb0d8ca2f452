import {
  ApiError,
  conflict,
  decodeObject,
  type KubeObject,
  notFound,
  parseBody,
  type ResourceDefinition,
} from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import type { PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';
import type { ApiContext } from '../api-context.js';
import { bodyFormat } from '../negotiate.js';
import type { Query } from '../query.js';
import { selectionFrom } from '../selection.js';
import type { Body } from './body.js';
import { reachRevision, select } from './list.js';
import { commit, objectOf, subjectOf, type Target, toStored, type Written } from './stored.js';
import { timestamp } from './times.js';

/** meta/v1 DeleteOptions, from the body or the query. */
export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagation: 'Background' | 'Foreground' | 'Orphan';
  /** The client named the propagation itself. */
  explicit: boolean;
  preconditions: { uid?: string; resourceVersion?: string };
  dryRun: boolean;
}

const DELETE_OPTIONS = { group: '', version: 'v1', kind: 'DeleteOptions', schema: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions' };

const DEFAULT_GRACE_SECONDS = 30;

export function deleteOptions(definition: ResourceDefinition, body: Body, query: Query): DeleteOptions {
  const given = readOptions(body);
  const policy = given.propagationPolicy ?? query.text('propagationPolicy');
  const orphan = given.orphanDependents ?? (query.text('orphanDependents') === undefined ? undefined : query.flag('orphanDependents'));
  if (policy !== undefined && orphan !== undefined) {
    throw optionError('propagationPolicy', 'FieldValueInvalid', `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`);
  }
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    throw optionError(
      'propagationPolicy',
      'FieldValueNotSupported',
      `Unsupported value: ${JSON.stringify(policy)}: supported values: "Background", "Foreground", "Orphan"`,
    );
  }
  const gracePeriodSeconds = given.gracePeriodSeconds ?? query.count('gracePeriodSeconds');
  const fromOrphan = orphan === undefined ? undefined : orphan ? 'Orphan' : 'Background';
  return {
    // A negative grace period means at once, as upstream has it.
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds: Math.max(0, gracePeriodSeconds) }),
    propagation: (policy as DeleteOptions['propagation']) ?? fromOrphan ?? definition.defaultPropagation,
    explicit: policy !== undefined || orphan !== undefined,
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
  if (body.text.trim() === '') return {};
  const parsed = parseBody(body.text, bodyFormat(body.contentType));
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
    return decideDeletion(target, current, options, now);
  });
}

/**
 * What a DELETE comes to: the object goes now, or is marked and goes when its agent, its finalizers or its dependents
 * let it. Source: apiserver/pkg/registry/generic/registry/store.go, Delete; registry/rest/delete.go, BeforeDelete.
 */
export function decideDeletion(target: Target, current: Current, options: DeleteOptions, now: number): Decision {
  checkPreconditions(target, current, options);
  const object = objectOf(target, current);
  const { metadata } = object;
  const finalizers = new Set(metadata.finalizers ?? []);
  if (options.explicit || metadata.deletionTimestamp === undefined) {
    setPropagation(finalizers, options.propagation);
  }
  const graceSeconds = graceFor(object, options);
  const before = metadata.deletionTimestamp === undefined ? undefined : (metadata.deletionGracePeriodSeconds ?? 0);
  const shorter = before === undefined || graceSeconds < before;
  if (shorter) {
    metadata.deletionTimestamp = timestamp(now + graceSeconds * 1000);
    metadata.deletionGracePeriodSeconds = graceSeconds;
  }
  if (finalizers.size > 0) metadata.finalizers = [...finalizers];
  else delete metadata.finalizers;
  const held = finalizers.size > 0 || heldByNamespace(object);
  const { parts, placement } = toStored(target.definition, object);
  if (!held && (metadata.deletionGracePeriodSeconds ?? 0) === 0) return { kind: 'delete', parts };
  if (!shorter && parts.metadata === current.metadata) return { kind: 'keep' };
  if (object.kind === 'Namespace') object.status = { phase: 'Terminating' };
  const marked = toStored(target.definition, object).parts;
  return { kind: 'update', parts: { metadata: marked.metadata, observed: marked.observed }, placement, deleting: true };
}

/** A namespace goes when what is in it has gone: its controller takes the last finalizer out of its spec. */
function heldByNamespace(object: KubeObject): boolean {
  return object.kind === 'Namespace' && ((object.spec as { finalizers?: string[] } | undefined)?.finalizers?.length ?? 0) > 0;
}

/** The collector's finalizers; it takes them off when dependents are gone, or orphaned. */
function setPropagation(finalizers: Set<string>, propagation: DeleteOptions['propagation']): void {
  finalizers.delete('foregroundDeletion');
  finalizers.delete('orphan');
  if (propagation === 'Foreground') finalizers.add('foregroundDeletion');
  if (propagation === 'Orphan') finalizers.add('orphan');
}

/** Only pods are deleted gracefully. Source: pkg/registry/core/pod/strategy.go, CheckGracefulDelete. */
function graceFor(object: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (object.kind !== 'Pod') return 0;
  const spec = object.spec as PodSpec | undefined;
  const { phase } = (object.status ?? {}) as PodStatus;
  if (!spec?.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  return gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
}

function checkPreconditions(target: Target, current: Current, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  if (uid !== undefined && uid !== current.uid) {
    throw conflict(subjectOf(target), `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.uid}`);
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
