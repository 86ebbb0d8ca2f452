import { describe, expect, it } from 'vitest';
import type { CheckObservation, HealthObservation, Observations, ProcessObservation, Role } from '../observations.js';
import { observe } from '../observe/observe.js';
import { reportText } from '../report.js';
import { diagnose } from './diagnose.js';

const AT = Date.parse('2026-01-01T00:01:00Z');
const SINCE = '2026-01-01T00:00:48.000Z';

const answers = (over: Partial<Extract<HealthObservation, { kind: 'answers' }>> = {}): HealthObservation => ({
  kind: 'answers',
  checks: [],
  metricsBefore: {},
  metrics: {},
  clockSkewSeconds: 0,
  ...over,
});
const sampled = (metric: string, before: number, now: number): HealthObservation =>
  answers({ metricsBefore: { [metric]: before }, metrics: { [metric]: now } });
const failing = (name: string, reason: string, state: CheckObservation['state'] = 'failed'): HealthObservation =>
  answers({ checks: [{ name, state, reason, since: SINCE }] });
const healthy = (name: string, role: Role): ProcessObservation => ({
  name,
  role,
  pid: 100,
  state: 'ready',
  health: answers(),
});

const POSTGRES = {
  kind: 'answers',
  tookMs: 2,
  connections: 20,
  maxConnections: 100,
  holder: null,
  revisions: [500, 510],
  twins: [],
  freeBytes: 10 ** 10,
} as const;
const NATS = {
  kind: 'answers',
  tookMs: 2,
  missingStreams: [],
  reportsPending: [0, 0],
  published: [500, 510],
  freeBytes: 10 ** 10,
} as const;

const HEALTHY: Observations = {
  at: AT,
  supervisor: { kind: 'answers', phase: 'running', detail: '' },
  servers: ['postgres', 'nats'].map((name) => ({ name, state: 'running', since: SINCE, restarts: 0, lastExit: null })),
  processes: [
    healthy('api-1', 'api'),
    healthy('api-2', 'api'),
    healthy('scheduler-1', 'scheduler'),
    healthy('scheduler-2', 'scheduler'),
    { ...healthy('agent-1', 'agent'), nodes: 10 },
  ],
  postgres: { ...POSTGRES, revisions: [500, 510], twins: [] },
  nats: { ...NATS, missingStreams: [], reportsPending: [0, 0], published: [500, 510] },
  api: { kind: 'answers', ready: true, checks: [], nodes: { total: 10, notReady: [] }, listError: null },
};

/** The healthy cluster with other observations of some processes. */
const processes = (over: Record<string, Partial<ProcessObservation>>): Pick<Observations, 'processes'> => ({
  processes: HEALTHY.processes.map((process) => ({ ...process, ...over[process.name] })),
});
const everyProcess = (health: HealthObservation): Pick<Observations, 'processes'> => ({
  processes: HEALTHY.processes.map((process) => (process.role === 'agent' ? process : { ...process, health })),
});
const server = (name: string, state: string) => ({
  servers: HEALTHY.servers.map((one) => (one.name === name ? { ...one, state } : one)),
});
const postgres = (over: Partial<typeof POSTGRES>): Pick<Observations, 'postgres'> => ({
  postgres: { ...HEALTHY.postgres, ...over } as Observations['postgres'],
});
const nats = (over: object): Pick<Observations, 'nats'> => ({
  nats: { ...HEALTHY.nats, ...over } as Observations['nats'],
});

interface Row {
  fault: string;
  seen: Partial<Observations>;
  /** The subject and the beginning of the problem, in order. */
  findings: [severity: string, subject: string, problem: RegExp][];
}

