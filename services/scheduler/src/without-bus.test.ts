import { AGENT_ANNOTATION } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../fixtures/running-controllers.js';

let running: RunningControllers;

beforeAll(async () => {
  // A port on which nothing listens.
  running = await runControllers(['daemonset'], { natsUrl: 'nats://127.0.0.1:1' });
});

afterAll(() => running.stop());

it('starts without the bus, and creates pods', async () => {
  expect(running.context.bus.trouble).toBe('not connected');
  await running.create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', annotations: { [AGENT_ANNOTATION]: 'agent-1' } },
    spec: {},
    status: { conditions: [{ type: 'Ready', status: 'True' }], allocatable: { pods: '110' } },
  });
  const labels = { app: 'd' };
  await running.create('daemonsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'd', namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
    },
    status: {},
  });
  await eventually(() => {
    const pods = [...running.context.reflector.cache('pods').list('default')];
    expect(pods.map(({ record }) => record.placement)).toEqual(['n1']);
  });
});
