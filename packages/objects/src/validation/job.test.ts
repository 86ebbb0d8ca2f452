import { describe, expect, it } from 'vitest';
import type { CronJobSpec, JobSpec } from '../kinds/api-types.js';
import { validateCronJobSpec, validateNewCronJob } from './cron-job.js';
import { validateJob, validateJobUpdate } from './job.js';

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
