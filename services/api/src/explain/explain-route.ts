import { type ChangePreview, describePreview, explainDaemonSet, type NodeExplanation } from '@everynode/daemonset';
import { type DaemonSet, notFound, resourceByStorage, type Stored } from '@everynode/objects';
import type { FastifyInstance } from 'fastify';
import { advise } from '../admission/chain.js';
import type { ApiContext } from '../api-context.js';
import { jsonAnswer } from '../http/answer.js';
import { type Body, bodyOf, readObject } from '../http/body.js';
import type { Query } from '../http/query.js';
import { infoOf } from '../http/request-info.js';
import { createObject } from '../rest/create.js';
import { getObject } from '../rest/get.js';
import { updateObject } from '../rest/update.js';
import { operationOf } from '../write/commit.js';
import { allNodes, explainInput } from './daemonset-view.js';
import { previewOf } from './preview.js';

/** In a group of its own, because explanations are Everynode's and not upstream's. */
const EXPLAIN_PATH = '/apis/explain.everynode.io/v1/namespaces/:namespace/daemonsets/:name';

/** A POST of a manifest returns what would happen on each node if it were applied. */
const EXPLAIN_MANIFEST_PATH = '/apis/explain.everynode.io/v1/namespaces/:namespace/daemonsets';

interface DaemonSetExplanation {
  apiVersion: 'explain.everynode.io/v1';
  kind: 'DaemonSetExplanation';
  metadata: { namespace: string; name: string };
  nodes: NodeExplanation[];
  /** Only for a manifest: the nodes that it would affect, by what would happen there in the end. */
  change?: ChangePreview;
  /** The same in a sentence; left out where no pod would be affected. */
  summary?: string;
}

/** Serves explanations, of a stored DaemonSet and of a manifest. */
export function addExplain(fastify: FastifyInstance, context: ApiContext): void {
  fastify.get<{ Params: { namespace: string; name: string } }>(EXPLAIN_PATH, async (request) =>
    jsonAnswer(await explain(context, request.params, infoOf(request).query)),
  );
  fastify.post<{ Params: { namespace: string } }>(EXPLAIN_MANIFEST_PATH, async (request) => {
    const { namespace } = request.params;
    const { explanation, warnings } = await explainManifest(
      context,
      namespace,
      bodyOf(request, context.bodies),
      infoOf(request).query,
    );
    return jsonAnswer(explanation, warnings);
  });
}

/**
 * Explains for every node, or for the one that the query parameter `node` names, why a pod of the DaemonSet runs there
 * or does not. @throws ApiError NotFound for a DaemonSet or a node that does not exist.
 */
async function explain(
  context: ApiContext,
  { namespace, name }: { namespace: string; name: string },
  query: Query,
): Promise<DaemonSetExplanation> {
  const definition = resourceByStorage('daemonsets.apps');
  const { object } = await getObject(context, { definition, namespace, name, query });
  return explanationOf(context, { namespace, name }, object as Stored<DaemonSet>, query);
}

/**
 * Explains a manifest that is not applied yet: where its pods would run, and which nodes would gain, lose or restart
 * one. Nothing is written, and no webhook or policy is asked. @throws ApiError as an apply of the manifest would
 * without these.
 */
async function explainManifest(
  context: ApiContext,
  namespace: string,
  body: Body,
  query: Query,
): Promise<{ explanation: DaemonSetExplanation; warnings: string[] }> {
  const definition = resourceByStorage('daemonsets.apps');
  const { object: sent, warnings } = await readObject(body, definition, query.fieldValidation);
  const name = sent.metadata.name ?? '';
  await context.freshReads.catchUp();
  const stored = context.reflector.cache('daemonsets.apps').get(namespace, name);
  const proposed = stored
    ? await updateObject(context, {
        definition,
        namespace,
        name,
        subresource: '',
        body,
        query: query.asDryRun(),
        manager: 'explain',
      })
    : await createObject(context, { definition, namespace, object: sent, dryRun: true });
  const after = proposed.object.object as Stored<DaemonSet>;
  const explanation = explanationOf(context, { namespace, name }, after, query);
  const change = previewOf(context, after);
  const operation = operationOf(proposed.outcome);
  const advice = advise({
    context,
    operation,
    definition,
    subresource: '',
    sent,
    before: proposed.before,
    after: () => after,
  });
  const summary = describePreview(change);
  const told = definition.warnings?.(after, proposed.before()) ?? [];
  return {
    explanation: { ...explanation, change, ...(summary !== undefined && { summary }) },
    warnings: [...warnings, ...told, ...advice],
  };
}

function explanationOf(
  context: ApiContext,
  metadata: { namespace: string; name: string },
  daemonSet: DaemonSet,
  query: Query,
): DaemonSetExplanation {
  const all = explainDaemonSet(explainInput(context, daemonSet, allNodes(context)));
  const wanted = query.text('node');
  const nodes = wanted === undefined ? all : all.filter(({ node }) => node === wanted);
  if (wanted !== undefined && nodes.length === 0) throw notFound({ group: '', plural: 'nodes', name: wanted });
  return { apiVersion: 'explain.everynode.io/v1', kind: 'DaemonSetExplanation', metadata, nodes };
}
