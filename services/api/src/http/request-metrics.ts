import { Histogram, type Registry } from 'prom-client';

/** Names of namespaces and objects would make a series each; the plural after them does not. */
function resourceIn(url: string): string {
  const segments = (url.split('?', 1)[0] ?? '').split('/').filter(Boolean);
  const rest = segments[0] === 'api' ? segments.slice(2) : segments[0] === 'apis' ? segments.slice(3) : undefined;
  if (!rest) return segments[0] ?? 'root';
  const plural = rest[0] === 'namespaces' && rest.length > 2 ? rest[2] : rest[0];
  return plural ?? 'discovery';
}

/** Observes how long requests take, by method, resource and code. Watches are left out: they last as long as they last. */
export function requestMetrics(registry: Registry) {
  const durations = new Histogram({
    name: 'everynode_api_request_duration_seconds',
    help: 'Time from request to answer.',
    labelNames: ['method', 'resource', 'code'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return (method: string, url: string, code: number, seconds: number): void => {
    if (!/[?&]watch=/.test(url)) durations.observe({ method, resource: resourceIn(url), code: String(code) }, seconds);
  };
}
