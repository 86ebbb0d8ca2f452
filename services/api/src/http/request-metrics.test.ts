import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
});

afterAll(async () => {
  await api.close();
  await backends.stop();
});

/** How many requests were observed, by method, resource and code. */
async function observed(): Promise<Record<string, number>> {
  const { text } = await api.request('GET', '/metrics');
  const counts = text.matchAll(
    /^everynode_api_request_duration_seconds_count\{method="(.*)",resource="(.*)",code="(.*)"\} (\d+)$/gm,
  );
  return Object.fromEntries(
    [...counts].map(([, method, resource, code, count]) => [`${method} ${resource} ${code}`, Number(count)]),
  );
}

describe('the durations of requests', () => {
  it('are those of resources, kinds that are posted, and routes', async () => {
    const spec = { user: 'u', nonResourceAttributes: { path: '/', verb: 'get' } };
    await api.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body: { spec } });
    for (const path of ['/api/v1/namespaces/default/pods?limit=1', '/apis/apps/v1', '/healthz', '/openapi/v3']) {
      expect((await api.request('GET', path)).status).toBe(200);
    }
    await eventually(async () =>
      expect(await observed()).toMatchObject({
        'POST subjectaccessreviews 201': 1,
        'GET pods 200': 1,
        'GET discovery 200': 1,
        'GET healthz 200': 1,
        'GET openapi 200': 1,
      }),
    );
  });

  it('are under no text of a client, which would fill the memory', async () => {
    for (const [at, path] of ['/api/v1', '/apis/apps/v1', '/apis/x/v1', '/apis', '', '/healthz'].entries()) {
      await api.request('GET', `${path}/made-up-${at}`, { anonymous: true });
      await api.request('GET', `${path}/made-up-${at}/a/b`);
    }
    await eventually(async () => expect(await observed()).toHaveProperty(['GET unknown 404']));
    expect(Object.keys(await observed()).filter((one) => one.includes('made-up'))).toEqual([]);
  });

  it('leave out watches, also those of old paths', async () => {
    for (const path of ['/api/v1/watch/services?', '/api/v1/services?watch=1&']) {
      const { ended } = api.watch(`${path}timeoutSeconds=1`);
      await ended;
    }
    await api.request('GET', '/api/v1/services?watch=false');
    await eventually(async () => expect(await observed()).toMatchObject({ 'GET services 200': 1 }));
  });
});
