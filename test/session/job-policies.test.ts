import { eventually } from '@everynode/test-kit';
import { describe, expect, it } from 'vitest';
import { type Any, type GoClient, MERGE, STRATEGIC } from './go-client.js';
import { stackForTests } from './stack-for-tests.js';

/**
 * The steps of upstream's Conformance specs of the policies of Jobs. Where the suite's container ends by its index, its
 * end is written to the pod's status: no script runs in a simulated pod.
 * Source: kubernetes/kubernetes test/e2e/apps/job.go.
 */
const SLOW = 60_000;
const JOBS = '/apis/batch/v1/namespaces/default/jobs';
const PODS = '/api/v1/namespaces/default/pods';
const INDEX = 'batch.kubernetes.io/job-completion-index';

let client: GoClient;

stackForTests(3, (_stack, started) => {
  client = started;
});

const LONG = ['sleep', '300'];
const indexed = { completionMode: 'Indexed', completions: 4, parallelism: 4 };

const create = (name: string, command: string[], spec: object): Promise<Any> =>
  client.create(JOBS, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'c', image: 'i:1', command }],
        },
      },
      ...spec,
    },
  });

const statusOf = async (name: string): Promise<Any> => (await client.get(`${JOBS}/${name}`)).status;
const podsOf = async (name: string): Promise<Any[]> =>
  (await client.list(`${PODS}?labelSelector=batch.kubernetes.io%2Fjob-name%3D${name}`)).items ?? [];
const running = (name: string, count: number) =>
  eventually(async () => {
    const pods = (await podsOf(name)).filter(({ status }) => status.phase === 'Running');
    expect(pods).toHaveLength(count);
    return pods;
  }, SLOW);
const reasonOf = (name: string, type: string) =>
  eventually(async () => {
    const { conditions = [] } = await statusOf(name);
    const condition = conditions.find((one: Any) => one.type === type && one.status === 'True');
    expect(condition).toBeDefined();
    return condition.reason;
  }, SLOW);

/** Ends the running pods whose index passes the test, as their containers would. */
async function end(name: string, exitCode: number, isChosen: (index: number) => boolean): Promise<void> {
  for (const { metadata, status } of await podsOf(name)) {
    if (status.phase !== 'Running' || !isChosen(Number(metadata.annotations[INDEX]))) continue;
    const at = new Date().toISOString().replace(/\.\d+/, '');
    const terminated = { exitCode, startedAt: at, finishedAt: at, reason: exitCode === 0 ? 'Completed' : 'Error' };
    const containerStatuses = [{ ...status.containerStatuses[0], ready: false, state: { terminated } }];
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
    await client.patch(`${PODS}/${metadata.name}/status`, STRATEGIC, { status: { phase, containerStatuses } });
  }
}

describe('a Job with a failure policy', { timeout: SLOW }, () => {
  it('fails early by an exit code', async () => {
    const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }];
    await create('early', ['false'], { completions: 2, parallelism: 2, podFailurePolicy: { rules } });
    expect(await reasonOf('early', 'Failed')).toBe('PodFailurePolicy');
  });

  it('does not count an eviction, and replaces the pod', async () => {
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }];
    const { spec } = await create('evicted', ['sleep', '6'], { backoffLimit: 0, podFailurePolicy: { rules } });
    expect([spec.podReplacementPolicy, spec.podFailurePolicy.rules[0].onPodConditions[0].status]).toEqual([
      'Failed',
      'True',
    ]);
    const [pod] = await running('evicted', 1);
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod.metadata.name } };
    await client.as('dynamic').create(`${PODS}/${pod.metadata.name}/eviction`, eviction);
    expect(await reasonOf('evicted', 'Complete')).toBe('CompletionsReached');
    expect((await statusOf('evicted')).failed).toBeUndefined();
  });

  it('gives an index up at once where it says so', async () => {
    const rules = [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }];
    await create('give-up', LONG, { ...indexed, backoffLimitPerIndex: 1, podFailurePolicy: { rules } });
    await running('give-up', 4);
    await end('give-up', 42, (index) => index === 1);
    await end('give-up', 0, (index) => index !== 1);
    expect(await reasonOf('give-up', 'Failed')).toBe('FailedIndexes');
    expect(await statusOf('give-up')).toMatchObject({ failed: 1, failedIndexes: '1', completedIndexes: '0,2,3' });
  });
});

describe('a Job with limits by index', { timeout: SLOW }, () => {
  it('tries each index as often as it may, whatever becomes of the others', async () => {
    await create('odd', LONG, { ...indexed, backoffLimitPerIndex: 1 });
    await running('odd', 4);
    await end('odd', 0, (index) => index % 2 === 0);
    await end('odd', 1, (index) => index % 2 === 1);
    const again = await running('odd', 2);
    expect(again.map(({ metadata }) => metadata.annotations['batch.kubernetes.io/job-index-failure-count'])).toEqual([
      '1',
      '1',
    ]);
    await end('odd', 1, () => true);
    expect(await reasonOf('odd', 'Failed')).toBe('FailedIndexes');
    expect(await statusOf('odd')).toMatchObject({
      failed: 4,
      succeeded: 2,
      failedIndexes: '1,3',
      completedIndexes: '0,2',
    });
  });

  it('ends when more have failed than may', async () => {
    const spec = { ...indexed, completions: 10, parallelism: 10, backoffLimitPerIndex: 0, maxFailedIndexes: 4 };
    await create('too-many', ['false'], spec);
    expect(await reasonOf('too-many', 'Failed')).toBe('MaxFailedIndexesExceeded');
  });
});

describe('a Job with a success policy', { timeout: SLOW }, () => {
  it('succeeds when all indexes have, or as few as its rules ask for', async () => {
    const policy = (rule: object) => ({ ...indexed, successPolicy: { rules: [rule] } });
    await create('all', ['true'], { ...policy({ succeededIndexes: '0-3' }), parallelism: 2 });
    await create('count', LONG, policy({ succeededCount: 1 }));
    await create('indexes', LONG, policy({ succeededIndexes: '0' }));
    expect(await reasonOf('all', 'Complete')).toBe('SuccessPolicy');
    expect((await statusOf('all')).completedIndexes).toBe('0-3');
    for (const name of ['count', 'indexes']) {
      await running(name, 4);
      await end(name, 0, (index) => index === 0);
      expect(await reasonOf(name, 'SuccessCriteriaMet')).toBe('SuccessPolicy');
      expect(await reasonOf(name, 'Complete')).toBe('SuccessPolicy');
      const { succeeded, failed = 0, active = 0, completedIndexes } = await statusOf(name);
      expect([succeeded, failed, active, completedIndexes]).toEqual([1, 0, 0, '0']);
    }
  });
});

it(
  'leaves a Job alone that another controller manages',
  async () => {
    await create('foreign', LONG, { managedBy: 'acme.io/queue' });
    await create('own', ['true'], {});
    await reasonOf('own', 'Complete');
    expect([await podsOf('foreign'), await statusOf('foreign')]).toEqual([[], {}]);
    await client.patch(`${JOBS}/foreign/status`, MERGE, { status: { active: 1, startTime: '2026-01-01T00:00:00Z' } });
    expect((await statusOf('foreign')).active).toBe(1);
  },
  SLOW,
);
