import { describe, expect, it } from 'vitest';
import { fieldErrorMessage } from '../field-error.js';
import type { CronJobSpec, JobSpec } from '../kinds/api-types.js';
import { validateCronJobSpec, validateNewCronJob } from './cron-job.js';
import { validateJob, validateJobUpdate } from './job.js';
import { validateJobStatusUpdate } from './job-status.js';

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c' }] } };
const job = (spec: Partial<JobSpec>) => ({ metadata: { name: 'j' }, spec: { template, ...spec } });
const told = (errors: readonly { field: string; detail: string }[]) =>
  errors.map(({ field, detail }) => `${field}: ${detail}`);

const indexed = { completionMode: 'Indexed', completions: 4 };
const codes = { operator: 'In', values: [1] };
const rule = (one: object) => ({ podFailurePolicy: { rules: [{ action: 'FailJob', ...one }] } });
const success = (one: object) => ({ ...indexed, successPolicy: { rules: [one] } });
const OF_RULE = 'spec.podFailurePolicy.rules[0]';

describe('a Job', () => {
  it.each<[spec: object, errors: string[]]>([
    [{ ...rule({ onExitCodes: codes }) }, []],
    [{ ...indexed, backoffLimitPerIndex: 1, ...rule({ action: 'FailIndex', onExitCodes: codes }) }, []],
    [
      rule({ action: '', onExitCodes: codes }),
      [`${OF_RULE}.action: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`],
    ],
    [
      rule({ action: 'FailIndex', onExitCodes: codes }),
      [`${OF_RULE}.action: requires the backoffLimitPerIndex to be set`],
    ],
    [rule({}), [`${OF_RULE}: specifying one of OnExitCodes and OnPodConditions is required`]],
    [
      rule({ onExitCodes: codes, onPodConditions: [{ type: 'A', status: 'True' }] }),
      [`${OF_RULE}: specifying both OnExitCodes and OnPodConditions is not supported`],
    ],
    [
      rule({ onExitCodes: { operator: 'In', values: [2, 0, 2], containerName: 'x' } }),
      [
        `${OF_RULE}.onExitCodes.containerName: must be one of the container or initContainer names in the pod template`,
        `${OF_RULE}.onExitCodes.values[1]: must not be 0 for the In operator`,
        `${OF_RULE}.onExitCodes.values[2]: `,
        `${OF_RULE}.onExitCodes.values: must be ordered`,
      ],
    ],
    [
      { ...rule({ onExitCodes: codes }), podReplacementPolicy: 'TerminatingOrFailed' },
      ['spec.podReplacementPolicy: supported values: "Failed"'],
    ],
    [
      { ...rule({ onExitCodes: codes }), template: { spec: { restartPolicy: 'OnFailure', containers: [] } } },
      ['spec.template.spec.restartPolicy: only "Never" is supported when podFailurePolicy is specified'],
    ],
    [{ maxFailedIndexes: 1, ...indexed }, ['spec.backoffLimitPerIndex: when maxFailedIndexes is specified']],
    [{ backoffLimitPerIndex: 1 }, ['spec.backoffLimitPerIndex: requires indexed completion mode']],
    [
      { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 5 },
      ['spec.maxFailedIndexes: must be less than or equal to completions'],
    ],
    [{ successPolicy: { rules: [] } }, ['spec.successPolicy: requires indexed completion mode']],
    [success({ succeededIndexes: '0-2,3', succeededCount: 4 }), []],
    [
      success({}),
      ['spec.successPolicy.rules[0]: at least one of succeededCount or succeededIndexes must be specified'],
    ],
    [
      success({ succeededIndexes: '2,1' }),
      [
        'spec.successPolicy.rules[0].succeededIndexes: ' +
          'error parsing succeededIndexes: non-increasing order, previous: 2, current: 1',
      ],
    ],
    [
      success({ succeededIndexes: '0,4', succeededCount: 1 }),
      [
        'spec.successPolicy.rules[0].succeededIndexes: error parsing succeededIndexes: too large index: "4"',
        'spec.successPolicy.rules[0].succeededCount: ' +
          'must be less than or equal to 0 (the number of indexes in the specified succeededIndexes field)',
      ],
    ],
    [{ managedBy: 'me' }, ['spec.managedBy: must be a domain-prefixed path (such as "acme.io/foo")']],
    [{ managedBy: 'acme.io/foo' }, []],
  ])('%j', (spec, errors) => {
    expect(told(validateJob(job(spec)))).toEqual(errors);
  });

  it('may get another place while it is suspended and has not begun, and nothing else', () => {
    const before = { ...job({ suspend: true }), status: {} };
    const moved = { spec: { ...template.spec, nodeSelector: { a: 'b' }, schedulingGates: [{ name: 'x' }] } };
    const changed = { spec: { ...template.spec, containers: [{ name: 'c', image: 'other' }] } };
    expect(validateJobUpdate(job({ suspend: true, template: moved }), before)).toEqual([]);
    expect(told(validateJobUpdate(job({ suspend: true, template: changed }), before))).toEqual([
      'spec.template: field is immutable',
    ]);
    const begun = { ...before, status: { startTime: '2026-01-01T00:00:00Z' } };
    expect(validateJobUpdate(job({ template: moved }), begun)).toHaveLength(1);
  });

  it('gets more completions only with its parallelism', () => {
    const grown = job({ ...indexed, completions: 6, parallelism: 3 });
    expect(told(validateJobUpdate(grown, job(indexed)))).toEqual([
      'spec.completions: can only be modified in tandem with spec.parallelism',
    ]);
    expect(validateJobUpdate(job({ ...indexed, completions: 6, parallelism: 6 }), job(indexed))).toEqual([]);
  });
});

