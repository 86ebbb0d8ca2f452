import { ApiError } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import type { Answer } from '../http/answer.js';
import { deleteOptions } from '../write/delete-options.js';
import { orphanWarnings } from '../write/orphan-warning.js';
import { deleteObject } from './delete.js';
import { listObjects } from './list.js';

/**
 * DELETE of a collection: of every object that a list with the same parameters shows, or of one page where there is a
 * limit. The answer is that list.
 */
export async function deleteCollection(context: ApiContext, request: ResourceRequest): Promise<Answer> {
  const { definition, presenter } = request;
  const options = await deleteOptions(request.body, request.query);
  const { objects, meta } = await listObjects(context, request);
  await Promise.all(
    objects.map(async ({ record: { namespace, name } }) => {
      try {
        await deleteObject(context, { target: { definition, namespace, name }, options });
      } catch (error) {
        // Another client was faster.
        if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error;
      }
    }),
  );
  const warnings = orphanWarnings(definition, options);
  return { status: 200, payload: presenter.list(objects, meta), contentType: presenter.contentType, warnings };
}
