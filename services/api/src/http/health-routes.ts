import { healthText, type Readiness, type ReadinessReport } from '@everynode/service-shell';
import type { FastifyInstance } from 'fastify';
import { addHealthMetrics } from './health-metrics.js';
import { infoOf } from './request-info.js';
import { unknownPath } from './resource-path.js';
import { EXEMPT } from './turns.js';

const PATHS = ['/healthz', '/livez', '/readyz'];

/** Health checks need no identity. */
export function isHealthCheck(path: string): boolean {
  return PATHS.some((health) => path === health || path.startsWith(`${health}/`));
}

/** Upstream's names of checks that have another name here. */
const UPSTREAM_NAMES: ReadonlyMap<string, string> = new Map([
  ['etcd', 'postgres'],
  ['etcd-readiness', 'postgres'],
  ['informer-sync', 'cache'],
  ['log', 'ping'],
]);

/** A process that answers is alive. */
function liveness(excluded: readonly string[]): ReadinessReport {
  const isLeftOut = excluded.includes('ping');
  return {
    ready: true,
    lines: [isLeftOut ? '[+]ping excluded: ok' : '[+]ping ok'],
    results: isLeftOut ? [] : [{ name: 'ping', holds: true }],
  };
}

/**
 * /healthz, /livez and /readyz with any method, whole or one check of it, with `verbose` and `exclude`, and what they
 * have told in /metrics/slis.
 */
export function addHealth(fastify: FastifyInstance, readiness: Readiness): void {
  const observe = addHealthMetrics(fastify);
  for (const path of PATHS) {
    const report = (excluded: string[]): ReadinessReport => {
      const found = path === '/readyz' ? readiness.report(excluded) : liveness(excluded);
      observe(path.slice(1), found.results);
      return found;
    };
    const names = (): string[] => (path === '/readyz' ? readiness.names : ['ping']);
    fastify.all(path, EXEMPT, (request, reply) => {
      const { query } = infoOf(request);
      const excluded = query.all('exclude').map((name) => UPSTREAM_NAMES.get(name) ?? name);
      const result = report(excluded);
      const unknown = excluded.filter((name) => !names().includes(name)).map((name) => JSON.stringify(name));
      if (unknown.length > 0) {
        result.lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.join(', ')}`);
      }
      return reply
        .code(result.ready ? 200 : 503)
        .type('text/plain; charset=utf-8')
        .header('x-content-type-options', 'nosniff')
        .send(healthText(path, result, query.has('verbose')));
    });
    fastify.all<{ Params: { check: string } }>(`${path}/:check`, EXEMPT, ({ params }, reply) => {
      const check = UPSTREAM_NAMES.get(params.check) ?? params.check;
      // The store has no part in whether the process lives, but may be asked for by its upstream name.
      if (!names().includes(check) && check === params.check) throw unknownPath();
      // Who asks for one check wants to know of that one, whether or not it gates.
      const others = readiness.names.filter((name) => name !== check);
      const failing = readiness.report(others).lines.find((line) => !line.startsWith('[+]'));
      return reply
        .code(failing === undefined ? 200 : 503)
        .type('text/plain; charset=utf-8')
        .send(failing === undefined ? 'ok' : `${failing}\n`);
    });
  }
}