const ROWS: Row[] = [
  {
    fault: 'pods that no agent accepts, or ends',
    seen: processes({
      'scheduler-1': {
        health: answers({
          metrics: { everynode_pods_unaccepted_seconds: 300, everynode_pods_terminating_seconds: 61.5 },
        }),
      },
      // Less than a minute is no alarm.
      'scheduler-2': { health: answers({ metrics: { everynode_pods_unaccepted_seconds: 59 } }) },
    }),
    findings: [
      ['failure', 'pods', /no agent has accepted it/],
      ['failure', 'pods', /Terminating/],
    ],
  },
  {
    fault: 'commit replies lost',
    seen: processes({
      'scheduler-1': { health: sampled('everynode_store_commits_in_doubt', 2, 5) },
      // Long ago.
      'scheduler-2': { health: sampled('everynode_store_commits_in_doubt', 7, 7) },
    }),
    findings: [['warning', 'scheduler-1', /lost the answer to 3 commits/]],
  },
  {
    fault: 'two schedulers of one name',
    seen: postgres({ twins: ['scheduler-1'] as never }),
    findings: [['warning', 'scheduler-1', /runs twice/]],
  },
  {
    fault: 'a shard that waits for caches',
    seen: processes({
      'scheduler-2': { health: failing('shards', 'the caches are behind the shards that were taken') },
    }),
    findings: [['failure', 'scheduler-2', /not ready: shards, the caches are behind/]],
  },
  {
    fault: 'a writer that holds the counter row, stopped or cut off',
    seen: {
      ...postgres({
        holder: { pid: 7, application: 'everynode', state: 'idle in transaction', seconds: 12, blocked: 4 } as never,
      }),
      ...everyProcess(failing('postgres', 'writes fail: another writer holds the counter row')),
    },
    findings: [
      ['failure', 'postgres', /session 7 .* holds the counter row/],
      ['warning', 'front door', /fails open/],
    ],
  },
  {
    fault: 'Postgres away',
    seen: {
      postgres: { kind: 'unreachable', message: 'ECONNREFUSED' },
      ...server('postgres', 'restarting'),
      ...everyProcess(failing('postgres', 'writes fail: cannot connect to Postgres (ECONNREFUSED)')),
      api: { kind: 'answers', ready: false, checks: [], nodes: null, listError: '503 the store cannot be reached' },
    },
    findings: [
      ['failure', 'postgres', /cannot be reached/],
      ['warning', 'front door', /fails open/],
    ],
  },
  {
    fault: 'Postgres starting',
    seen: { postgres: { kind: 'refuses', code: '57P03', message: 'the database system is starting up' } },
    findings: [['failure', 'postgres', /is starting, or recovers/]],
  },
  {
    fault: 'Postgres hanging',
    seen: { postgres: { kind: 'silent', message: 'timeout expired' }, ...server('postgres', 'silent') },
    findings: [['failure', 'postgres', /answers nothing: it hangs/]],
  },
  {
    fault: "Postgres' disk full, as a writer was told",
    seen: everyProcess(failing('postgres', 'writes fail: the disk of Postgres is full')),
    findings: [
      ['failure', 'postgres', /no disk space left/],
      ['warning', 'front door', /fails open/],
    ],
  },
  {
    fault: "Postgres' disk nearly full",
    seen: postgres({ freeBytes: (100 * 1024 * 1024) as never }),
    findings: [['warning', 'postgres', /has 100 MiB of disk left/]],
  },
  {
    fault: 'no connection left',
    seen: { postgres: { kind: 'refuses', code: '53300', message: 'too many clients already' } },
    findings: [['failure', 'postgres', /no connection left/]],
  },
  {
    fault: 'the connections of one process to Postgres cut',
    seen: processes({ 'api-1': { health: failing('postgres', 'writes fail: the connection to Postgres broke') } }),
    findings: [['failure', 'api-1', /not ready: postgres, writes fail/]],
  },
  {
    fault: 'the postmaster killed a moment ago',
    seen: {
      servers: [
        {
          name: 'postgres',
          state: 'running',
          since: SINCE,
          restarts: 5,
          lastExit: { how: 'ended with code 137', at: SINCE },
        },
      ],
    },
    findings: [['warning', 'postgres', /was started again: it ended with code 137/]],
  },
  {
    fault: 'NATS away',
    seen: {
      nats: { kind: 'unreachable', message: 'connection refused' },
      ...everyProcess(failing('nats', 'not connected', 'degraded')),
    },
    findings: [['failure', 'nats', /cannot be reached/]],
  },
  {
    fault: 'NATS hung',
    seen: { nats: { kind: 'silent', message: 'timeout' }, ...server('nats', 'silent') },
    findings: [['failure', 'nats', /answers nothing/]],
  },
  {
    fault: "NATS' disk full",
    seen: {
      nats: { kind: 'no jetstream', message: 'timeout' },
      ...everyProcess(failing('nats', 'JetStream does not answer')),
    },
    findings: [
      ['failure', 'nats', /its JetStream does not/],
      ['warning', 'front door', /fails open/],
    ],
  },
  {
    fault: 'NATS half-open for one process',
    seen: processes({ 'agent-1': { health: failing('nats', 'not connected') } }),
    findings: [['failure', 'agent-1', /not ready: nats, not connected/]],
  },
  {
    fault: 'streams deleted',
    seen: {
      ...nats({ missingStreams: ['EVERYNODE_COMMANDS'] }),
      ...everyProcess(failing('nats', 'streams are missing', 'degraded')),
    },
    findings: [['failure', 'nats', /lacks streams: EVERYNODE_COMMANDS/]],
  },
  {
    fault: 'reports that the store has not acknowledged',
    seen: processes({ 'agent-1': { health: sampled('everynode_agent_statuses_waiting', 60, 68) } }),
    findings: [['warning', 'agent-1', /68 pods whose status/]],
  },
  {
    fault: 'nothing in reports that are under way',
    seen: processes({ 'agent-1': { health: sampled('everynode_agent_statuses_waiting', 68, 3) } }),
    findings: [],
  },
  {
    fault: 'reports that no scheduler takes',
    seen: nats({ reportsPending: [400, 420] }),
    findings: [['failure', 'reports of agents', /wait for a scheduler: 420/]],
  },
  {
    fault: "an agent's clock behind",
    seen: processes({ 'agent-1': { health: answers({ clockSkewSeconds: -7200 }) } }),
    findings: [['warning', 'agent-1', /clock that is 7200 s behind/]],
  },
  {
    fault: 'an agent that a later process has superseded',
    seen: processes({ 'agent-1': { health: failing('incarnation', 'a process that started later speaks for it') } }),
    findings: [['failure', 'agent-1', /incarnation/]],
  },
  {
    fault: 'the relay behind',
    seen: { ...postgres({ revisions: [510, 511] as never }), ...nats({ published: [400, 400] }) },
    findings: [['failure', 'relay', /is 110 revisions behind/]],
  },
  {
    fault: 'the relay behind, with an empty stream',
    seen: { ...postgres({ revisions: [510, 540] as never }), ...nats({ published: [null, null] }) },
    findings: [['failure', 'relay', /publishes nothing, while commits go on/]],
  },
  {
    fault: 'nothing in an idle cluster, whose stream is empty',
    seen: { ...postgres({ revisions: [510, 510] as never }), ...nats({ published: [null, null] }) },
    findings: [],
  },
  {
    fault: 'both apis dead',
    seen: {
      ...processes({
        'api-1': { health: { kind: 'gone' }, state: 'waiting to restart', lastExit: { how: 'SIGKILL', at: SINCE } },
        'api-2': { health: { kind: 'gone' }, state: 'waiting to restart', lastExit: { how: 'SIGKILL', at: SINCE } },
      }),
      api: { kind: 'no replica' },
    },
    findings: [
      ['failure', 'api-1', /has ended \(SIGKILL\)/],
      ['failure', 'api-2', /has ended \(SIGKILL\)/],
      ['failure', 'api', /no replica that serves/],
    ],
  },
  {
    fault: 'an api stopped',
    seen: processes({ 'api-2': { health: { kind: 'silent' }, state: 'silent', since: SINCE } }),
    findings: [['failure', 'api-2', /does not answer \(process 100\): it hangs, or is stopped/]],
  },
  {
    fault: 'both apis stopped',
    seen: {
      ...processes({
        'api-1': { health: { kind: 'silent' }, state: 'silent' },
        'api-2': { health: { kind: 'silent' }, state: 'silent' },
      }),
      api: { kind: 'no replica' },
    },
    findings: [
      ['failure', 'api-1', /hangs, or is stopped/],
      ['failure', 'api-2', /hangs, or is stopped/],
      ['failure', 'api', /no replica that serves/],
    ],
  },
  {
    fault: 'nodes silent',
    seen: {
      api: {
        kind: 'answers',
        ready: true,
        checks: [],
        nodes: { total: 10, notReady: ['a', 'b', 'c', 'd'] },
        listError: null,
      },
    },
    findings: [['failure', 'nodes', /^4 of 10 are not Ready: a, b, c and 1 more$/]],
  },
  {
    fault: 'the supervisor killed',
    seen: {
      supervisor: { kind: 'absent' },
      servers: [],
      processes: [],
      postgres: { kind: 'unreachable', message: 'ECONNREFUSED' },
      nats: { kind: 'unreachable', message: 'connection refused' },
      api: { kind: 'refused', message: 'ECONNREFUSED' },
    },
    findings: [
      // What went with it is not said again.
      ['failure', 'supervisor', /does not run/],
    ],
  },
  {
    fault: 'the supervisor stopped',
    seen: { supervisor: { kind: 'silent', pid: 42 }, servers: [], api: { kind: 'silent', message: 'ETIMEDOUT' } },
    findings: [['failure', 'supervisor', /does not answer \(process 42\)/]],
  },
  {
    fault: 'a cluster seen from outside, without NATS',
    seen: {
      supervisor: { kind: 'not asked' },
      servers: [],
      processes: [],
      postgres: { kind: 'not asked' },
      nats: { kind: 'not asked' },
      api: {
        kind: 'answers',
        ready: true,
        checks: [{ name: 'nats', state: 'degraded', reason: 'not connected', since: SINCE }],
        nodes: { total: 1, notReady: [] },
        listError: null,
      },
    },
    findings: [['failure', 'api', /is degraded: nats, not connected/]],
  },
];

