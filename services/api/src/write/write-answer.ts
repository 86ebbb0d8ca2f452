import { advise } from '../admission/chain.js';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import { type Answer, objectAnswer } from '../http/answer.js';
import { type ClientWrite, operationOf } from './commit.js';

/** The answer to a write: the object as it is now. A dry run also warns of the effects that the write would have. */
export async function writeAnswer(
  context: ApiContext,
  { definition, subresource, query, presenter }: ResourceRequest,
  { object, outcome, before, sent, warnings }: ClientWrite,
): Promise<Answer> {
  const operation = operationOf(outcome);
  const advice = await advise({
    context,
    operation,
    definition,
    subresource,
    sent,
    before,
    after: () => object.object,
    dryRun: query.dryRun,
  });
  return objectAnswer(presenter, object, operation === 'create' ? 201 : 200, [...warnings, ...advice]);
}
