import type { FastifyInstance } from 'fastify';
import { MethodNotAllowed } from '../dispatch/verbs.js';
import { jsonAnswer } from './answer.js';
import { requireProduced } from './negotiate.js';

/** The release of Kubernetes whose API is served. Clients compare it with their own. */
const version = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.0+everynode',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-11-24T00:00:00Z',
  goVersion: `node${process.versions.node}`,
  compiler: 'v8',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};

/** GET /version, in JSON only. */
export function addVersion(fastify: FastifyInstance): void {
  fastify.all('/version', ({ method, headers }) => {
    if (method !== 'GET' && method !== 'HEAD') throw new MethodNotAllowed(['GET']);
    requireProduced(headers.accept, 'json');
    return jsonAnswer(version);
  });
}
