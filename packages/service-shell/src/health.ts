import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** A named condition for readiness: undefined when it holds, else the reason in words. */
interface ReadinessCheck {
  name: string;
  check(): string | undefined;
}

/** Which conditions hold. A process is ready when all do. */
export class Readiness {
  readonly #checks: ReadinessCheck[] = [];

  add(name: string, check: () => string | undefined): void {
    this.#checks.push({ name, check });
  }

  get names(): string[] {
    return this.#checks.map(({ name }) => name);
  }

  /** Excluded conditions are listed and do not count. */
  report(excluded: readonly string[] = []): { ready: boolean; lines: string[] } {
    let ready = true;
    const lines = this.#checks.map(({ name, check }) => {
      if (excluded.includes(name)) return `[+]${name} excluded: ok`;
      const reason = check();
      if (reason === undefined) return `[+]${name} ok`;
      ready = false;
      return `[-]${name} failed: ${reason}`;
    });
    return { ready, lines };
  }
}

/** How often the event loop's lag is measured, in ms. Each time wakes the process; the default is 100 a second. */
const LAG_EVERY_MS = 500;

export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_EVERY_MS });
  return registry;
}

/** The body of a health answer as kube-apiserver words it. */
export function healthText(path: string, report: { ready: boolean; lines: string[] }, verbose: boolean): string {
  const name = path.slice(1);
  if (report.ready && !verbose) return 'ok';
  return `${report.lines.join('\n')}\n${name} check ${report.ready ? 'passed' : 'failed'}\n`;
}

/** `/livez`, `/readyz` and `/metrics` on loopback, for probes and scrapers. Port 0 picks a free one. */
export class HealthServer {
  readonly #server: Server;

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
      response.writeHead(404).end();
    });
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
