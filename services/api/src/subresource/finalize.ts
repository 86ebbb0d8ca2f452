import { notFound } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { type Body, readObject } from '../http/body.js';
import type { Query } from '../http/query.js';
import { decisionFor } from '../rest/update.js';
import { commit, objectOf, subjectOf, type Target, type Written } from '../write/commit.js';

/** PUT namespaces/NAME/finalize: sets spec.finalizers and nothing else. The last one taken out lets the namespace go. */
export async function finalizeNamespace(
  context: ApiContext,
  target: Target,
  body: Body,
  query: Query,
): Promise<Written> {
  const { object } = readObject(body, target.definition, query.fieldValidation);
  const { finalizers } = (object.spec ?? {}) as { finalizers?: string[] };
  return await commit(context, target, query.dryRun, (current) => {
    if (!current) throw notFound(subjectOf(target));
    const namespace = objectOf(target, current);
    namespace.spec = finalizers?.length ? { finalizers } : {};
    return decisionFor(target, namespace, current);
  });
}
