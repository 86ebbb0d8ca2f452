import { request } from 'node:http';

/** What GET /readyz of a process says: 200, anything else, or nothing within the time. */
export type ProbeResult = 'ready' | 'not ready' | 'silent';

const TIMEOUT_MS = 1000;

/** Asks a process on loopback. */
export function probeReadiness(port: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/readyz', timeout: TIMEOUT_MS, agent: false };
    const asked = request(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? 'ready' : 'not ready');
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve('silent'));
    asked.end();
  });
}
