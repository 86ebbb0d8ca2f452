import { expect, it } from 'vitest';
import { operation } from '../../fixtures/faults.js';
import { SampleCluster } from '../../fixtures/sample-cluster.js';
import type { HistoryEntry } from '../history.js';
import { checkEnd } from './check-end.js';

function messagesOf(act: (cluster: SampleCluster) => void, before: HistoryEntry[] = []): string[] {
  const cluster = new SampleCluster();
  // All pods are of this template.
  cluster.template('old', 3);
  act(cluster);
  const { history, revision } = cluster;
  return checkEnd([...history, ...before, { entry: 'stored', at: 0, revision, objects: [] }]).map(
    ({ message }) => message,
  );
}

const lost = (cluster: SampleCluster): void => cluster.pod('old-n1', 'n1', 'old', {}, true);

it('finds a cluster that is not steady at the end of a run that has converged', () => {
  expect(messagesOf(() => undefined)).toEqual([]);
  expect(messagesOf(lost)).toEqual([expect.stringContaining('0 live pods on n1')]);
});

it('leaves a run alone that has not converged, or was edited after that', () => {
  expect(messagesOf(lost, [{ entry: 'converged', after: 'fault', since: 0, limitMs: 1 }])).toEqual([]);
  const converged: HistoryEntry = { entry: 'converged', after: 'fault', since: 0, at: 5000, limitMs: 1 };
  const edit = (at: number) => operation(at, { action: { do: 'edit', value: '1' } });
  expect(messagesOf(lost, [converged, edit(6000)])).toEqual([]);
  expect(messagesOf(lost, [edit(1000), converged])).toHaveLength(1);
});
