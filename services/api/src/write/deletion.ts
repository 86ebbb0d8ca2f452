import {
  type CustomResourceDefinition,
  conflict,
  type DeletionDecision,
  decideDeletion,
  type Stored,
  type StoredMeta,
  timestamp,
  withCondition,
} from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import { CLEANUP, DEFINITIONS } from '../custom/definition-names.js';
import type { DeleteOptions } from './delete-options.js';
import { objectOf, toStored } from './stored-object.js';
import type { Target } from './target.js';

/** An object to be deleted. */
export interface Deletion {
  target: Target;
  options: DeleteOptions;
}

/**
 * Decides a DELETE: the object is removed now, or it is marked and removed when its agent, its finalizers or its
 * dependents release it. `now` is ms since the epoch. Source: apiserver/pkg/registry/generic/registry/store.go, Delete;
 * registry/rest/delete.go, BeforeDelete. @throws ApiError Conflict for preconditions that do not hold.
 */
export function decideDelete({ target, options }: Deletion, current: Current<'all'>, now: number): Decision {
  checkPreconditions(target, current, options);
  const { storage } = target.definition;
  const decision = decideDeletion(current, options, target.definition.deletion, now);
  if (storage === DEFINITIONS) return terminatingDefinition(target, current, decision, now);
  if (storage !== 'namespaces' || decision.kind === 'keep') return decision;
  return terminatingNamespace(target, current, decision, now);
}

/** A namespace is removed when it is empty: its controller then removes the last finalizer from its spec. */
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

/**
 * A definition is removed when its objects are: a finalizer holds it until then. Source: apiextensions-apiserver
 * pkg/registry/customresourcedefinition/etcd.go, Delete.
 */
function terminatingDefinition(target: Target, current: Current<'all'>, decision: Decision, now: number): Decision {
  const crd = objectOf(target, current) as Stored<CustomResourceDefinition>;
  if (crd.metadata.deletionTimestamp !== undefined || decision.kind === 'keep') return { kind: 'keep' };
  const { finalizers = [] } = crd.metadata;
  const kept = finalizers.includes(CLEANUP) ? finalizers : [...finalizers, CLEANUP];
  const { generation } = crd.metadata;
  crd.metadata = {
    ...crd.metadata,
    deletionTimestamp: timestamp(now),
    deletionGracePeriodSeconds: 0,
    ...(generation !== undefined && { generation: generation + 1 }),
    finalizers: kept,
  };
  const condition = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  crd.status = {
    ...crd.status,
    conditions: withCondition(crd.status?.conditions ?? [], condition, timestamp(now)),
  };
  const { parts, placement } = toStored(target.definition, crd);
  return { kind: 'update', parts: { metadata: parts.metadata, observed: parts.observed }, placement, deleting: true };
}

/**
 * @throws ApiError Conflict. Source: apiserver registry/rest/delete.go, BeforeDelete, which names the kind where others
 * name the resource.
 */
export function checkPreconditions(target: Target, current: Current<'all'>, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  const { group, kind } = target.definition;
  const subject = { group, plural: kind, name: target.name };
  if (uid && uid !== current.uid) {
    throw conflict(
      subject,
      `the UID in the precondition (${uid}) does not match the UID in record (${current.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion && resourceVersion !== String(current.revision)) {
    throw conflict(
      subject,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${current.revision}). The object might have been modified`,
    );
  }
}
