import { eventually, type Kubectl } from '@everynode/test-kit';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Any, type GoClient, MERGE } from './go-client.js';
import { stackForTests } from './stack-for-tests.js';

/**
 * The steps of upstream's Conformance specs of CronJobs. The suite waits for two minutes to begin; here the first one
 * is missed, so that a Job is due at once. Source: kubernetes/kubernetes test/e2e/apps/cronjob.go.
 */
const SLOW = 120_000;
const CRON_JOBS = '/apis/batch/v1/namespaces/default/cronjobs';
const JOBS = '/apis/batch/v1/namespaces/default/jobs';

let kubectl: Kubectl;
let client: GoClient;

stackForTests(3, (stack, started) => {
  kubectl = stack.kubectl;
  client = started;
});

const cronJob = (name: string, spec: object = {}, command = ['sleep', '300']): Any => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name, namespace: 'default' },
  spec: {
    schedule: '* * * * *',
    jobTemplate: {
      metadata: { labels: { of: name } },
      spec: {
        template: {
          spec: {
            restartPolicy: 'Never',
            terminationGracePeriodSeconds: 1,
            containers: [{ name: 'c', image: 'i:1', command }],
          },
        },
      },
    },
    ...spec,
  },
});

const get = (name: string): Promise<Any> => client.get(`${CRON_JOBS}/${name}`);
const jobsOf = async (name: string): Promise<Any[]> =>
  (await client.list(`${JOBS}?labelSelector=of%3D${name}`)).items ?? [];
const namesOf = async (name: string) => (await jobsOf(name)).map(({ metadata }) => metadata.name).sort();
const activeOf = async (name: string) => (await get(name)).status.active?.map((one: Any) => one.name).sort() ?? [];
const started = (ago: number) => new Date(Date.now() - ago).toISOString().replace(/\.\d+/, '');
/** Says that the last Job was started so long ago, so that another one is due now. */
const miss = (name: string, ago = 120_000) =>
  client.patch(`${CRON_JOBS}/${name}/status`, MERGE, { status: { lastScheduleTime: started(ago) } });
const events = (name: string) =>
  kubectl.run(`get events --field-selector involvedObject.name=${name} -o jsonpath={..message}`);

describe('a CronJob', { timeout: SLOW }, () => {
  it('starts Jobs beside those that run, in place of them, or only when none does', async () => {
    const policies = ['Allow', 'Forbid', 'Replace'];
    const nameOf = (policy: string) => policy.toLowerCase();
    for (const concurrencyPolicy of policies) {
      const name = nameOf(concurrencyPolicy);
      const applied = await kubectl.try('apply -f -', stringify(cronJob(name, { concurrencyPolicy })));
      expect(applied.stderr).not.toContain('nothing acts on it');
      await miss(name);
    }
    const first = new Map<string, string[]>();
    for (const name of policies.map(nameOf)) {
      await eventually(async () => expect(await activeOf(name)).toHaveLength(1));
      first.set(name, await namesOf(name));
      const [job] = await jobsOf(name);
      expect(job.metadata.name).toMatch(new RegExp(`^${name}-\\d{8}$`));
      expect(job.metadata.ownerReferences[0]).toMatchObject({ kind: 'CronJob', name, controller: true });
      expect(job.metadata.annotations['batch.kubernetes.io/cronjob-scheduled-timestamp']).toMatch(/:00Z$/);
    }
    // The next minute begins.
    await eventually(async () => expect(await activeOf('allow')).toHaveLength(2), 70_000);
    await eventually(async () => expect(await namesOf('replace')).not.toEqual(first.get('replace')));
    expect(await activeOf('replace')).toHaveLength(1);
    await eventually(async () => expect(await events('forbid')).toContain('concurrency policy is Forbid'));
    expect(await namesOf('forbid')).toEqual(first.get('forbid'));
    expect((await kubectl.table('get cronjob allow'))[0]).toMatchObject({ SUSPEND: 'False', ACTIVE: '2' });
    await kubectl.run('delete cronjob allow forbid replace --cascade=foreground --timeout=60s');
    expect(await namesOf('allow')).toEqual([]);
  });

  it('starts none while it is suspended, and keeps no more that have ended than it says', async () => {
    await client.create(CRON_JOBS, cronJob('held', { suspend: true, timeZone: 'Asia/Tokyo' }, ['true']));
    await miss('held', 900_000);
    await client.create(CRON_JOBS, cronJob('brief', { successfulJobsHistoryLimit: 0 }, ['true']));
    await miss('brief');
    await eventually(async () => expect((await get('brief')).status.lastSuccessfulTime).toBeDefined(), 30_000);
    await eventually(async () => expect(await namesOf('brief')).toEqual([]));
    expect(await events('brief')).toMatch(/Created job brief-\d+ Deleted job brief-\d+/);
    expect(await namesOf('held')).toEqual([]);
    await kubectl.run(['patch', 'cronjob', 'held', '-p', '{"spec":{"suspend":false}}']);
    await eventually(async () => expect(await namesOf('held')).toHaveLength(1));
    // A Job that a user starts by hand belongs to it, too.
    await kubectl.run('create job by-hand --from=cronjob/held');
    await kubectl.run('wait --for=condition=complete job/by-hand --timeout=30s');
    await kubectl.run('delete cronjob held brief');
  });

  it('is refused where its schedule or its zone cannot be read', async () => {
    const { stderr } = await kubectl.try('apply -f -', stringify(cronJob('wrong', { schedule: '61 * * * *' })));
    expect(stderr).toContain('spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61');
    const zone = await kubectl.try('apply -f -', stringify(cronJob('wrong', { timeZone: 'Mars/Base' })));
    expect(zone.stderr).toContain('spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base');
  });
});
