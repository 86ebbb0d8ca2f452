import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Histogram, type Registry } from 'prom-client';
import { infoOf } from './request-info.js';
import { EXEMPT } from './turns.js';

/** The plural that a request names, or what its route is about. A text of a client would be a series of its own. */
function resourceOf(request: FastifyRequest): string {
  const { target } = infoOf(request);
  if (target.kind === 'resource') return target.path.definition.plural;
  if (target.kind === 'posted') return target.path.posted.plural;
  const { url: route = '/*' } = request.routeOptions;
  return NO_RESOURCE.has(route) ? 'unknown' : resourceIn(route);
}

/** The routes of what is not served, where a target is no resource. */
const NO_RESOURCE: ReadonlySet<string> = new Set(['/*', '/api/*', '/apis/*']);

function resourceIn(route: string): string {
  const segments = route.split('/').filter(Boolean);
  const rest = segments[0] === 'api' ? segments.slice(2) : segments[0] === 'apis' ? segments.slice(3) : undefined;
  if (!rest) return segments[0] ?? 'root';
  const plural = rest[0] === 'namespaces' && rest.length > 2 ? rest[2] : rest[0];
  return plural ?? 'discovery';
}

/**
 * Observes the duration of requests by method, resource and code, and serves all metrics of the process. Watches and
 * other streams are left out: they last as long as their clients want.
 */
export function addMetrics(fastify: FastifyInstance, registry: Registry): void {
  const durations = new Histogram({
    name: 'everynode_api_request_duration_seconds',
    help: 'Time from request to answer.',
    labelNames: ['method', 'resource', 'code'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    if (!infoOf(request).isLongRunning) {
      const labels = { method: request.method, resource: resourceOf(request), code: String(reply.statusCode) };
      durations.observe(labels, reply.elapsedTime / 1000);
    }
    done();
  });
  // Scrapers that can read more than ASCII names ask how others are escaped; there are no others here.
  const type = `${registry.contentType}; escaping=underscores`;
  fastify.get('/metrics', EXEMPT, async (_request, reply) => reply.type(type).send(await registry.metrics()));
}
