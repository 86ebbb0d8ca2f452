import { eventually } from '@everynode/test-kit';
import { expect, it } from 'vitest';
import { runControllers } from '../../../fixtures/running-controllers.js';

it('takes Endpoints away whose service went while no replica had its shard', async () => {
  const before = await runControllers([]);
  const labels = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
  for (const [name, own] of [
    ['own', labels],
    ['of-a-client', {}],
  ] as const) {
    await before.create('endpoints', {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace: 'default', labels: own },
      subsets: [],
    });
  }
  before.leave();
  const after = await runControllers(['endpoints'], { beside: before, replica: 'after' });
  try {
    await eventually(async () => expect(await after.get('endpoints', 'default', 'own')).toBeUndefined());
    expect(await after.get('endpoints', 'default', 'of-a-client')).toBeDefined();
  } finally {
    await after.stop();
    await before.stop();
  }
});
