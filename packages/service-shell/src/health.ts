import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Readiness, ReadinessReport } from './readiness.js';

/** How often the event loop's lag is measured, in ms. Each time wakes the process; the default is 100 a second. */
const LAG_EVERY_MS = 500;

export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_EVERY_MS });
  return registry;
}

/** The body of a health answer as kube-apiserver words it. */
export function healthText(path: string, report: Pick<ReadinessReport, 'ready' | 'lines'>, verbose: boolean): string {
  const name = path.slice(1);
  if (report.ready && !verbose) return 'ok';
  return `${report.lines.join('\n')}\n${name} check ${report.ready ? 'passed' : 'failed'}\n`;
}

/**
 * `/livez`, `/readyz` and `/metrics` on loopback, for probes and scrapers, and what a service adds. Port 0 picks a free
 * one.
 */
export class HealthServer {
  readonly #server: Server;
  readonly #pages = new Map<string, () => unknown>();

  constructor(readiness: Readiness, metrics: Registry) {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (url.pathname === '/metrics') {
        metrics
          .metrics()
          .then((text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text))
          .catch((error: unknown) => response.writeHead(500).end(String(error)));
        return;
      }
      if (url.pathname === '/livez') {
        response.writeHead(200).end('ok');
        return;
      }
      if (url.pathname === '/readyz') {
        const report = readiness.report();
        const text = healthText(url.pathname, report, url.searchParams.has('verbose'));
        response.writeHead(report.ready ? 200 : 503, { 'content-type': 'text/plain' }).end(text);
        return;
      }
      const read = this.#pages.get(url.pathname);
      if (read === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(read()));
    });
  }

  /** Answers a GET of `path` with what `read` returns, as JSON. */
  show(path: string, read: () => unknown): void {
    this.#pages.set(path, read);
  }

  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
