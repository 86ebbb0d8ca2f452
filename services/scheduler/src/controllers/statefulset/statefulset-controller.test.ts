import { eventually } from '@everynode/test-kit';
import { revisionData, templateHash } from '@everynode/workloads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

let running: RunningControllers;

beforeAll(async () => {
  running = await runControllers(['statefulset']);
});

afterAll(() => running.stop());

const statefulSet = (name: string) => ({
  apiVersion: 'apps/v1' as const,
  kind: 'StatefulSet' as const,
  metadata: { name, namespace: 'default', generation: 1 },
  spec: {
    replicas: 0,
    serviceName: name,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
  },
});

describe('a revision of another owner that has the name and the data of the one that is due', () => {
  it('is left alone, and the revision gets another name', async () => {
    const set = statefulSet('web');
    const nameFor = (collisions?: number) => `web-${templateHash(set.spec.template, collisions)}`;
    const foreign = [{ apiVersion: 'example.com/v1', kind: 'Other', name: 'o', uid: 'o', controller: true }];
    await running.create('controllerrevisions.apps', {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name: nameFor(), namespace: 'default', ownerReferences: foreign },
      data: revisionData(set),
      revision: 1,
    });
    await running.create('statefulsets.apps', set);
    await eventually(async () => {
      const { status } = (await running.get('statefulsets.apps', 'default', 'web')) ?? {};
      expect(status).toMatchObject({ collisionCount: 1, updateRevision: nameFor(1) });
    });
    const untouched = await running.get('controllerrevisions.apps', 'default', nameFor());
    expect(untouched?.metadata.ownerReferences).toEqual(foreign);
  });
});
