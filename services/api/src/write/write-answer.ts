import { admissionPreviews } from '../admission/chain.js';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import { type Answer, objectAnswer } from '../http/answer.js';
import { operationOf, type WrittenWithWarnings } from './commit.js';

/** The answer to a write: the object as it is now. A dry run also warns of the effects that the write would have. */
export async function writeAnswer(
  context: ApiContext,
  { definition, subresource, query, presenter }: ResourceRequest,
  { warnings, ...written }: WrittenWithWarnings,
): Promise<Answer> {
  const { object } = written;
  const operation = operationOf(written);
  const previews =
    query.dryRun && subresource === '' ? await admissionPreviews(context, operation, definition, object.object) : [];
  return objectAnswer(presenter, object, operation === 'create' ? 201 : 200, [...warnings, ...previews]);
}
