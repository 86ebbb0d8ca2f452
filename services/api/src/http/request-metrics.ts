import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';
import { infoOf, type RequestInfo } from './request-info.js';
import { EXEMPT } from './turns.js';

/** The plural in a path. Names of namespaces and objects are left out: each would become a series of its own. */
function resourceOf({ target, path }: RequestInfo): string {
  return target.kind === 'resource' ? target.path.definition.plural : resourceIn(path);
}

function resourceIn(path: string): string {
  const segments = path.split('/').filter(Boolean);
  const rest = segments[0] === 'api' ? segments.slice(2) : segments[0] === 'apis' ? segments.slice(3) : undefined;
  if (!rest) return segments[0] ?? 'root';
  const plural = rest[0] === 'namespaces' && rest.length > 2 ? rest[2] : rest[0];
  return plural ?? 'discovery';
}

/**
 * Observes the duration of requests by method, resource and code, and serves all metrics of the process. Watches are
 * left out: they last as long as their clients want.
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
    const { method, url } = request;
    if (!/[?&]watch=/.test(url)) {
      const labels = { method, resource: resourceOf(infoOf(request)), code: String(reply.statusCode) };
      durations.observe(labels, reply.elapsedTime / 1000);
    }
    done();
  });
  // Scrapers that can read more than ASCII names ask how others are escaped; there are no others here.
  const type = `${registry.contentType}; escaping=underscores`;
  fastify.get('/metrics', EXEMPT, async (_request, reply) => reply.type(type).send(await registry.metrics()));
}
