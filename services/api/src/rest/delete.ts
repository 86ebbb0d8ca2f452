import { notFound } from '@everynode/objects';
import { gate } from '../admission/chain.js';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import { type Answer, objectAnswer } from '../http/answer.js';
import { commit, type Written } from '../write/commit.js';
import { type DeleteOptions, deleteOptions } from '../write/delete-options.js';
import { type Deletion, decideDelete } from '../write/deletion.js';
import { orphanWarnings } from '../write/orphan-warning.js';
import { objectOf } from '../write/stored-object.js';
import { subjectOf, type Target } from '../write/target.js';

/** DELETE of one object. */
export async function deleteOne(context: ApiContext, request: ResourceRequest): Promise<Answer> {
  const options = await deleteOptions(request.body, request.query);
  return deletedAnswer(request, options, await deleteObject(context, { target: request, options }));
}

/** Deletes an object, or marks it where something holds it. @throws ApiError Conflict, Forbidden, NotFound. */
export async function deleteObject(context: ApiContext, deletion: Deletion): Promise<Written> {
  const { target, options } = deletion;
  await gate({ context, operation: 'delete', target });
  const now = Date.now();
  let isRemovedNext = false;
  const written = await commit(context, {
    target,
    dryRun: options.dryRun,
    decide: (current) => {
      if (!current) throw notFound(subjectOf(target));
      const { dynamic } = context;
      if (dynamic) {
        const oldObject = objectOf(target, current);
        dynamic.check({ ...target, operation: 'delete', subresource: '', object: undefined, oldObject });
      }
      const decision = decideDelete(deletion, current, now);
      // As upstream, watches see the mark of a pod that is deleted at once before they see it deleted.
      const parts = decision.kind === 'delete' && !options.dryRun ? decision.parts : undefined;
      isRemovedNext = parts !== undefined;
      return parts ? { kind: 'update', parts, deleting: true } : decision;
    },
  });
  if (isRemovedNext) return await removeMarked(context, target, written);
  // After the answer nothing more can be created in the namespace: admission reads the cache.
  if (target.definition.storage === 'namespaces' && !options.dryRun) {
    await context.freshReads.waitFor(written.object.record.revision);
  }
  return written;
}

/**
 * Removes an object that this request has marked, unless another one has removed it meanwhile. The first commit has
 * begun the deletion, so the deadline and a client that hangs up no longer count. The garbage collector finishes what a
 * process that ends here has left.
 */
async function removeMarked(context: ApiContext, target: Target, marked: Written): Promise<Written> {
  const { uid } = marked.object.record;
  const { limits, ...unlimited } = context;
  const turn = limits && { flow: limits.flow, deadline: undefined, signal: new AbortController().signal };
  const removed = await commit(
    { ...unlimited, ...(turn && { limits: turn }) },
    {
      target,
      dryRun: false,
      decide: (current) => (current?.uid === uid ? { kind: 'delete' } : { kind: 'keep' }),
    },
  );
  return removed.outcome === 'deleted' ? removed : { ...marked, outcome: 'deleted' };
}

/**
 * Some kinds answer a DELETE with the object, as do objects that are still there; others with a Status once they are
 * removed. A client that asks in the old way for the deletion of dependents, and has to wait for it, gets 202.
 * Source: apiserver handlers/delete.go.
 */
function deletedAnswer(
  { definition, name, presenter }: ResourceRequest,
  options: DeleteOptions,
  { object, outcome }: Written,
): Answer {
  const isGone = outcome === 'deleted';
  const warnings = orphanWarnings(definition, options);
  if (!isGone || definition.returnsDeleted) {
    return objectAnswer(presenter, object, !isGone && options.orphanDependents === false ? 202 : 200, warnings);
  }
  const details = {
    name,
    ...(definition.group && { group: definition.group }),
    kind: definition.plural,
    uid: object.record.uid,
  };
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  return { status: 200, payload: presenter.status(status), contentType: presenter.contentType, warnings };
}
