import { explainDaemonSet, type NodeExplanation } from '@everynode/daemonset';
import { notFound, resourceByStorage } from '@everynode/objects';
import type { DaemonSet } from 'kubernetes-types/apps/v1.js';
import type { ApiContext } from '../api-context.js';
import type { Query } from '../query.js';
import { getObject } from '../rest/get.js';
import { allNodes, explainInput } from './daemonset-view.js';

/** Where it is served: it is Everynode's own, so it stands in a group of its own. */
export const EXPLAIN_PATH = '/apis/explain.everynode.io/v1/namespaces/:namespace/daemonsets/:name';

export interface DaemonSetExplanation {
  apiVersion: 'explain.everynode.io/v1';
  kind: 'DaemonSetExplanation';
  metadata: { namespace: string; name: string };
  nodes: NodeExplanation[];
}

/**
 * For every node, or the one that the query parameter `node` names, why a pod of the DaemonSet runs there or does not.
 * @throws ApiError NotFound for a DaemonSet or a node that is not there.
 */
export async function explain(
  context: ApiContext,
  { namespace, name }: { namespace: string; name: string },
  query: Query,
): Promise<DaemonSetExplanation> {
  const definition = resourceByStorage('daemonsets.apps');
  const { object } = await getObject(context, definition, namespace, name, query);
  const all = explainDaemonSet(explainInput(context, object as DaemonSet, allNodes(context)));
  const wanted = query.text('node');
  const nodes = wanted === undefined ? all : all.filter(({ node }) => node === wanted);
  if (wanted !== undefined && nodes.length === 0) throw notFound({ group: '', plural: 'nodes', name: wanted });
  return { apiVersion: 'explain.everynode.io/v1', kind: 'DaemonSetExplanation', metadata: { namespace, name }, nodes };
}
