import type { Job, JobStatus, Pod, Stored } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { jobOf, jobPodOf } from '../../fixtures/jobs.js';
import { matchFailurePolicy } from './failure-policy.js';
import { IndexSet } from './indexes.js';
import { jobPodTemplate } from './job-pod.js';
import { isForeignJob, planJob } from './plan-job.js';
import { matchSuccessPolicy } from './success-policy.js';

const AT = '2026-01-01T00:10:00Z';
const NOW = Date.parse(AT);
const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';

type Spec = NonNullable<Job['spec']>;
type Rules = NonNullable<Spec['podFailurePolicy']>['rules'];

const job = (spec: Partial<Spec>, status?: JobStatus): Stored<Job> =>
  jobOf({ completionMode: 'Indexed', completions: 4, parallelism: 4, backoffLimit: 6, ...spec }, status);

/** How a pod is: its phase, the exit code of its container, its conditions, its index and what that had before. */
interface PodFacts {
  index?: number;
  exitCode?: number;
  condition?: string;
  failures?: number;
  ago?: number;
}

const pod = (uid: string, phase: string, facts: PodFacts = {}): Stored<Pod> => {
  const { index, exitCode, condition, failures, ago = 600 } = facts;
  const finishedAt = new Date(NOW - ago * 1000).toISOString();
  const status = {
    phase,
    ...(condition && { conditions: [{ type: condition, status: 'True' }] }),
    ...(exitCode !== undefined && {
      containerStatuses: [{ name: 'main', restartCount: 0, state: { terminated: { exitCode, finishedAt } } }],
    }),
  } as Pod['status'] & object;
  const annotations = {
    ...(index !== undefined && { 'batch.kubernetes.io/job-completion-index': String(index) }),
    ...(failures !== undefined && { [FAILURES]: String(failures) }),
  };
  return jobPodOf(uid, status, { annotations });
};

const plan = (of: Stored<Job>, pods: Stored<Pod>[]) => planJob(of, pods, NOW, AT);
const conditions = ({ conditions: all }: JobStatus) =>
  all?.flatMap(({ type, status, reason }) => (status === 'True' ? `${type}: ${reason}` : []));
const names = (pods: readonly Stored<Pod>[]) => pods.map(({ metadata }) => metadata.name);

describe('a failure policy', () => {
  const policy = (rules: Rules) => job({ podFailurePolicy: { rules } });
  const failed = pod('p', 'Failed', { exitCode: 3, condition: 'DisruptionTarget' });

  it.each<[what: string, rules: Rules, match: object]>([
    ['counts what no rule matches', [], { isCounted: true, action: undefined }],
    [
      'fails the Job by an exit code',
      [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1, 3] } }],
      {
        isCounted: true,
        action: 'FailJob',
        message: 'Container main for pod default/p failed with exit code 3 matching FailJob rule at index 0',
      },
    ],
    [
      'goes by the first rule that matches',
      [
        { action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [3] } },
        { action: 'FailJob', onExitCodes: { operator: 'In', values: [3], containerName: 'other' } },
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        { action: 'Count', onExitCodes: { operator: 'In', values: [3] } },
      ],
      { isCounted: false, action: 'Ignore' },
    ],
    [
      'fails the Job by a condition',
      [{ action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      {
        isCounted: true,
        action: 'FailJob',
        message: 'Pod default/p has condition DisruptionTarget matching FailJob rule at index 0',
      },
    ],
  ])('%s', (_what, rules, match) => {
    expect(matchFailurePolicy(policy(rules), failed)).toEqual(match);
  });

  it('fails the Job at once, and its other pods with it', () => {
    const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [3] } }];
    const { status, deletes, released } = plan(
      job({ completionMode: 'NonIndexed', podFailurePolicy: { rules }, podReplacementPolicy: 'Failed' }),
      [failed, pod('q', 'Running')],
    );
    expect(conditions(status)).toEqual(['FailureTarget: PodFailurePolicy']);
    expect([names(deletes), names(released)]).toEqual([['q'], ['p', 'q']]);
    expect(status.uncountedTerminatedPods).toEqual({ failed: ['p', 'q'] });
  });

  it('replaces a pod whose failure it ignores, and does not count that', () => {
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
    const ignoring = job({
      completionMode: 'NonIndexed',
      completions: 1,
      backoffLimit: 0,
      podFailurePolicy: { rules },
    });
    const { status, create, released } = plan(ignoring, [failed]);
    expect([status.uncountedTerminatedPods, create.length, names(released)]).toEqual([{}, 1, ['p']]);
    expect(conditions(status)).toBeUndefined();
  });
});