describe('a CronJob', () => {
  const spec = (change: Partial<CronJobSpec>): CronJobSpec => ({
    schedule: '0 * * * *',
    concurrencyPolicy: 'Allow',
    jobTemplate: { spec: { template } },
    ...change,
  });
  const ZONED = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';

  it.each<[change: Partial<CronJobSpec>, before: Partial<CronJobSpec> | undefined, errors: string[]]>([
    [{ timeZone: 'Europe/Berlin' }, undefined, []],
    [{ schedule: '' }, undefined, ['spec.schedule: ']],
    [{ schedule: '61 * * * *' }, undefined, ['spec.schedule: end of range (61) above maximum (59): 61']],
    [{ schedule: 'TZ=UTC 0 * * * *' }, undefined, [`spec.schedule: ${ZONED}`]],
    [{ schedule: 'TZ=UTC 0 * * * *' }, { schedule: 'TZ=UTC 1 * * * *' }, []],
    [
      { schedule: 'TZ=Mars 0 * * * *' },
      { schedule: 'TZ=UTC 1 * * * *' },
      ['spec.schedule: provided bad location Mars: unknown time zone Mars'],
    ],
    [{ timeZone: '' }, undefined, ['spec.timeZone: timeZone must be nil or non-empty string']],
    [{ timeZone: '../etc' }, undefined, ['spec.timeZone: unknown time zone ../etc']],
    [{ timeZone: 'Mars/Base' }, undefined, ['spec.timeZone: unknown time zone Mars/Base']],
    [{ timeZone: 'Mars/Base' }, { timeZone: 'Mars/Base' }, []],
    [
      { concurrencyPolicy: 'Never' },
      undefined,
      ['spec.concurrencyPolicy: supported values: "Allow", "Forbid", "Replace"'],
    ],
    [
      { jobTemplate: { spec: { template, manualSelector: true, backoffLimit: -1 } } },
      undefined,
      [
        'spec.jobTemplate.spec.backoffLimit: must be greater than or equal to 0',
        'spec.jobTemplate.spec.manualSelector: supported values: "nil", "false"',
      ],
    ],
    [{ failedJobsHistoryLimit: -1 }, undefined, ['spec.failedJobsHistoryLimit: must be greater than or equal to 0']],
  ])('%j', (change, before, errors) => {
    expect(told(validateCronJobSpec(spec(change), before && spec(before)))).toEqual(errors);
  });

  it('has a name of at most 52 characters when it is created', () => {
    const named = (length: number) => ({ metadata: { name: 'n'.repeat(length) }, spec: spec({}) });
    expect(validateNewCronJob(named(52))).toEqual([]);
    expect(told(validateNewCronJob(named(53)))).toEqual(['metadata.name: must be no more than 52 characters']);
  });
});

