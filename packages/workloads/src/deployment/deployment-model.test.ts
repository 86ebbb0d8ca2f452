import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeploymentCluster, deploymentOf } from '../../fixtures/deployment-cluster.js';
import { sumReplicas } from './draft.js';
import { fenceposts, maxReplicas } from './fenceposts.js';

const action = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'deployment' as const }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('replicaSet' as const), index: fc.nat(3) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ready' as const), index: fc.nat(8) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'end' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('image' as const), image: fc.constantFrom('one', 'two', 'three') }),
  },
);

const strategy = fc.record({
  maxSurge: fc.constantFrom<(number | string)[]>(0, 1, 3, '25%', '100%'),
  maxUnavailable: fc.constantFrom<(number | string)[]>(0, 1, 2, '25%', '60%'),
});

const cluster = (replicas: number, rollingUpdate: object): DeploymentCluster =>
  new DeploymentCluster(deploymentOf({ replicas, strategy: { type: 'RollingUpdate', rollingUpdate } }));

function act(on: DeploymentCluster, step: { kind: string; index?: number; image?: string }): void {
  if (step.kind === 'deployment') on.passDeployment();
  else if (step.kind === 'replicaSet') on.passReplicaSet(step.index ?? 0);
  else if (step.kind === 'ready') on.setReady(step.index ?? 0, true);
  else if (step.kind === 'end') on.endPods();
  else on.setImage(step.image ?? 'one');
}

describe('a rolling update of a Deployment', () => {
  it('never asks for more pods than the surge allows, and ends with the newest template everywhere', () => {
    const property = fc.property(
      fc.integer({ min: 0, max: 6 }),
      strategy,
      fc.array(action, { maxLength: 80 }),
      (replicas, rolling, steps) => {
        const on = cluster(replicas, rolling);
        for (const step of steps) {
          act(on, step);
          const asked = sumReplicas(on.replicaSets.map(({ spec }) => ({ replicas: spec?.replicas ?? 0 })) as never);
          expect(asked).toBeLessThanOrEqual(maxReplicas(on.deployment));
        }
        on.settle();
        const image = on.deployment.spec?.template.spec?.containers[0]?.image;
        expect(on.active.map(({ spec }) => spec?.containers[0]?.image)).toEqual(Array(replicas).fill(image));
        expect(on.deployment.status).toMatchObject({ observedGeneration: on.deployment.metadata.generation });
        expect(on.deployment.status?.updatedReplicas ?? 0).toBe(replicas);
      },
    );
    fc.assert(property, propertyRuns(100));
  });

  it('takes no more pods away than may be unavailable while the new ones start', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 6 }),
      strategy,
      fc.array(action, { maxLength: 80 }),
      (replicas, rolling, steps) => {
        const on = cluster(replicas, rolling);
        on.settle();
        on.setImage('two');
        const least = replicas - fenceposts(on.deployment).maxUnavailable;
        for (const step of steps.filter(({ kind }) => kind !== 'image')) {
          act(on, step);
          expect(on.ready.length).toBeGreaterThanOrEqual(least);
        }
      },
    );
    fc.assert(property, propertyRuns(100));
  });
});
