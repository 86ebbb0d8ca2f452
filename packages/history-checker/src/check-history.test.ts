import { describe, expect, it } from 'vitest';
import { fault, killed, operation, RUN } from '../fixtures/faults.js';
import { SampleJournal, SCOPE } from '../fixtures/sample.js';
import { NODES, SampleCluster } from '../fixtures/sample-cluster.js';
import { checkHistory } from './check-history.js';
import type { HistoryEntry } from './history.js';

/** Each kind of fault of a cluster that a run has to find: a history that is right, and what makes it wrong. */
interface Case {
  check: string;
  what: string;
  history: (isWrong: boolean) => HistoryEntry[];
}

const reset = (began: number): HistoryEntry =>
  operation(began, { outcome: 'unknown', error: 'ECONNRESET', reused: false });
const write = (began: number, value: string): HistoryEntry =>
  operation(began, { action: { do: 'put', value }, outcome: 'refused' });

function watched(at: number): HistoryEntry[] {
  const sample = new SampleJournal();
  sample.value('a', '1');
  sample.watch({ what: 'resume', watch: 'w', scope: SCOPE, at: 0, revision: 0 });
  sample.watch({ what: 'event', watch: 'w', at, type: 'ADDED', key: 'faults/a', revision: 1, value: '1' });
  return sample.history;
}

function deletedPods(count: number): HistoryEntry[] {
  const cluster = new SampleCluster();
  // All pods are of this template.
  cluster.template('old', 3);
  for (const node of NODES.slice(0, count)) cluster.pod(`old-${node}`, node, 'old', { deleting: true });
  return cluster.history;
}

/** One client gives up reads, all or all but one, while another one is answered. */
function givenUp(isWrong: boolean): HistoryEntry[] {
  const times = [0, 5000, 10_000, 15_000];
  const answered = times.flatMap((at) => [operation(at, { client: 'two' }), operation(at + 2500, { client: 'two' })]);
  const impatient = times.map((at) =>
    isWrong || at !== 10_000
      ? operation(at, { ended: at + 5000, outcome: 'unknown', error: 'gave up' })
      : operation(at, { ended: at + 5000 }),
  );
  return [...answered, ...impatient];
}

function stored(act: (cluster: SampleCluster) => void, rows: (count: number) => number): HistoryEntry[] {
  const cluster = new SampleCluster();
  cluster.template('old', 3);
  act(cluster);
  const changes = new Map<string, HistoryEntry & { entry: 'change' }>();
  for (const entry of cluster.history) {
    if (entry.entry !== 'change') continue;
    if (entry.type === 'DELETED') changes.delete(`${entry.resource} ${entry.key}`);
    else changes.set(`${entry.resource} ${entry.key}`, entry);
  }
  const objects = [...changes.values()].slice(0, rows(changes.size));
  return [...cluster.history, { entry: 'stored', at: 90_000, revision: cluster.revision, objects }];
}

const CASES: Case[] = [
  {
    check: 'answer',
    what: 'a new connection that is reset two seconds after both apis were killed',
    history: (isWrong) => [killed('api-1', 'api-2'), reset(isWrong ? 12_000 : 10_500)],
  },
  {
    check: 'standstill',
    what: 'twenty seconds without an acknowledged write',
    history: (isWrong) => [
      ...Array.from({ length: 20 }, (_, at) => write(at * 1000, String(at))),
      ...(isWrong
        ? []
        : [fault({ began: 0, injected: 0, healed: 20_000, effects: { writes: { meanwhile: true, limitMs: 5000 } } })]),
    ],
  },
  {
    check: 'standstill',
    what: 'a client that gives up without end',
    history: givenUp,
  },
  {
    check: 'watch-late',
    what: 'a watch that is silent for 90 s and then catches up',
    history: (isWrong) => watched(isWrong ? 90_000 : 9000),
  },
  {
    check: 'rollout-unavailable',
    what: 'healthy pods of the newest template that are deleted',
    history: (isWrong) => deletedPods(isWrong ? 2 : 1),
  },
  {
    check: 'convergence',
    what: 'pods of a DaemonSet that is gone',
    history: (isWrong) =>
      stored(
        (cluster) => isWrong && cluster.endDaemonSet(),
        (count) => count,
      ),
  },
  {
    check: 'stored',
    what: 'a row that is lost',
    history: (isWrong) =>
      stored(
        () => undefined,
        (count) => (isWrong ? count - 1 : count),
      ),
  },
];

describe('checkHistory', () => {
  it.each(CASES)('finds $what', ({ check, history }) => {
    const found = (isWrong: boolean) => checkHistory([RUN, ...history(isWrong)]).map((one) => one.check);
    expect(found(false)).toEqual([]);
    expect(new Set(found(true))).toEqual(new Set([check]));
  });
});
