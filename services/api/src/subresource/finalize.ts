import { notFound } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { ActionRequest } from '../dispatch/resource-request.js';
import { readObject } from '../http/body.js';
import { commit, type Written } from '../write/commit.js';
import { decisionFor } from '../write/decision.js';
import { objectOf } from '../write/stored-object.js';
import { subjectOf } from '../write/target.js';

/** PUT namespaces/NAME/finalize: sets spec.finalizers and nothing else. Without any the namespace can be removed. */
export async function finalizeNamespace(context: ApiContext, request: ActionRequest): Promise<Written> {
  const { definition, body, query } = request;
  const { object } = await readObject(body, definition, query.fieldValidation);
  const { finalizers } = (object.spec ?? {}) as { finalizers?: string[] };
  return await commit(context, {
    target: request,
    dryRun: query.dryRun,
    decide: (current) => {
      if (!current) throw notFound(subjectOf(request));
      const namespace = objectOf(request, current);
      namespace.spec = finalizers?.length ? { finalizers } : {};
      return decisionFor(request, namespace, current);
    },
  });
}
