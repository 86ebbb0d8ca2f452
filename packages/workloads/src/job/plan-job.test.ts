import type { Job, JobStatus, Pod, Stored } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { jobOf, jobPodOf } from '../../fixtures/jobs.js';
import { IndexSet } from './indexes.js';
import { jobPodTemplate } from './job-pod.js';
import { expiresInMs, planJob } from './plan-job.js';

const AT = '2026-01-01T00:01:00Z';
const NOW = Date.parse(AT);

const job = (spec: Partial<NonNullable<Job['spec']>> = {}, status?: JobStatus): Stored<Job> =>
  jobOf({ parallelism: 2, completions: 3, backoffLimit: 1, completionMode: 'NonIndexed', ...spec }, status);

let ids = 0;
const pod = (
  phase: string,
  facts: { index?: number; isTracked?: boolean; uid?: string; isDeleting?: boolean } = {},
): Stored<Pod> => {
  const { index, isTracked = true, uid = `u${++ids}`, isDeleting = false } = facts;
  return jobPodOf(
    uid,
    { phase },
    {
      ...(!isTracked && { finalizers: [] }),
      ...(index !== undefined && { annotations: { 'batch.kubernetes.io/job-completion-index': String(index) } }),
      ...(isDeleting && { deletionTimestamp: '2026-01-01T00:00:30Z' }),
    },
  );
};

const plan = (of: Stored<Job>, pods: Stored<Pod>[] = []) => planJob(of, pods, NOW, AT);
const trueConditions = ({ conditions }: JobStatus) =>
  conditions?.filter(({ status }) => status === 'True').map(({ type }) => type);

