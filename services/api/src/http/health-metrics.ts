import type { CheckResult } from '@everynode/service-shell';
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Registry } from 'prom-client';
import { EXEMPT } from './turns.js';

/** Notes the results of the checks that an answer to a health check has looked at. `type` is `readyz`, say. */
export type ObserveChecks = (type: string, results: readonly CheckResult[]) => void;

/**
 * Serves /metrics/slis: what the checks have told, for objectives of availability. Returns what notes a result.
 * Source: KEP-3466; component-base metrics/prometheus/slis.
 */
export function addHealthMetrics(fastify: FastifyInstance): ObserveChecks {
  const registry = new Registry();
  const latest = new Gauge({
    name: 'kubernetes_healthcheck',
    help: '[STABLE] This metric records the result of a single healthcheck.',
    labelNames: ['name', 'type'],
    registers: [registry],
  });
  const total = new Counter({
    name: 'kubernetes_healthchecks_total',
    help: '[STABLE] This metric records the results of all healthcheck.',
    labelNames: ['name', 'status', 'type'],
    registers: [registry],
  });
  const type = `${registry.contentType}; escaping=underscores`;
  fastify.get('/metrics/slis', EXEMPT, async (_request, reply) => reply.type(type).send(await registry.metrics()));
  return (path, results) => {
    for (const { name, holds } of results) {
      latest.set({ name, type: path }, holds ? 1 : 0);
      total.inc({ name, status: holds ? 'success' : 'error', type: path });
    }
  };
}