describe("a Job's status", () => {
  const is = (...types: string[]) => ({ conditions: types.map((type) => ({ type, status: 'True' })) });
  const START = { startTime: '2026-01-01T00:00:00Z' };
  const done = { ...START, completionTime: '2026-01-01T00:00:01Z', ...is('SuccessCriteriaMet', 'Complete') };
  const limited = { ...indexed, backoffLimitPerIndex: 1 };

  it.each<[what: string, spec: Partial<JobSpec>, before: object, after: object, errors: string[]]>([
    ['completes', {}, START, done, []],
    ['fails', {}, START, { ...START, ...is('FailureTarget', 'Failed') }, []],
    [
      'has negative counts',
      {},
      {},
      { active: -1, ready: -1, terminating: -1 },
      ['active', 'ready', 'terminating'].map((name) => `status.${name}: must be greater than or equal to 0`),
    ],
    [
      'counts a pod twice, and one without uid',
      {},
      {},
      { uncountedTerminatedPods: { succeeded: ['a'], failed: ['a', ''] } },
      ['status.uncountedTerminatedPods.failed[0]: ', 'status.uncountedTerminatedPods.failed[1]: must not be empty'],
    ],
    [
      'is complete and has failed, at once',
      {},
      START,
      { ...done, ...is('Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet') },
      [
        'cannot set Complete=True and Failed=true conditions',
        'cannot set Complete=True and FailureTarget=true conditions',
        'cannot set SuccessCriteriaMet=True and Failed=true conditions',
        'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
      ].map((detail) => `status.conditions: ${detail}`),
    ],
    [
      'ends without what an end has',
      { successPolicy: { rules: [{ succeededCount: 1 }] } },
      {},
      { active: 1, terminating: 1, uncountedTerminatedPods: { failed: ['a'] }, ...is('Complete') },
      [
        'status.completionTime: completionTime is required for Complete jobs',
        'status.conditions: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
        'status.active: active>0 is invalid for finished job',
        'status.startTime: startTime is required for finished job',
        'status.uncountedTerminatedPods: uncountedTerminatedPods needs to be empty for finished job',
        'status.terminating: terminating>0 is invalid for finished job',
        'status.conditions: cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True',
      ],
    ],
    [
      'fails without its target',
      {},
      START,
      { ...START, ...is('Failed') },
      ['status.conditions: cannot set Failed=True condition without the FailureTarget=true condition'],
    ],
    [
      'has a time of an end that was not',
      {},
      START,
      { ...START, completionTime: '2025-01-01T00:00:00Z' },
      [
        'status.completionTime: cannot set completionTime when there is no Complete=True condition',
        'status.completionTime: completionTime cannot be set before startTime',
      ],
    ],
    [
      'has indexes that cannot be',
      limited,
      {},
      { completedIndexes: '0-2,1', failedIndexes: '2-9' },
      [
        'status.completedIndexes: error parsing completedIndexes: non-increasing order, previous: 2, current: 1',
        'status.failedIndexes: error parsing failedIndexes: too large index: "9"',
      ],
    ],
    [
      'has an index that completed and failed',
      limited,
      {},
      { completedIndexes: '0-2', failedIndexes: '2,3' },
      ['status.failedIndexes: failedIndexes and completedIndexes overlap at index: 2'],
    ],
    [
      'has indexes of another kind of Job',
      {},
      {},
      { completedIndexes: '0', failedIndexes: '' },
      [
        'status.completedIndexes: cannot set non-empty completedIndexes when non-indexed completion mode',
        'status.failedIndexes: cannot set non-null failedIndexes when backoffLimitPerIndex is null',
      ],
    ],
    [
      'has more ready pods than active',
      {},
      {},
      { active: 1, ready: 2 },
      ['status.ready: cannot set more ready pods than active'],
    ],
    [
      'takes back what was',
      {},
      { ...done, failed: 2, succeeded: 2 },
      { failed: 1, succeeded: 1 },
      [
        'status.conditions: cannot disable the terminal Complete=True condition',
        'status.failed: cannot decrease the failed counter',
        'status.succeeded: cannot decrease the succeeded counter',
        'status.startTime: startTime cannot be removed for unsuspended job',
        'status.conditions: cannot disable the SuccessCriteriaMet=True condition',
      ],
    ],
    [
      'starts again when it goes on',
      {},
      { ...START, conditions: [{ type: 'Suspended', status: 'True' }] },
      { startTime: '2026-01-02T00:00:00Z', conditions: [{ type: 'Suspended', status: 'False' }] },
      [],
    ],
    [
      'starts again',
      {},
      START,
      { startTime: '2026-01-02T00:00:00Z' },
      ['status.startTime: startTime cannot be removed for unsuspended job'],
    ],
    [
      'completes nothing while it is suspended',
      { suspend: true, completions: 0 },
      {},
      { completionTime: done.completionTime, conditions: done.conditions },
      [],
    ],
    [
      'gets other indexes after an end without target',
      limited,
      { ...START, ...is('Failed') },
      { ...START, failedIndexes: '1', ...is('Failed') },
      ['status.conditions: cannot set Failed=True condition without the FailureTarget=true condition'],
    ],
    [
      'moves its end',
      {},
      done,
      { ...done, completionTime: '2026-01-01T00:00:02Z' },
      ['status.completionTime: completionTime cannot be mutated'],
    ],
    ['keeps what no rule forbade once', {}, { active: 1, ...is('Complete') }, { active: 1, ...is('Complete') }, []],
  ])('that %s', (_what, spec, before, after, errors) => {
    expect(told(validateJobStatusUpdate({ ...job(spec), status: after }, { ...job(spec), status: before }))).toEqual(
      errors,
    );
  });

  it('is checked in time that grows with its length', () => {
    const completions = 200_000;
    const every = (first: number) => Array.from({ length: completions / 2 }, (_, at) => 2 * at + first).join(',');
    const of = { ...job({ ...limited, completions }) };
    const began = performance.now();
    const status = { completedIndexes: every(0), failedIndexes: every(1) };
    expect(validateJobStatusUpdate({ ...of, status }, of)).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('has no value where upstream shows none', () => {
    const [error] = validateJobStatusUpdate({ ...job({}), status: { ...START, ...is('Failed') } }, job({}));
    expect(error && fieldErrorMessage(error)).toBe(
      'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
    );
  });
});