describe('a Job', () => {
  it.each<[what: string, of: Stored<Job>, pods: Stored<Pod>[], create: number, deletes: number]>([
    ['begins with as many pods as may run at once', job(), [], 2, 0],
    ['runs no more than are missing', job(), [pod('Succeeded'), pod('Succeeded'), pod('Running')], 0, 0],
    ['takes the next one when one has succeeded', job(), [pod('Succeeded'), pod('Running')], 1, 0],
    ['deletes those that are too many', job({ parallelism: 1 }), [pod('Running'), pod('Running')], 0, 1],
    [
      'starts nothing more of a queue that is done',
      job({ completions: undefined as never }),
      [pod('Succeeded'), pod('Running')],
      0,
      0,
    ],
    [
      'does not wait for a pod that is being deleted',
      job({ parallelism: 1 }),
      [pod('Running', { isDeleting: true })],
      1,
      0,
    ],
    [
      'waits for it where it is asked to',
      job({ parallelism: 1, podReplacementPolicy: 'Failed' }),
      [pod('Running', { isDeleting: true })],
      0,
      0,
    ],
    ['stops its pods while it is suspended', job({ suspend: true }), [pod('Running')], 0, 1],
    ['stops its pods when its time is over', job({ activeDeadlineSeconds: 60 }), [pod('Running')], 0, 1],
  ])('%s', (_what, of, pods, create, deletes) => {
    const planned = plan(of, pods);
    expect([planned.create.length, planned.deletes.length]).toEqual([create, deletes]);
  });

  it('notes an ended pod, then counts it when its finalizer is gone, and never twice', () => {
    const noted = plan(job(), [pod('Succeeded', { uid: 'a' }), pod('Running')]).status;
    expect([noted.succeeded, noted.uncountedTerminatedPods]).toEqual([undefined, { succeeded: ['a'] }]);
    const pods = [pod('Succeeded', { uid: 'a', isTracked: false })];
    const counted = plan(job({}, noted), pods).status;
    expect([counted.succeeded, counted.uncountedTerminatedPods]).toEqual([1, {}]);
    expect(plan(job({}, counted), pods).status.succeeded).toBe(1);
    // A pod that was removed meanwhile counts as well.
    expect(plan(job({}, noted), []).status.succeeded).toBe(1);
  });

  it('is complete when all ends are counted', () => {
    const done = plan(job({ completions: 1 }), [pod('Succeeded', { uid: 'a' })]).status;
    expect(trueConditions(done)).toEqual(['SuccessCriteriaMet']);
    const { status, events } = plan(job({ completions: 1 }, done), [pod('Succeeded', { uid: 'a', isTracked: false })]);
    expect(trueConditions(status)).toEqual(['SuccessCriteriaMet', 'Complete']);
    expect([status.completionTime, status.succeeded, events[0]?.message]).toEqual([AT, 1, 'Job completed']);
    expect(plan(job({ completions: 1 }, status)).events).toEqual([]);
    expect(expiresInMs(job({ ttlSecondsAfterFinished: 5 }, status), NOW + 2000)).toBe(3000);
  });

  it('fails when too many pods have, and stops the others first', () => {
    const pods = [pod('Failed', { uid: 'a' }), pod('Failed', { uid: 'b' }), pod('Running', { uid: 'c' })];
    const failing = plan(job(), pods);
    expect([trueConditions(failing.status), failing.deletes.length]).toEqual([['FailureTarget'], 1]);
    const left = [pod('Failed', { uid: 'a', isTracked: false }), pod('Failed', { uid: 'b', isTracked: false })];
    const { status, events } = plan(job({}, failing.status), left);
    expect([trueConditions(status), status.failed]).toEqual([['FailureTarget', 'Failed'], 3]);
    expect(events).toEqual([
      { type: 'Warning', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' },
    ]);
  });

  it('gives each index a pod until it has succeeded', () => {
    const indexed = job({ completionMode: 'Indexed', completions: 5, parallelism: 3 });
    const first = plan(indexed, [pod('Succeeded', { index: 1 }), pod('Running', { index: 0 })]);
    expect([first.create.map(({ index }) => index), first.status.completedIndexes]).toEqual([[2, 3], '1']);
    expect([first.status.succeeded, first.status.uncountedTerminatedPods]).toEqual([1, {}]);
    const template = jobPodTemplate({ spec: { containers: [{ name: 'c' }] } }, 'j', { index: 2, annotations: {} });
    expect(template.spec).toMatchObject({ hostname: 'j-2', containers: [{ env: [{ name: 'JOB_COMPLETION_INDEX' }] }] });
    expect(template.metadata?.labels).toEqual({ 'batch.kubernetes.io/job-completion-index': '2' });
  });

  it.each<[text: string, more: number[], written: string, size: number]>([
    ['', [], '', 0],
    ['0-2,5', [], '0-2,5', 4],
    ['', [4, 1, 0], '0,1,4', 3],
    ['7,0-3,2-5', [6], '0-7', 8],
    ['1-9007199254740991,5,x,3-y', [200], '1-99', 99],
  ])('reads and writes indexes as upstream: %j and %j', (text, more, written, size) => {
    const indexes = IndexSet.of(text, more, 100);
    expect([String(indexes), indexes.size]).toEqual([written, size]);
    expect([0, 4, 99].map((index) => indexes.has(index))).toEqual(
      [0, 4, 99].map((index) => String(IndexSet.of(written, [index], 100)) === written),
    );
  });

  it('counts what two sets of indexes have in common', () => {
    const of = (text: string) => IndexSet.of(text, [], 2 ** 31);
    expect(of('0-3,7,9-2147483646').countWithin(of('2-7,10-12,20'))).toBe(7);
    expect(of('2-7,10-12,20').countWithin(of('0-3,7,9-2147483646'))).toBe(7);
  });

  it('is not held up by a range of billions in a status', () => {
    const most = 2 ** 31 - 1;
    const spec = { completionMode: 'Indexed', completions: most, parallelism: 2, backoffLimitPerIndex: 1 };
    const completedIndexes = `0-${most - 4}`;
    const { create, status } = plan(job(spec, { completedIndexes, failedIndexes: `${most - 3}`, startTime: AT }));
    expect([create.map(({ index }) => index), status.completedIndexes]).toEqual([
      [most - 2, most - 1],
      completedIndexes,
    ]);
  });

  it('notes 500 pods at a time, and keeps the others until the status has room', () => {
    const done = Array.from({ length: 600 }, (_, i) => pod('Succeeded', { uid: `p${i}` }));
    const first = plan(job({ completions: 600, parallelism: 600 }), done);
    expect([first.status.uncountedTerminatedPods?.succeeded?.length, first.released.length]).toEqual([500, 500]);
    expect(trueConditions(first.status)).toEqual(['SuccessCriteriaMet']);
    const left = done.filter((one) => !first.released.includes(one));
    const second = plan(job({ completions: 600, parallelism: 600 }, first.status), left);
    expect([second.status.succeeded, second.released.length]).toEqual([500, 100]);
    const last = plan(job({ completions: 600, parallelism: 600 }, second.status), []);
    expect([last.status.succeeded, trueConditions(last.status)]).toEqual([600, ['SuccessCriteriaMet', 'Complete']]);
  });

  it('sees no end without a time', () => {
    const status = { conditions: [{ type: 'Complete', status: 'True' as const }] };
    expect(expiresInMs(job({ ttlSecondsAfterFinished: 5 }, status), NOW)).toBeUndefined();
  });

  it('is resumed with a new beginning', () => {
    const idle = plan(job({ suspend: true })).status;
    expect([trueConditions(idle), idle.startTime]).toEqual([['Suspended'], undefined]);
    const { status, events, create } = plan(job({}, idle));
    expect([status.startTime, events[0]?.reason, create.length]).toEqual([AT, 'Resumed', 2]);
  });
});
