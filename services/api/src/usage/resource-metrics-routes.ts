import type { CachedObject } from '@everynode/list-watch';
import { AGENT_ANNOTATION, ApiError, notFound, type ResourceDefinition, resourceByStorage } from '@everynode/objects';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ApiContext } from '../api-context.js';
import { MethodNotAllowed } from '../dispatch/verbs.js';
import type { Answer } from '../http/answer.js';
import { negotiate, requireProduced, wantsPretty } from '../http/negotiate.js';
import { infoOf } from '../http/request-info.js';
import { includeObject } from '../present/presenter-for.js';
import { select } from '../read/page.js';
import { selectionFrom } from '../read/selection.js';
import type { UsedNode } from './node-usages.js';
import { METRICS_API, MetricsPresenter } from './present-metrics.js';
import { nodeMetrics, podMetrics, type ResourceMetrics } from './resource-metrics.js';

const GROUP = 'metrics.k8s.io';

interface Params {
  namespace?: string;
  name?: string;
}

/** What a kind of metrics is about. */
interface Measurable {
  kind: 'NodeMetrics' | 'PodMetrics';
  definition: ResourceDefinition;
  /** The name of the node on which the object is. */
  nodeOf: (object: CachedObject) => string | undefined;
  metricsOf: typeof podMetrics;
}

/**
 * Serves what nodes and pods use, as metrics-server does behind an aggregated API: `kubectl top`, and autoscalers that
 * clients bring. Objects and tables are those of metrics-server, but for protobuf.
 */
export function addResourceMetrics(fastify: FastifyInstance, context: ApiContext): void {
  const nodes: Measurable = {
    kind: 'NodeMetrics',
    definition: withoutFields(resourceByStorage('nodes')),
    nodeOf: ({ record }) => record.name,
    metricsOf: nodeMetrics,
  };
  const pods: Measurable = {
    kind: 'PodMetrics',
    definition: withoutFields(resourceByStorage('pods')),
    nodeOf: ({ record }) => record.placement ?? undefined,
    metricsOf: podMetrics,
  };
  const serve = (path: string, of: Measurable): void => {
    fastify.all<{ Params: Params }>(`/apis/${METRICS_API}/${path}`, (request) => answer(request, of));
  };
  serve('nodes', nodes);
  serve('nodes/:name', nodes);
  serve('pods', pods);
  serve('namespaces/:namespace/pods', pods);
  serve('namespaces/:namespace/pods/:name', pods);

  async function answer(request: FastifyRequest<{ Params: Params }>, of: Measurable): Promise<Answer> {
    const { method, headers, params } = request;
    const { accept, 'user-agent': userAgent } = headers;
    const { query } = infoOf(request);
    if (method !== 'GET') throw new MethodNotAllowed(['GET']);
    requireProduced(accept, 'objects');
    if (params.name === undefined && query.flag('watch')) throw notWatched(of.definition);
    const negotiated = negotiate(accept, { text: true });
    const pretty = negotiated.pretty || wantsPretty(query.text('pretty'), userAgent);
    const include = negotiated.kind === 'table' ? includeObject(query.text('includeObject')) : 'None';
    const presenter = new MetricsPresenter(of.kind, { ...negotiated, pretty }, include);
    const { contentType } = presenter;
    if (params.name === undefined) {
      const selection = selectionFrom(of.definition, params.namespace ?? '', query);
      const metrics = await metricsOf(of, select(context, of.definition, selection));
      return { status: 200, payload: presenter.list(metrics), contentType };
    }
    return { status: 200, payload: presenter.one(await oneOf(of, { ...params, name: params.name })), contentType };
  }

  /** Source: metrics-server pkg/api, Get: what is not there is no pod or node, what is not measured no metrics. */
  async function oneOf(of: Measurable, { namespace = '', name }: Params & { name: string }): Promise<ResourceMetrics> {
    const { storage, plural } = of.definition;
    const object = context.reflector.cache(storage).get(namespace, name);
    if (!object) throw notFound({ group: '', plural, name });
    const [metrics] = await metricsOf(of, [object]);
    const path = namespace === '' ? name : `${namespace}/${name}`;
    if (!metrics) throw notFound({ group: GROUP, plural: of.kind.toLowerCase(), name: path });
    return metrics;
  }

  async function metricsOf({ nodeOf, metricsOf }: Measurable, objects: CachedObject[]): Promise<ResourceMetrics[]> {
    const names = new Set(objects.flatMap((object) => nodeOf(object) ?? []));
    const known = await context.usages.of([...names].flatMap((name) => usedNode(context, name) ?? []));
    return objects.flatMap((object) => metricsOf(object, known.get(nodeOf(object) ?? '')) ?? []);
  }
}

/** Undefined for a node that is not there, or that no agent hosts. */
function usedNode({ reflector }: ApiContext, name: string): UsedNode | undefined {
  const agent = reflector.cache('nodes').get('', name)?.metadata.annotations?.[AGENT_ANNOTATION];
  return agent === undefined ? undefined : { name, agent };
}

/** The fields of a pod or a node are none of its metrics. */
const withoutFields = (definition: ResourceDefinition): ResourceDefinition => ({
  ...definition,
  placementField: undefined,
  fields: {},
});

/** Source: apiserver pkg/endpoints/handlers/get.go, ListResource. */
function notWatched({ plural }: ResourceDefinition): ApiError {
  const message = `watch is not supported on resources of kind "${plural}.${GROUP}"`;
  return new ApiError('MethodNotAllowed', message, { group: GROUP, kind: plural });
}
