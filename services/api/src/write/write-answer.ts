import { advise } from '../admission/chain.js';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import { type Answer, objectAnswer } from '../http/answer.js';
import { type ClientWrite, operationOf } from './commit.js';

/** The answer to a write: the object as it is now, and what the client is to be warned of. */
export function writeAnswer(
  context: ApiContext,
  { definition, subresource, presenter }: ResourceRequest,
  { object, outcome, before, sent, warnings }: ClientWrite,
): Answer {
  const operation = operationOf(outcome);
  const isNew = subresource === '' && outcome !== 'kept';
  const told = isNew ? (definition.warnings?.(object.object, before()) ?? []) : [];
  const advice = advise({
    context,
    operation,
    definition,
    subresource,
    sent,
    before,
    after: () => object.object,
  });
  const noted = context.notes?.warnings ?? [];
  const all = [...warnings, ...noted, ...told, ...advice];
  return objectAnswer(presenter, object, operation === 'create' ? 201 : 200, all);
}
