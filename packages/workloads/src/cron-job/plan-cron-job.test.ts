import type { CronJob, Job, Stored } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { planCronJob, statusWith } from './plan-cron-job.js';
import { scheduleOf } from './schedule.js';
import { zonedTimestamp } from './zoned-timestamp.js';

const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`);

type Spec = CronJob['spec'];

const cronJob = (spec: Partial<Spec> = {}, status: CronJob['status'] = {}): Stored<CronJob> => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'c', namespace: 'default', uid: 'c', creationTimestamp: '2026-01-01T10:00:30Z' },
  spec: {
    schedule: '*/10 * * * *',
    concurrencyPolicy: 'Allow',
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 1,
    jobTemplate: { metadata: { labels: { a: 'b' } }, spec: { template: { spec: { containers: [] } } } },
    ...spec,
  },
  status,
});

const job = (name: string, end?: 'Complete' | 'Failed', startTime = '2026-01-01T10:00:00Z'): Stored<Job> => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'default', uid: name, creationTimestamp: startTime },
  status: {
    startTime,
    ...(end && { conditions: [{ type: end, status: 'True' }] }),
    ...(end === 'Complete' && { completionTime: '2026-01-01T10:05:00Z' }),
  },
});

const reference = (name: string) => ({ apiVersion: 'batch/v1', kind: 'Job', name, namespace: 'default', uid: name });
const reasons = (plan: ReturnType<typeof planCronJob>) => plan.events.map(({ reason }) => reason);

describe('a CronJob', () => {
  it('waits until it is due, and a tenth of a second more', () => {
    const plan = planCronJob(cronJob(), [], at('10:09:59'));
    expect([plan.create, plan.requeueAfterMs]).toEqual([undefined, 1100]);
  });

  it('makes a Job that is named after the minute, and notes it', () => {
    const plan = planCronJob(cronJob({ timeZone: 'Asia/Kathmandu' }), [], at('10:25:01'));
    expect(plan.create?.metadata).toMatchObject({
      name: `c-${at('10:25:00') / 60_000}`,
      labels: { a: 'b' },
      annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T16:10:00+05:45' },
      ownerReferences: [{ kind: 'CronJob', name: 'c', controller: true }],
    });
    const made = {
      ...job('c-1'),
      metadata: { ...job('c-1').metadata, annotations: plan.create?.metadata.annotations },
    };
    expect(statusWith(plan.status, made as Stored<Job>, '7')).toEqual({
      active: [{ ...reference('c-1'), resourceVersion: '7' }],
      lastScheduleTime: '2026-01-01T10:25:00Z',
    });
  });

  it('does not make the Job of a time twice', () => {
    const done = { lastScheduleTime: '2026-01-01T10:10:00Z' };
    expect(planCronJob(cronJob({}, done), [], at('10:10:01')).create).toBeUndefined();
    const active = { active: [reference(`c-${at('10:10:00') / 60_000}`)] };
    const there = job(active.active[0]?.name ?? '');
    expect(planCronJob(cronJob({}, active), [there], at('10:10:01')).create).toBeUndefined();
  });

  it.each<[policy: string, creates: boolean, deletes: string[], reason: string | undefined]>([
    ['Allow', true, [], undefined],
    ['Forbid', false, [], 'JobAlreadyActive'],
    ['Replace', true, ['old'], 'SuccessfulDelete'],
  ])('%s: while a Job of it runs', (concurrencyPolicy, creates, deletes, reason) => {
    const running = cronJob({ concurrencyPolicy }, { active: [reference('old')] });
    const plan = planCronJob(running, [job('old')], at('10:10:01'));
    expect([plan.create !== undefined, plan.deletes.map(({ metadata }) => metadata.name)]).toEqual([creates, deletes]);
    expect(reasons(plan)[0]).toBe(reason);
  });

  it('keeps the last Jobs of each end, and forgets those that are gone', () => {
    const jobs = [
      job('a', 'Complete', '2026-01-01T10:01:00Z'),
      job('b', 'Complete', '2026-01-01T10:02:00Z'),
      job('d', 'Failed'),
    ];
    const plan = planCronJob(cronJob({}, { active: [reference('b'), reference('gone')] }), jobs, at('10:03:00'));
    expect(plan.deletes.map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(reasons(plan)).toEqual(['SuccessfulDelete', 'SawCompletedJob', 'MissingJob']);
    expect(plan.status).toEqual({ lastSuccessfulTime: '2026-01-01T10:05:00Z' });
  });

  it.each<[what: string, spec: Partial<Spec>, now: string, creates: boolean, reasons: string[]]>([
    ['is suspended', { suspend: true }, '11:00:00', false, []],
    ['has a zone that is none', { timeZone: 'Asia/Nowhere' }, '11:00:00', false, ['UnknownTimeZone']],
    ['has a schedule that cannot be read', { schedule: '* *' }, '11:00:00', false, ['UnparseableSchedule']],
    ['has a schedule that never comes', { schedule: '0 0 31 2 *' }, '11:00:00', false, ['InvalidSchedule']],
    ['names a zone in its schedule', { schedule: 'TZ=UTC 0 * * * *' }, '11:00:00', true, ['UnsupportedSchedule']],
    ['missed a few times', {}, '11:00:00', true, []],
    ['missed many times', { schedule: '* * * * *' }, '13:00:00', true, ['TooManyMissedTimes']],
    ['is late, but within its deadline', { startingDeadlineSeconds: 200 }, '10:12:00', true, []],
    ['is too late', { startingDeadlineSeconds: 60 }, '10:12:00', false, []],
  ])('that %s', (_what, spec, now, creates, told) => {
    const plan = planCronJob(cronJob(spec), [], at(now));
    expect([plan.create !== undefined, reasons(plan)]).toEqual([creates, told]);
  });

  it('finds the last of a million missed times at once', () => {
    const old = cronJob({ schedule: '* * * * *' }, { lastScheduleTime: '2020-01-01T00:00:00Z' });
    const plan = planCronJob(old, [], at('10:00:30'));
    expect(plan.create?.metadata.name).toBe(`c-${at('10:00:00') / 60_000}`);
  });

  it('keeps the distance from the last time after many missed ones', () => {
    const old = cronJob({ schedule: '@every 7m' }, { lastScheduleTime: '2026-01-01T00:00:00Z' });
    expect(planCronJob(old, [], at('10:00:30')).create?.metadata.name).toBe(`c-${at('09:55:00') / 60_000}`);
  });

  it.each([
    ['0 0 30 2 *', undefined],
    ['0 0 31 4,6 *', undefined],
    ['0 0 31 2 5', '2026-02-06T00:00:00Z'],
    ['0 0 29 2 *', '2028-02-29T00:00:00Z'],
    ['0 0 30,31 2,4 *', '2026-04-30T00:00:00Z'],
  ])('looks for no day that does not come: %s', (schedule, day) => {
    const read = scheduleOf(cronJob({ schedule }));
    const next = 'next' in read ? read.next(at('00:00:00')) : undefined;
    expect(next).toBe(day && Date.parse(day));
  });

  it('comes again after a time', () => {
    const every = cronJob({ schedule: '@every 90s' });
    expect(planCronJob(every, [], at('10:01:59')).requeueAfterMs).toBe(1100);
    expect(planCronJob(every, [], at('10:02:00')).create?.metadata.name).toBe(`c-${at('10:02:00') / 60_000}`);
  });
});

it.each([
  ['UTC', '2026-07-01T12:00:00Z'],
  ['Europe/Berlin', '2026-07-01T14:00:00+02:00'],
  ['America/St_Johns', '2026-07-01T09:30:00-02:30'],
])('writes a time by the clock of %s', (zone, text) => {
  expect(zonedTimestamp(Date.parse('2026-07-01T12:00:00Z'), zone)).toBe(text);
});
