import { conditionOf } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { DeploymentCluster, deploymentOf } from '../../fixtures/deployment-cluster.js';
import { REVISION_ANNOTATION } from './draft.js';

const sizes = ({ replicaSets }: DeploymentCluster): number[] => replicaSets.map(({ spec }) => spec?.replicas ?? 0);
const progressing = ({ deployment }: DeploymentCluster) => conditionOf(deployment.status, 'Progressing');
const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
});
const settled = (...args: Parameters<typeof deploymentOf>): DeploymentCluster => {
  const cluster = new DeploymentCluster(deploymentOf(...args));
  cluster.settle();
  return cluster;
};

describe('a new Deployment', () => {
  it('gets a ReplicaSet with the hash of its template, and is complete when its pods are available', () => {
    const cluster = new DeploymentCluster(deploymentOf({ replicas: 2 }));
    cluster.passDeployment();
    const [replicaSet] = cluster.replicaSets;
    const hash = replicaSet?.metadata.labels?.['pod-template-hash'];
    expect(replicaSet?.metadata).toMatchObject({
      name: `web-${hash}`,
      labels: { app: 'web' },
      annotations: {
        [REVISION_ANNOTATION]: '1',
        'deployment.kubernetes.io/desired-replicas': '2',
        'deployment.kubernetes.io/max-replicas': '3',
      },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', controller: true }],
    });
    expect(replicaSet?.spec?.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(progressing(cluster)).toMatchObject({ status: 'True', reason: 'NewReplicaSetCreated' });
    expect(cluster.events).toEqual([`Scaled up replica set web-${hash} from 0 to 2`]);
    cluster.settle();
    expect(progressing(cluster)).toMatchObject({
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "web-${hash}" has successfully progressed.`,
    });
    expect(cluster.deployment.status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2 });
  });

  it('is told of no progress when its deadline is over', () => {
    const cluster = new DeploymentCluster(deploymentOf({ progressDeadlineSeconds: 5 }));
    cluster.settle('one');
    expect(cluster.plan().requeueAfterMs).toBe(6000);
    cluster.now += 5_001;
    cluster.passDeployment();
    expect(progressing(cluster)).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(cluster.plan().requeueAfterMs).toBeUndefined();
  });
});

describe('an update', () => {
  it('numbers revisions, and gives an old ReplicaSet that comes back the highest one', () => {
    const cluster = settled({});
    cluster.setImage('two');
    cluster.settle();
    cluster.setImage('one');
    cluster.settle();
    expect(cluster.replicaSets.map(({ metadata }) => metadata.annotations?.[REVISION_ANNOTATION])).toEqual(['3', '2']);
    expect(cluster.replicaSets[0]?.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1');
    expect(cluster.deployment.metadata.annotations?.[REVISION_ANNOTATION]).toBe('3');
  });

  it('keeps as many old ReplicaSets as the limit says', () => {
    const cluster = settled({ revisionHistoryLimit: 1 });
    for (const image of ['two', 'three', 'four']) {
      cluster.setImage(image);
      cluster.settle();
    }
    expect(cluster.replicaSets.map(({ metadata }) => metadata.annotations?.[REVISION_ANNOTATION])).toEqual(['3', '4']);
  });

  it('waits until no old pod is left where it recreates', () => {
    const cluster = settled({ strategy: { type: 'Recreate' } });
    cluster.setImage('two');
    for (let i = 0; i < 3; i += 1) {
      cluster.passDeployment();
      cluster.passReplicaSet(0);
    }
    expect(sizes(cluster)).toEqual([0]);
    cluster.endPods();
    cluster.passReplicaSet(0);
    cluster.passDeployment();
    expect(sizes(cluster)).toEqual([0, 3]);
  });

  it('is not begun while the Deployment is paused, which can be scaled', () => {
    const cluster = settled({});
    cluster.edit((spec) => {
      spec.paused = true;
      spec.replicas = 5;
    });
    cluster.setImage('two');
    cluster.settle();
    expect(sizes(cluster)).toEqual([5]);
    expect(progressing(cluster)).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
    cluster.edit((spec) => {
      delete spec.paused;
    });
    cluster.passDeployment();
    expect(cluster.deployment.status?.conditions?.map(({ reason }) => reason)).toContain('NewReplicaSetCreated');
  });
});

describe('scaling within a rollout', () => {
  it('gives each ReplicaSet its share', () => {
    // Upstream: test/e2e/apps/deployment.go, testProportionalScalingDeployment.
    const cluster = settled({ replicas: 10, ...rolling(3, 2) });
    cluster.setImage('broken');
    cluster.settle('broken');
    expect(sizes(cluster)).toEqual([8, 5]);
    cluster.edit((spec) => {
      spec.replicas = 30;
    });
    cluster.passDeployment();
    expect(sizes(cluster)).toEqual([20, 13]);
    cluster.edit((spec) => {
      spec.replicas = 0;
    });
    cluster.passDeployment();
    expect(sizes(cluster)).toEqual([0, 0]);
  });
});
