import { healthText, type Readiness } from '@everynode/service-shell';
import type { FastifyInstance } from 'fastify';
import { infoOf } from './request-info.js';
import { unknownPath } from './resource-path.js';
import { EXEMPT } from './turns.js';

const PATHS = ['/healthz', '/livez', '/readyz'];

/** Health checks need no identity. */
export function isHealthCheck(path: string): boolean {
  return PATHS.some((health) => path === health || path.startsWith(`${health}/`));
}

/** GET /healthz, /livez and /readyz, whole or one check of it, with `verbose` and `exclude`. */
export function addHealth(fastify: FastifyInstance, readiness: Readiness): void {
  for (const path of PATHS) {
    /** A process that answers is alive; readiness tells whether it can serve. */
    const report = (excluded: string[]) =>
      path === '/readyz'
        ? readiness.report(excluded)
        : { ready: true, lines: [excluded.includes('ping') ? '[+]ping excluded: ok' : '[+]ping ok'] };
    const names = (): string[] => (path === '/readyz' ? readiness.names : ['ping']);
    fastify.get(path, EXEMPT, (request, reply) => {
      const { query } = infoOf(request);
      const excluded = query.all('exclude');
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
    fastify.get<{ Params: { check: string } }>(`${path}/:check`, EXEMPT, ({ params: { check } }, reply) => {
      if (!names().includes(check)) throw unknownPath();
      // Who asks for one check wants to know of that one, whether or not it gates.
      const failing = report(names().filter((name) => name !== check)).lines.find((line) => !line.startsWith('[+]'));
      return reply
        .code(failing === undefined ? 200 : 503)
        .type('text/plain; charset=utf-8')
        .send(failing === undefined ? 'ok' : `${failing}\n`);
    });
  }
}