const NOT_ASKED = { kind: 'not asked' } as const;
const OUTSIDE = { supervisor: NOT_ASKED, servers: [], processes: [], postgres: NOT_ASKED, nats: NOT_ASKED };

describe('diagnose', () => {
  it('does not take a kubeconfig that cannot be read for a healthy cluster', async () => {
    const kubeconfig = '/nonexistent/kubeconfig';
    await expect(observe({ paths: undefined, kubeconfig, env: {} })).rejects.toThrow(/ENOENT.*nonexistent/);
  });

  it('fails when nothing was looked at', () => {
    const [finding] = diagnose({ ...HEALTHY, ...OUTSIDE, api: NOT_ASKED });
    expect(finding).toMatchObject({ severity: 'failure', problem: expect.stringMatching(/^has looked at nothing/) });
  });

  it('says beside "Healthy" what was not asked', () => {
    const same = (text: string) => text;
    const seen = { ...HEALTHY, ...OUTSIDE };
    const text = reportText(diagnose(seen), seen, { bold: same, dim: same, red: same, yellow: same, green: same });
    expect(text).toBe('Healthy  10/10 nodes Ready; not asked: Postgres, NATS, schedulers, agents');
  });

  it('finds nothing in a healthy cluster', () => {
    expect(diagnose(HEALTHY)).toEqual([]);
  });

  it.each(ROWS)('recognises: $fault', ({ seen, findings }) => {
    const found = diagnose({ ...HEALTHY, ...seen });
    expect(found.map(({ severity, subject }) => [severity, subject])).toEqual(
      findings.map(([severity, subject]) => [severity, subject]),
    );
    for (const [at, [, , problem]] of findings.entries()) expect(found[at]?.problem).toMatch(problem);
    for (const { advice, consequence } of found) expect([advice, consequence]).not.toContain('');
  });

  it('has since when a dependency is missed, by the first process that missed it', () => {
    const found = diagnose({
      ...HEALTHY,
      postgres: { kind: 'unreachable', message: 'ECONNREFUSED' },
      ...everyProcess(failing('postgres', 'writes fail')),
    });
    expect(found[0]?.since).toBe(SINCE);
  });

  it('does not advise to wait for replicas that are stopped', () => {
    const silent = { health: { kind: 'silent' }, state: 'silent' } as const;
    const found = diagnose({
      ...HEALTHY,
      ...processes({ 'api-1': silent, 'api-2': silent }),
      api: { kind: 'no replica' },
    });
    expect(found.find(({ subject }) => subject === 'api')?.advice).toBe(
      'Let the replicas go on, or end them, as above.',
    );
  });

  it('names the replicas that go on', () => {
    const [first] = diagnose({
      ...HEALTHY,
      ...processes({ 'api-2': { health: { kind: 'silent' }, state: 'silent' } }),
    });
    expect(first?.consequence).toContain('new ones go to api-1');
  });
});