describe('limits by index', () => {
  const limited = (spec: Partial<Spec> = {}) => job({ backoffLimitPerIndex: 1, ...spec });

  it('keep a failed pod until the next one of its index is there, which counts one more', () => {
    const failed = pod('p', 'Failed', { index: 0, exitCode: 1, failures: 0 });
    const first = plan(limited({ completions: 1 }), [failed]);
    expect([names(first.released), first.status.failedIndexes]).toEqual([[], '']);
    expect(first.create).toEqual([{ index: 0, annotations: { [FAILURES]: '1' } }]);
    const next = jobPodTemplate({ spec: { containers: [] } }, 'j', first.create[0]);
    expect(next.metadata?.annotations?.[FAILURES]).toBe('1');
    const both = [failed, pod('q', 'Running', { index: 0, failures: 1 })];
    const second = plan(limited({ completions: 1 }), both);
    expect([names(second.released), second.status.uncountedTerminatedPods]).toEqual([['p'], { failed: ['p'] }]);
  });

  it('count an ignored failure apart', () => {
    const rules = [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }];
    const failed = pod('p', 'Failed', { index: 0, exitCode: 1, failures: 1 });
    const { create } = plan(limited({ completions: 1, podFailurePolicy: { rules } }), [failed]);
    expect(create[0]?.annotations).toEqual({ [FAILURES]: '1', [IGNORED]: '1' });
  });

  it('let an index wait by itself', () => {
    const pods = [pod('p', 'Failed', { index: 0, exitCode: 1, failures: 0, ago: 4 })];
    const { create, requeueAfterMs } = plan(limited({ completions: 2, parallelism: 2 }), pods);
    expect([create.map(({ index }) => index), requeueAfterMs]).toEqual([[1], 6000]);
  });

  it('end an index that has failed too often, and the Job when no other is left', () => {
    const out = (index: number) => pod(`f${index}`, 'Failed', { index, exitCode: 1, failures: 1 });
    const some = plan(limited(), [out(0), pod('r', 'Running', { index: 1 })]);
    expect([some.status.failedIndexes, some.create.map(({ index }) => index)]).toEqual(['0', [2, 3]]);
    const done = [0, 2].map((index) => pod(`s${index}`, 'Succeeded', { index }));
    const all = plan(limited(), [out(1), out(3), ...done]);
    expect(conditions(all.status)).toEqual(['FailureTarget: FailedIndexes']);
    expect([all.status.completedIndexes, all.status.failedIndexes]).toEqual(['0,2', '1,3']);
    const many = plan(limited({ maxFailedIndexes: 1 }), [out(1), out(3)]);
    expect(conditions(many.status)).toEqual(['FailureTarget: MaxFailedIndexesExceeded']);
  });

  it('end an index at once where the failure policy says so', () => {
    const rules = [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }];
    const pods = [pod('p', 'Failed', { index: 2, exitCode: 42, failures: 0 })];
    const { status } = plan(limited({ backoffLimitPerIndex: 5, podFailurePolicy: { rules } }), pods);
    expect(status.failedIndexes).toBe('2');
  });
});

describe('a success policy', () => {
  it.each<[rules: NonNullable<Spec['successPolicy']>['rules'], succeeded: number[], matches: boolean]>([
    [[{ succeededIndexes: '0' }], [], false],
    [[{ succeededIndexes: '0,2-3' }], [0, 2], false],
    [[{ succeededIndexes: '0,2-3' }], [0, 1, 2, 3], true],
    [[{ succeededIndexes: '0-3', succeededCount: 2 }], [1, 3], true],
    [[{ succeededCount: 2 }], [3], false],
    [[{ succeededCount: 2 }], [1, 3], true],
    [[{ succeededIndexes: '9' }], [1], false],
    [[{ succeededIndexes: '0,3-1999999999' }], [0, 3], true],
  ])('%j with %j', (rules, succeeded, matches) => {
    const message = matchSuccessPolicy(job({ successPolicy: { rules } }), IndexSet.of('', succeeded, 4));
    expect(message).toBe(matches ? 'Matched rules at index 0' : undefined);
  });

  it('completes the Job, and lets go of the pods that still run without counting them', () => {
    const successPolicy = { rules: [{ succeededIndexes: '1' }] };
    const pods = [pod('s', 'Succeeded', { index: 1 }), pod('r', 'Running', { index: 0 })];
    const { status, deletes, released } = plan(job({ successPolicy }), pods);
    expect(conditions(status)).toEqual(['SuccessCriteriaMet: SuccessPolicy']);
    expect([names(deletes), names(released), status.uncountedTerminatedPods]).toEqual([['r'], ['s', 'r'], {}]);
    const { status: ended, events } = plan(job({ successPolicy }, status), []);
    expect(conditions(ended)).toEqual(['SuccessCriteriaMet: SuccessPolicy', 'Complete: SuccessPolicy']);
    expect([ended.succeeded, ended.failed, events[0]?.reason]).toEqual([1, undefined, 'Completed']);
  });
});

it('takes pods away that have the index of another one, or none', () => {
  const pods = [
    pod('a', 'Running', { index: 0 }),
    pod('b', 'Pending', { index: 0 }),
    pod('c', 'Running', { index: 9 }),
    pod('d', 'Running'),
  ];
  expect(names(plan(job({}), pods).deletes).sort()).toEqual(['b', 'c', 'd']);
});

it.each([
  [undefined, false],
  ['kubernetes.io/job-controller', false],
  ['acme.io/queue', true],
])('a Job managed by %s is another one to manage: %s', (managedBy, is) => {
  expect(isForeignJob(job({ ...(managedBy !== undefined && { managedBy }) }))).toBe(is);
});
